import { Button } from '@mantine/core'
import type { TraceStage, TraceStep } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { type CSSProperties, useState } from 'react'
import { causalTraceQueries } from '../../api/traces.ts'
import { useJudgingNews } from '../../app/use-judging-news.ts'
import { formatDuration } from '../../format/duration.ts'
import { plural } from '../../format/number.ts'
import { Actor } from '../../ui/actor.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { JsonView } from '../../ui/json-view.tsx'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import { progressWords, stepLine, stepReason } from './step-words.ts'
import classes from './trace-page.module.css'

const firstSteps = 200
const mostSteps = 1_000

/** What one story of QA events led to: event → trust → arbitration → drift → what followed. */
export function CausalTracePage() {
  useJudgingNews('judgments', 'trust', 'arbitration', 'drift', 'amendments')
  const { correlationId } = useParams({ from: '/inside/qa/traces/$correlationId' })
  const [limit, setLimit] = useState(firstSteps)
  const trace = useQuery(causalTraceQueries.of(correlationId, limit))
  const decided = trace.data?.steps.some(({ stage }) => stage === 'arbitration') ?? false
  const isRun = /^[0-9a-f]{32}$/.test(correlationId)
  return (
    <>
      <PageHead
        title="What it led to"
        tab={`Trace ${correlationId}`}
        lead={
          <>
            Story <code className={classes['id']}>{correlationId}</code>{' '}
            <CopyButton text={correlationId} what="the correlation id" />
            {isRun ? (
              <>
                {' · '}
                <Link to="/executions/$executionId" params={{ executionId: correlationId }}>
                  The run
                </Link>
              </>
            ) : null}
          </>
        }
      >
        <Button variant="default" onClick={() => void trace.refetch()} loading={trace.isFetching}>
          Look again
        </Button>
      </PageHead>
      {trace.error !== null ? (
        <ProblemPanel error={trace.error} onRetry={() => void trace.refetch()} />
      ) : trace.data === undefined ? (
        <Placeholder height="60vh" />
      ) : (
        <Panel title={plural(trace.data.steps.length, 'step')} note={<Legend steps={trace.data.steps} />} flush>
          {trace.data.truncated ? (
            <p className={classes['older']}>
              Older steps are not shown.{' '}
              {limit < mostSteps ? (
                <Button size="compact-xs" variant="subtle" onClick={() => setLimit(mostSteps)}>
                  Show up to {mostSteps}
                </Button>
              ) : null}
            </p>
          ) : null}
          <ol className={classes['steps']} data-testid="trace-steps">
            {trace.data.steps.map((step) => (
              <Step key={step.eventId} step={step} decided={decided} />
            ))}
          </ol>
        </Panel>
      )}
    </>
  )
}

const stageWords: Readonly<Record<TraceStage, string>> = {
  run: 'run',
  judgment: 'event',
  trust: 'trust',
  arbitration: 'arbitration',
  drift: 'drift',
  followed: 'followed',
}

function Legend({ steps }: { readonly steps: readonly TraceStep[] }) {
  const counts = Map.groupBy(steps, ({ stage }) => stage)
  const named = (Object.keys(stageWords) as TraceStage[]).filter((stage) => counts.has(stage))
  return named.map((stage) => `${counts.get(stage)?.length ?? 0} ${stageWords[stage]}`).join(' · ')
}

const progressTones: Readonly<Record<'waiting' | 'done' | 'set-aside', Tone>> = {
  waiting: 'unknown',
  done: 'healthy',
  'set-aside': 'failing',
}

/** Deeper than this everything stands at one edge: on a narrow screen nothing would be left for the words. */
const mostIndent = 6

function Step({ step, decided }: { readonly step: TraceStep; readonly decided: boolean }) {
  const [open, setOpen] = useState(false)
  const reason = stepReason(step.payload)
  const { type, stage, depth, engines } = step
  return (
    <li
      className={classes['step']}
      data-stage={stage}
      style={{ '--depth': Math.min(depth, mostIndent) } as CSSProperties}
      data-testid="trace-step"
    >
      <button type="button" className={classes['head']} aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? 'down' : 'right'} size={12} />
        <span className={classes['stage']}>{stageWords[stage]}</span>
        <strong>{type}</strong>
        <span className={classes['line']}>{stepLine(step)}</span>
        <span className={classes['when']}>
          {step.sinceCauseMs === null ? (
            <Instant at={step.occurredAt} />
          ) : (
            `+${formatDuration(Math.max(0, step.sinceCauseMs))}`
          )}
        </span>
      </button>
      {reason === null ? null : <p className={classes['reason']}>{reason}</p>}
      {engines === null ? null : (
        <ul className={classes['engines']} aria-label="What the engines made of it">
          {engines.map((one) => (
            <li key={one.engine}>
              <MarkedWord tone={progressTones[one.state]} word={`${one.engine}: ${progressWords(one, decided)}`} />
            </li>
          ))}
        </ul>
      )}
      {open ? (
        <div className={classes['detail']}>
          <p>
            <Instant at={step.occurredAt} precision="millisecond" /> ·{' '}
            <Actor name={`${step.actor.kind}:${step.actor.id}`} /> · {step.subject} ·{' '}
            <Link to="/ledger/events/$eventId" params={{ eventId: step.eventId }}>
              Proof
            </Link>
          </p>
          <JsonView value={step.payload} what="the payload" />
        </div>
      ) : null}
    </li>
  )
}
