import { Button } from '@mantine/core'
import type { Audit, Trace as TraceSchema } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { z } from 'zod'
import { arbitrationQueries } from '../../api/arbitration.ts'
import { queries } from '../../api/queries.ts'
import { formatShare, plural } from '../../format/number.ts'
import { JsonView } from '../../ui/json-view.tsx'
import { StatusMark } from '../../ui/mark.tsx'
import { Facts, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant, Unknown } from '../../ui/value.tsx'
import { SubjectLink } from '../judgments/words.tsx'
import classes from './arbitration.module.css'
import { auditWords, GoldMark, OutcomeWord } from './words.tsx'

type Trace = z.infer<typeof TraceSchema>

/** What an audit is about, with the run where it is one, and what judges said once one asks for it. */
export function AuditedSubject({ audit }: { readonly audit: Audit }) {
  return (
    <>
      <Panel title="What it is about" testId="audited">
        <Facts
          items={[
            ['Subject', <SubjectLink key="subject" judgment={audit} />, 'wide'],
            ['Why asked', auditWords[audit.kind]],
            ['Stands for', plural(Math.round(1 / audit.probability), 'item')],
            ['Asked', <Instant key="queued" at={audit.queuedAt} precision="minute" />],
          ]}
        />
        {audit.executionId === null ? (
          <p className="soft">This is no run that MetaAgent knows: look at it where it lives, by the name above.</p>
        ) : (
          <Run executionId={audit.executionId} actionId={audit.actionId} />
        )}
      </Panel>
      <Judges audit={audit} />
    </>
  )
}

function Run({ executionId, actionId }: { readonly executionId: string; readonly actionId: string | null }) {
  const trace = useQuery(queries.trace(executionId))
  if (trace.error !== null) return <ProblemPanel error={trace.error} compact onRetry={() => void trace.refetch()} />
  if (trace.data === undefined) return <Placeholder height={220} />
  return (
    <>
      <RunFacts trace={trace.data} />
      {actionId === null ? <RunContents trace={trace.data} /> : <Step executionId={executionId} actionId={actionId} />}
    </>
  )
}

function RunFacts({ trace: { execution, actions } }: { readonly trace: Trace }) {
  return (
    <p className={classes['run']}>
      <StatusMark status={execution.status} filled /> {execution.agent} in {execution.environment},{' '}
      {plural(actions.length, 'step')}.{' '}
      <Link to="/executions/$executionId" params={{ executionId: execution.executionId }}>
        Open the run
      </Link>
    </p>
  )
}

/** What went into a run and came out; where the run itself says neither, what its last steps said. */
function RunContents({ trace: { execution, actions } }: { readonly trace: Trace }) {
  const { input, output, executionId } = execution
  const last = actions.findLast(({ kind }) => kind === 'llm') ?? actions.at(-1)
  if (input === null && output === null)
    return last === undefined ? (
      <p className="soft">The run has no steps, and no input or output was kept.</p>
    ) : (
      <Step executionId={executionId} actionId={last.actionId} />
    )
  return (
    <>
      {input === null ? null : <Contents what="Input" value={input} />}
      {output === null ? null : <Contents what="Output" value={output} />}
    </>
  )
}

function Step({ executionId, actionId }: { readonly executionId: string; readonly actionId: string }) {
  const step = useQuery(queries.action(executionId, actionId))
  if (step.error !== null) return <ProblemPanel error={step.error} compact onRetry={() => void step.refetch()} />
  if (step.data === undefined) return <Placeholder height={160} />
  const { kind, name, status, input, output } = step.data
  return (
    <>
      <p className={classes['run']}>
        <StatusMark status={status} /> Step {name} ({kind})
      </p>
      {input === null ? null : <Contents what="Input" value={input} />}
      {output === null ? null : <Contents what="Output" value={output} />}
      {input === null && output === null ? <p className="soft">Neither its input nor its output was kept.</p> : null}
    </>
  )
}

function Contents({ what, value }: { readonly what: string; readonly value: Parameters<typeof JsonView>[0]['value'] }) {
  return (
    <section className={classes['contents']}>
      <h3>{what}</h3>
      <JsonView value={value} what={what.toLowerCase()} />
    </section>
  )
}

/** Covered at first: who knows what the judges said is no independent witness. */
function Judges({ audit }: { readonly audit: Audit }) {
  const [isShown, setShown] = useState(audit.state !== 'open')
  if (!isShown)
    return (
      <Panel title="What the judges said" note="Covered, so that your answer is your own">
        <Button variant="default" onClick={() => setShown(true)} data-testid="show-judges">
          Show it
        </Button>
      </Panel>
    )
  return <Said arbitrationId={audit.arbitrationId} />
}

function Said({ arbitrationId }: { readonly arbitrationId: string }) {
  const one = useQuery(arbitrationQueries.one(arbitrationId))
  const found = one.data
  return (
    <Panel
      title="What the judges said"
      actions={found === undefined ? null : <GoldMark verdict={found.winner} filled />}
      testId="judges"
    >
      {one.error !== null ? (
        <ProblemPanel error={one.error} compact onRetry={() => void one.refetch()} />
      ) : found === undefined ? (
        <Placeholder height={96} />
      ) : (
        <>
          <p className="soft">
            <OutcomeWord outcome={found.outcome} />, {formatShare(found.probability)}.{' '}
            <Link to="/arbitrations/$arbitrationId" params={{ arbitrationId }}>
              The verdict
            </Link>
          </p>
          <ul className={classes['said']}>
            {found.votes.map(({ judge, order, verdict }) => (
              <li key={`${judge} ${order}`}>
                {judge}
                {order === 'swapped' ? ' (swapped)' : ''}{' '}
                {verdict === null ? <Unknown why="It abstained." word /> : <GoldMark verdict={verdict} />}
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  )
}
