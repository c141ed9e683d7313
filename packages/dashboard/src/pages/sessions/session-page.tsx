import type { JsonValue, Session, SessionExecution } from '@metaagent/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { sessionPath, sessionQueries } from '../../api/sessions.ts'
import { ExportMenu } from '../../export/export-menu.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { JsonView } from '../../ui/json-view.tsx'
import { StatusMark } from '../../ui/mark.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Count, Duration, Instant, Money } from '../../ui/value.tsx'
import { Flags } from '../telemetry/flags.tsx'
import { ListFoot } from '../telemetry/list-foot.tsx'
import { sessionTokens } from './session-columns.tsx'
import { SessionStatus } from './session-status.tsx'
import classes from './sessions.module.css'

/** One conversation: what it came to, and its runs in the order of time with what went in and out. */
export function SessionPage() {
  const { conversationId } = useParams({ from: '/inside/sessions/$conversationId' })
  const session = useQuery(sessionQueries.one(conversationId))
  const runs = useInfiniteQuery(sessionQueries.executions(conversationId))
  const rows = runs.data?.pages.flatMap(({ items }) => items)
  const more = () => void runs.fetchNextPage()
  if (session.error !== null) return <ProblemPanel error={session.error} onRetry={() => void session.refetch()} />
  return (
    <>
      <PageHead
        title={<span className={classes['title']}>{conversationId}</span>}
        tab={`Session ${conversationId}`}
        lead={
          <>
            <Link to="/sessions">Sessions</Link> · <CopyButton text={conversationId} what="the conversation id" />{' '}
            <Link to="/executions" search={{ conversationId }}>
              As a list of executions
            </Link>
          </>
        }
      >
        <ExportMenu
          list={{ path: `${sessionPath(conversationId)}/executions`, query: {} }}
          shown={rows?.length ?? 0}
          more={runs.hasNextPage}
        />
      </PageHead>
      {session.data === undefined ? <Placeholder height={84} /> : <SessionFacts session={session.data} />}
      {runs.error !== null && rows === undefined ? (
        <ProblemPanel error={runs.error} onRetry={() => void runs.refetch()} />
      ) : rows === undefined ? (
        <Placeholder height="60vh" />
      ) : (
        <>
          <ol className={classes['runs']} data-testid="session-runs">
            {rows.map((run, place) => (
              <Run key={run.executionId} run={run} before={rows[place - 1]} />
            ))}
          </ol>
          <ListFoot shown={rows.length} list={runs} onMore={more} />
        </>
      )}
    </>
  )
}

function SessionFacts({ session }: { readonly session: Session }) {
  return (
    <div className={classes['facts']}>
      <Facts
        items={[
          ['Runs', <SessionStatus key="runs" statuses={session.statuses} />, 'wide'],
          ['Agents', session.agents.map(({ agent }) => agent).join(', '), 'wide'],
          ['Environment', session.environments.join(', ')],
          ['Started', <Instant key="started" at={session.startedAt} />],
          ['Duration', <Duration key="duration" ms={session.durationMs} why="A run of it has not ended." />],
          ['Turns', <Count key="turns" count={session.turns} />],
          ['Tokens', <Count key="tokens" count={sessionTokens(session)} why="No run reported its tokens." />],
          ['Cost', <Money key="cost" nanoUsd={session.costNanoUsd} unpricedCalls={session.unpricedCalls} />],
        ]}
      />
    </div>
  )
}

const pauseWorthTellingMs = 60_000

function Run({ run, before }: { readonly run: SessionExecution; readonly before: SessionExecution | undefined }) {
  const pauseMs = before?.endedAt == null ? 0 : Date.parse(run.startedAt) - Date.parse(before.endedAt)
  return (
    <li data-testid="session-run">
      {pauseMs >= pauseWorthTellingMs ? (
        <p className={classes['pause']}>
          <Duration ms={pauseMs} /> later
        </p>
      ) : null}
      <Panel
        title={
          <span className={classes['run']}>
            <Link to="/executions/$executionId" params={{ executionId: run.executionId }}>
              {run.agent}
            </Link>
            <StatusMark status={run.status} />
            <Flags execution={run} />
          </span>
        }
        note={
          <>
            <Instant at={run.startedAt} /> · <Duration ms={run.durationMs} /> ·{' '}
            <Money nanoUsd={run.totals.costNanoUsd} unpricedCalls={run.totals.unpricedCalls} />
          </>
        }
        actions={
          <Link to="/executions/$executionId" params={{ executionId: run.executionId }}>
            Open the trace
          </Link>
        }
      >
        {run.errorMessage === null && run.errorType === null ? null : (
          <p className={classes['error']}>
            <strong>{run.errorType ?? 'Error'}</strong> {run.errorMessage}
          </p>
        )}
        <Said title="In" value={run.input} />
        <Said title="Out" value={run.output} />
      </Panel>
    </li>
  )
}

function Said({ title, value }: { readonly title: string; readonly value: JsonValue }) {
  return (
    <div className={classes['said']}>
      <h3>{title}</h3>
      {value === null ? (
        <p className="faint">None was reported.</p>
      ) : (
        <JsonView value={value} what={title === 'In' ? 'the input' : 'the output'} />
      )}
    </div>
  )
}
