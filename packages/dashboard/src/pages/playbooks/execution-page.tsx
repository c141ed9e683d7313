import { Button, TextInput } from '@mantine/core'
import type { MacroExecutionDetail } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { playbookApi, playbookQueries } from '../../api/playbooks.ts'
import { queries } from '../../api/queries.ts'
import { useNow } from '../../app/clock.ts'
import { Actor } from '../../ui/actor.tsx'
import { BecauseList } from '../../ui/because-list.tsx'
import { JsonView } from '../../ui/json-view.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { ServerLink } from '../../ui/server-link.tsx'
import { Duration, Instant } from '../../ui/value.tsx'
import { useLiveExecutions } from './live-executions.ts'
import classes from './playbooks.module.css'
import { PlaybookTabs } from './tabs.tsx'
import { durationMs, ExecutionMark, runWords, StepMark } from './words.tsx'

/** One execution step by step, followed live: what was asked, what answered, what is waited for, what was undone. */
export function ExecutionPage() {
  const { id } = useParams({ from: '/inside/playbooks/executions/$id' })
  const execution = useQuery(playbookQueries.execution(id))
  if (execution.error !== null) return <ProblemPanel error={execution.error} onRetry={() => void execution.refetch()} />
  if (execution.data === undefined) return <Placeholder height="70vh" />
  return <Loaded execution={execution.data} />
}

function Loaded({ execution }: { readonly execution: MacroExecutionDetail }) {
  const me = useQuery(queries.me())
  const kind = runWords(execution)
  // Followed from here on: what moved while it was read stands in the stream's first picture.
  useLiveExecutions()
  return (
    <>
      <PageHead
        title={
          <>
            Run of{' '}
            <Link to="/playbooks/$macro" params={{ macro: execution.macro }}>
              {execution.macro}
            </Link>
          </>
        }
        tab={`Run of ${execution.macro}`}
        lead={
          <>
            <ExecutionMark status={execution.status} filled /> version {execution.version} in {execution.environment}
            {kind === null ? '' : ` · ${kind}`} · {execution.stepsDone} of {execution.stepsTotal} steps done
          </>
        }
      />
      <PlaybookTabs />
      <div className={classes['columns']}>
        <Panel title="Steps" testId="execution-steps">
          <ol className={classes['steps']}>
            {execution.steps.map((step) => (
              <StepCard key={step.name} step={step} />
            ))}
          </ol>
        </Panel>
        <div className={classes['parts']}>
          <Story execution={execution} />
          {execution.status === 'running' && me.data?.scopes.includes('playbooks:run') === true ? (
            <Cancel execution={execution} />
          ) : null}
          <Panel title="Inputs" testId="execution-inputs">
            <JsonView value={execution.inputs} what="the inputs" />
          </Panel>
        </div>
      </div>
    </>
  )
}

type Step = MacroExecutionDetail['steps'][number]
type StepEvent = MacroExecutionDetail['events'][number]

function StepCard({ step }: { readonly step: Step }) {
  const waitsFor = step.state === 'running' ? (step.events.at(-1)?.reference ?? null) : null
  const output = step.events.find(({ kind, compensation }) => kind === 'succeeded' && !compensation)?.output ?? null
  return (
    <li className={classes['step']} data-state={step.state}>
      <div className={classes['step-head']}>
        <h3>{step.name}</h3>
        <code>{step.kind}</code>
        <StepMark state={step.state} />
        {step.attempts > 1 ? (
          <span className="soft">
            attempt {step.attempts} of {step.attemptsMax}
          </span>
        ) : null}
      </div>
      {waitsFor === null ? null : (
        <p className="soft">
          Waits for <Awaited kind={step.kind} reference={waitsFor} />
          {step.deadlineAt === null ? null : (
            <>
              , until <Instant at={step.deadlineAt} precision="minute" />
            </>
          )}
        </p>
      )}
      {step.events.length === 0 ? null : <Events events={step.events} />}
      {output === null ? null : (
        <details>
          <summary>What it answered</summary>
          <JsonView value={output} what="the answer" />
        </details>
      )}
      {step.idempotencyKey === null ? null : (
        <p className="soft">
          Key <code className={classes['key']}>{step.idempotencyKey}</code>
        </p>
      )}
    </li>
  )
}

/** What a step waits for, as a link where there is a page of it. */
function Awaited({ kind, reference }: { readonly kind: string; readonly reference: string }) {
  if (kind === 'ask-human') return <Link to="/approvals">an approval</Link>
  if (kind === 'start-macro')
    return (
      <Link to="/playbooks/executions/$id" params={{ id: reference }}>
        another execution
      </Link>
    )
  return reference
}

const words: Readonly<Record<StepEvent['kind'], string>> = {
  released: 'begun',
  succeeded: 'succeeded',
  failed: 'failed',
  'turned-back': 'turned back',
  cancelled: 'cancelled',
}

function Events({ events }: { readonly events: readonly StepEvent[] }) {
  return (
    <ol className={classes['events']}>
      {events.map((event) => (
        <li key={event.sequence} className={classes['event']}>
          <span className="soft">
            <Instant at={event.at} />
          </span>
          <p>
            {event.compensation ? 'Undoing ' : ''}
            {words[event.kind]}
            {event.because === null ? '' : `: ${event.because.text}`}
          </p>
        </li>
      ))}
    </ol>
  )
}

function Story({ execution }: { readonly execution: MacroExecutionDetail }) {
  const now = useNow()
  const { because, endedBecause, startedBy, startedAt, correlationId, parentId, approvalId, events } = execution
  return (
    <Panel title="Why, and how it went" testId="execution-story">
      <div className={classes['parts']}>
        <BecauseList lines={endedBecause === null ? [because] : [because, endedBecause]} />
        <Facts
          items={[
            ['Started', <Instant key="at" at={startedAt} />],
            ['By', <Actor key="by" name={`${startedBy.kind}:${startedBy.id}`} />],
            ['Took', <Duration key="took" ms={durationMs(execution, now)} />],
            [
              'Story',
              <code key="story" className={classes['key']}>
                {correlationId}
              </code>,
              'wide',
            ],
            ...(parentId === null
              ? []
              : ([
                  [
                    'Part of',
                    <Link key="parent" to="/playbooks/executions/$id" params={{ id: parentId }}>
                      another execution
                    </Link>,
                  ],
                ] as const)),
            ...(approvalId === null ? [] : ([['Approval', <code key="approval">{approvalId}</code>, 'wide']] as const)),
          ]}
        />
        {events.length === 0 ? null : <Events events={events} />}
        <ServerLink link={`/ledger?subject=${encodeURIComponent(`macro-execution/${execution.macroExecutionId}`)}`}>
          In the ledger
        </ServerLink>
      </div>
    </Panel>
  )
}

function Cancel({ execution }: { readonly execution: MacroExecutionDetail }) {
  const client = useQueryClient()
  const [reason, setReason] = useState('')
  const cancel = useMutation({
    mutationFn: () => playbookApi.cancel(execution.macroExecutionId, reason.trim()),
    onSuccess: () => client.invalidateQueries({ queryKey: ['playbooks'] }),
  })
  return (
    <Panel title="Cancel it" note="No further step is begun, and what succeeded is undone." testId="cancel-execution">
      <form
        className={classes['parts']}
        onSubmit={(event) => {
          event.preventDefault()
          cancel.mutate()
        }}
      >
        <TextInput
          label="Reason"
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
          maxLength={2000}
        />
        {cancel.error === null ? null : <ProblemPanel error={cancel.error} compact />}
        <div className={classes['buttons']}>
          <Button
            type="submit"
            color="red"
            loading={cancel.isPending}
            disabled={reason.trim() === ''}
            data-testid="cancel"
          >
            Cancel the run
          </Button>
        </div>
      </form>
    </Panel>
  )
}
