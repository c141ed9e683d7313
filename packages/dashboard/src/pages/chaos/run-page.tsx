import { Button, TextInput } from '@mantine/core'
import type { ChaosRunDetail } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { chaosApi, chaosQueries } from '../../api/chaos.ts'
import { formatDuration } from '../../format/duration.ts'
import { formatCount } from '../../format/number.ts'
import { Actor } from '../../ui/actor.tsx'
import { BecauseList } from '../../ui/because-list.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Duration, Instant } from '../../ui/value.tsx'
import classes from './chaos.module.css'
import { Readings } from './readings.tsx'
import { useLiveRuns } from './use-live-runs.ts'
import { injectionWords, RunMark, span } from './words.tsx'

/** One run, live: how far it is, what held so far, which fallback fired, and how it ended. */
export function RunPage() {
  const { runId } = useParams({ from: '/inside/chaos/runs/$runId' })
  useLiveRuns(runId)
  const run = useQuery(chaosQueries.run(runId))
  if (run.error !== null) return <ProblemPanel error={run.error} onRetry={() => void run.refetch()} />
  if (run.data === undefined) return <Placeholder height="70vh" />
  const { report } = run.data
  return (
    <>
      <PageHead
        title={run.data.experiment}
        tab={`Run of ${run.data.experiment}`}
        lead={<p className={classes['hypothesis']}>{run.data.definition.hypothesis}</p>}
      >
        {run.data.state === 'ended' ? null : <Abort run={run.data} />}
      </PageHead>
      <div className={classes['parts']}>
        <State run={run.data} />
        {report.missing.map((text) => (
          <p key={text} className={classes['missing']} role="note">
            {text}
          </p>
        ))}
        <Panel title="What must hold" note="real figures, simulated ones left out" testId="readings">
          <Readings report={report} />
        </Panel>
        <Happened run={run.data} />
      </div>
    </>
  )
}

function Abort({ run }: { readonly run: ChaosRunDetail }) {
  const client = useQueryClient()
  const [reason, setReason] = useState('')
  const abort = useMutation({
    mutationFn: () => chaosApi.abort(run.runId, reason.trim() === '' ? 'Stopped on its page.' : reason.trim()),
    onSuccess: (changed) => client.setQueryData(chaosQueries.run(run.runId).queryKey, changed),
  })
  if (run.abortRequestedBy !== null) return <span className="soft">It is being stopped.</span>
  return (
    <form
      className={classes['head']}
      onSubmit={(event) => {
        event.preventDefault()
        abort.mutate()
      }}
    >
      <TextInput
        aria-label="Why it is stopped"
        placeholder="Why"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        maxLength={500}
      />
      <Button type="submit" color="red" loading={abort.isPending} data-testid="abort-run">
        Stop it now
      </Button>
      {abort.error === null ? null : <ProblemPanel error={abort.error} compact />}
    </form>
  )
}

function State({ run }: { readonly run: ChaosRunDetail }) {
  const { planned, injected, skipped, because, definition } = run
  const share = planned === 0 ? 0 : Math.min(1, (injected + skipped) / planned)
  return (
    <Panel title="Run" actions={<RunMark run={run} />} testId="run-state">
      <div className={classes['parts']}>
        {because === null ? null : <BecauseList lines={[because]} />}
        <div className={classes['progress']}>
          <span>
            {formatCount(injected)} of {formatCount(planned)} injected
            {skipped === 0 ? '' : `, ${formatCount(skipped)} left out since nobody ran at their time`}
          </span>
          <div
            className={classes['bar']}
            role="progressbar"
            aria-label="Injected"
            aria-valuemin={0}
            aria-valuemax={planned}
            aria-valuenow={injected + skipped}
          >
            <i style={{ width: `${share * 100}%` }} />
          </div>
        </div>
        <Facts
          items={[
            ['Injects', injectionWords(definition), 'wide'],
            ['Target', `${definition.target.kind} ${run.targetName}, ${definition.environment}`],
            ['Started', <Instant key="started" at={run.startedAt} />],
            ['By', <Actor key="by" name={run.startedBy} />],
            ['Injects until', <Instant key="until" at={run.injectsUntil} />],
            ['Ended', <Instant key="ended" at={run.endedAt} why="It goes on." />],
            ['Fallbacks', definition.live ? 'act for real' : 'tell what they would do'],
            [
              'Experiment',
              <Link key="of" to="/chaos/$experimentId" params={{ experimentId: run.experimentId }}>
                version {run.version}
              </Link>,
            ],
          ]}
        />
      </div>
    </Panel>
  )
}

/** What came of the injections: fallbacks, blocked macros, deliveries. */
function Happened({ run }: { readonly run: ChaosRunDetail }) {
  const { fallbacks, blocked, delivery } = run.report
  const { expectedFallback } = run.definition
  return (
    <Panel
      title="What came of it"
      note={
        expectedFallback === null
          ? 'no fallback was expected'
          : `expected: ${expectedFallback.macro ?? 'a fallback'} within ${span(expectedFallback.withinMs)}`
      }
      testId="happened"
    >
      <div className={classes['parts']}>
        {fallbacks.length === 0 ? <p className="soft">No fallback fired.</p> : null}
        <ul className={classes['list']}>
          {fallbacks.map((one) => (
            <li key={one.invocationId}>
              <strong>
                {one.macro === null || one.macroExecutionId === null ? (
                  'No fallback was left'
                ) : (
                  <Link to="/playbooks/executions/$id" params={{ id: one.macroExecutionId }}>
                    {one.macro}
                  </Link>
                )}
              </strong>{' '}
              after {formatDuration(one.afterMs)},{' '}
              <Link to="/fallbacks/$policyId" params={{ policyId: one.policyId }}>
                by its policy
              </Link>
              : {one.because.text}
            </li>
          ))}
          {blocked.map(({ macro, because }) => (
            <li key={macro}>
              <strong>{macro}</strong> would be blocked: {because.text}
            </li>
          ))}
        </ul>
        {delivery === null ? null : (
          <Facts
            items={[
              ['Signals sent', formatCount(delivery.sent)],
              ['Received', formatCount(delivery.received)],
              ['Taken by the faulty receiver', formatCount(delivery.delayed)],
              ['p50', <Duration key="p50" ms={delivery.p50Ms} why="None was received yet." />],
              ['p95', <Duration key="p95" ms={delivery.p95Ms} why="None was received yet." />],
            ]}
          />
        )}
      </div>
    </Panel>
  )
}
