import type { Trace } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import type { z } from 'zod'
import { queries } from '../../api/queries.ts'
import { formatCount } from '../../format/number.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { StatusMark } from '../../ui/mark.tsx'
import { Empty, Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Count, Duration, Explained, Instant, Money, Unknown } from '../../ui/value.tsx'
import { RiskPanel } from '../risk/risk-panel.tsx'
import { tokensOf } from './execution-columns.tsx'
import { Flags } from './flags.tsx'
import { SimilarPanel } from './similar-panel.tsx'
import { StepDetail } from './step-detail.tsx'
import classes from './trace-page.module.css'
import { buildTree } from './trace-tree.ts'
import { TraceView } from './trace-view.tsx'

type TraceData = z.infer<typeof Trace>

/** One execution: its facts, its steps as a tree beside a waterfall, and what is known of the chosen step. */
export function TracePage() {
  const { executionId } = useParams({ from: '/inside/executions/$executionId' })
  const trace = useQuery(queries.trace(executionId))
  if (trace.error !== null) return <ProblemPanel error={trace.error} onRetry={() => void trace.refetch()} />
  if (trace.data === undefined) return <Loading />
  return <LoadedTrace key={executionId} trace={trace.data} onRefresh={() => void trace.refetch()} />
}

function LoadedTrace({ trace, onRefresh }: { readonly trace: TraceData; readonly onRefresh: () => void }) {
  const { execution, actions } = trace
  const [chosen, choose] = useChosenStep()
  const roots = useMemo(() => buildTree(actions), [actions])
  const step = actions.find(({ actionId }) => actionId === chosen) ?? null
  return (
    <>
      <TraceHead trace={trace} onRefresh={onRefresh} />
      <RiskPanel executionId={execution.executionId} ended={execution.endedAt !== null} />
      <SimilarPanel executionId={execution.executionId} />
      <div className={classes['split']}>
        <Panel flush testId="trace">
          {actions.length === 0 ? (
            <Empty title="No step was reported">
              {execution.status === 'running'
                ? 'Steps show here when the agent reports them.'
                : 'The agent reported its run, but none of its steps.'}
            </Empty>
          ) : (
            <TraceView trace={trace} roots={roots} chosen={step?.actionId ?? null} onChoose={choose} />
          )}
        </Panel>
        <StepDetail execution={execution} step={step} />
      </div>
    </>
  )
}

// The choice is drawn at once; the address follows when the reader rests, so that arrow keys stay fast.
function useChosenStep(): readonly [string | null, (actionId: string | null) => void] {
  const { action } = useSearch({ from: '/inside/executions/$executionId' })
  const navigate = useNavigate({ from: '/executions/$executionId' })
  const [chosen, setChosen] = useState<string | null>(action ?? null)
  useEffect(() => {
    if ((action ?? null) === chosen) return
    const timer = setTimeout(
      () => void navigate({ search: chosen === null ? {} : { action: chosen }, replace: true, resetScroll: false }),
      250,
    )
    return () => clearTimeout(timer)
  }, [action, chosen, navigate])
  return [chosen, setChosen]
}

function TraceHead({ trace, onRefresh }: { readonly trace: TraceData; readonly onRefresh: () => void }) {
  const { execution, actions, truncated } = trace
  const { totals } = execution
  const unfinished = execution.status === 'running' || execution.status === 'waiting'
  return (
    <>
      <PageHead
        title={
          <>
            <span className={classes['unit']} title={execution.unit ?? undefined}>
              {execution.unit ?? 'Execution'}
            </span>
            <StatusMark status={execution.status} filled />
          </>
        }
        tab={`${execution.agent}, ${execution.status}`}
        lead={
          <>
            <Link to="/agents/$agentId" params={{ agentId: execution.agentId }}>
              {execution.agent}
            </Link>
            {' · '}
            {execution.environment}
            {' · '}
            {execution.release ?? 'no release named'}
            {' · '}
            <code>{execution.executionId}</code> <CopyButton text={execution.executionId} what="the id" />{' '}
            <Flags execution={execution} />
            {execution.conversationId === null ? null : (
              <>
                {' · '}
                <Link to="/sessions/$conversationId" params={{ conversationId: execution.conversationId }}>
                  Its session
                </Link>
              </>
            )}
            {' · '}
            <Link to="/judgments" search={{ executionId: execution.executionId }}>
              What was judged
            </Link>
          </>
        }
      >
        {unfinished ? (
          <button type="button" className={classes['refresh']} onClick={onRefresh}>
            It has not ended. Load again
          </button>
        ) : null}
      </PageHead>
      {truncated ? (
        <p className={classes['note']} role="status">
          The trace has more than 10,000 steps; the first 10,000 are shown.
        </p>
      ) : null}
      {execution.outcome === null ? null : (
        <p className={classes['note']} role="note" data-testid="learnt-outcome">
          Learnt afterwards: <strong>{execution.outcome}</strong>. It counts in place of the {execution.status} that the
          execution itself reported.
        </p>
      )}
      {execution.errorMessage === null && execution.errorType === null ? null : (
        <p className={classes['error']} role="note">
          <strong>{execution.errorType ?? 'Error'}</strong> {execution.errorMessage}
        </p>
      )}
      <div className={classes['facts']}>
        <Facts
          items={[
            ['Started', <Instant key="started" at={execution.startedAt} />],
            ['Duration', <Duration key="duration" ms={execution.durationMs} />],
            [
              'Steps',
              <Explained
                key="steps"
                tip={`${formatCount(totals.llmCalls)} model calls, ${formatCount(totals.toolCalls)} tool calls`}
              >
                {formatCount(actions.length)}
                {totals.actionErrors === 0 ? '' : `, ${formatCount(totals.actionErrors)} failed`}
              </Explained>,
            ],
            ['Tokens', <Count key="tokens" count={tokensOf(execution)} why="No step reported its tokens." />],
            ['Cost', <Money key="cost" nanoUsd={totals.costNanoUsd} unpricedCalls={totals.unpricedCalls} />],
            [
              'Reported cost',
              totals.reportedCostNanoUsd === null ? (
                <Unknown key="reported" why="The agent reported no cost." />
              ) : (
                <Money key="reported" nanoUsd={totals.reportedCostNanoUsd} />
              ),
            ],
            [
              'Score',
              execution.score === null ? <Unknown key="score" why="No score was reported." /> : String(execution.score),
            ],
          ]}
        />
      </div>
    </>
  )
}

function Loading() {
  return (
    <>
      <Placeholder height="3rem" />
      <div style={{ height: 'var(--gap-4)' }} />
      <Placeholder height={84} />
      <div style={{ height: 'var(--gap-4)' }} />
      <Placeholder height="70vh" />
    </>
  )
}
