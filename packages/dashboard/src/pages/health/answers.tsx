import type { FleetHealth, LedgerEntry } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { alertQueries } from '../../api/alerts.ts'
import { api } from '../../api/endpoints.ts'
import type { StateTurn } from '../../api/fleet-live.ts'
import { queries } from '../../api/queries.ts'
import { formatCompact, plural } from '../../format/number.ts'
import { HealthMark, Mark } from '../../ui/mark.tsx'
import { Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import { changeOf } from './changes.ts'
import classes from './fleet-page.module.css'
import { onFire } from './fleet-rows.ts'

const SHOWN = 4

/** The three answers of the home page. */
export function Answers({ fleet, turns }: { readonly fleet: FleetHealth; readonly turns: readonly StateTurn[] }) {
  return (
    <div className={classes['answers']} data-testid="answers">
      <OnFire fleet={fleet} />
      <Changes fleet={fleet} turns={turns.length} />
      <Waiting fleet={fleet} />
    </div>
  )
}

function OnFire({ fleet }: { readonly fleet: FleetHealth }) {
  const burning = onFire(fleet.agents)
  const hidden = burning.length - SHOWN
  return (
    <Panel title="Is anything on fire?" testId="on-fire">
      <div className={classes['answer']} data-wide="true">
        {burning.length === 0 ? (
          <p className={classes['calm']}>
            <Mark tone="healthy" /> No. {healthyWords(fleet)}
          </p>
        ) : (
          <ul>
            {burning.slice(0, SHOWN).map((health) => (
              <li key={health.agentId}>
                <HealthMark state={health.state} />
                <Link to="/agents/$agentId" params={{ agentId: health.agentId }} className="truncate">
                  {health.agent}
                </Link>
                <span className={`${classes['reason']} truncate`} title={health.because[0]?.text}>
                  {health.because[0]?.text}
                </span>
              </li>
            ))}
          </ul>
        )}
        {hidden > 0 ? <p className={classes['calm']}>and {hidden} more in the table below</p> : null}
      </div>
    </Panel>
  )
}

function healthyWords({ agents, states }: FleetHealth): string {
  const quiet = states.unknown ?? 0
  const healthy = `${plural(agents.length - quiet, 'agent')} healthy`
  return quiet === 0 ? `${healthy}.` : `${healthy}, ${quiet} with nothing to judge in this window.`
}

function Changes({ fleet, turns }: { readonly fleet: FleetHealth; readonly turns: number }) {
  const names = new Map(fleet.agents.map(({ agentId, agent }) => [agentId, agent]))
  // Decisions and changes of state are in the ledger. It is read again when the stream tells that a state turned.
  const changes = useQuery({
    queryKey: ['ledger', 'changes', turns],
    queryFn: async ({ signal }) => {
      const types = ['health.state.changed', 'rollouts.comparison.decided']
      const pages = await Promise.all(types.map((type) => api.ledgerEntries({ type, limit: SHOWN + 1 }, signal)))
      return newestFirst(pages.flatMap(({ items }) => items)).slice(0, SHOWN + 1)
    },
    placeholderData: (before) => before,
  })
  return (
    <Panel title="What changed?" testId="changes">
      <div className={classes['answer']}>
        {changes.error !== null ? (
          <ProblemPanel error={changes.error} compact onRetry={() => void changes.refetch()} />
        ) : changes.data === undefined ? (
          <Placeholder height={130} />
        ) : changes.data.length === 0 ? (
          <p className={classes['calm']}>
            Nothing yet. Decisions and changes of state will stand here, each with its proof.
          </p>
        ) : (
          <ul>
            {changes.data.map((entry) => (
              <Change key={entry.index} entry={entry} names={names} />
            ))}
          </ul>
        )}
      </div>
    </Panel>
  )
}

function Change({ entry, names }: { readonly entry: LedgerEntry; readonly names: ReadonlyMap<string, string> }) {
  const { tone, text, reason } = changeOf(entry, names)
  return (
    <li>
      <Mark tone={tone} />
      <Link to="/ledger/entries/$index" params={{ index: String(entry.index) }} className="truncate" title={text}>
        {text}
      </Link>
      <span className={`${classes['reason']} truncate`} title={reason ?? undefined}>
        <Ago at={entry.occurredAt} />
        {reason === null ? null : ` · ${reason}`}
      </span>
    </li>
  )
}

function newestFirst(entries: readonly LedgerEntry[]): readonly LedgerEntry[] {
  return entries.toSorted((a, b) => b.index - a.index)
}

function Waiting({ fleet }: { readonly fleet: FleetHealth }) {
  const pending = useQuery(queries.approvalsWaiting())
  const alerts = useQuery(alertQueries.counts())
  const firing = alerts.data?.firing
  const approvals = pending.data?.items.length
  const { waiting, unpricedCalls } = fleet.totals
  return (
    <Panel title="What waits for you?" testId="waits">
      <div className={`${classes['answer']} ${classes['waits']}`}>
        <Link to="/alerts" className={classes['wait']} data-none={firing === 0} data-testid="firing">
          <b>{firing ?? '–'}</b> {firing === 1 ? 'alert fires' : 'alerts fire'}
        </Link>
        <Link to="/approvals" className={classes['wait']} data-none={approvals === 0}>
          <b>{approvals ?? '–'}</b> {approvals === 1 ? 'approval' : 'approvals'}
        </Link>
        <Link to="/executions" search={{ status: 'waiting' }} className={classes['wait']} data-none={waiting === 0}>
          <b>{formatCompact(waiting)}</b> {waiting === 1 ? 'execution waits' : 'executions wait'} for a person or an
          event
        </Link>
        <Link to="/executions" search={{ flagged: 'true' }} className={classes['wait']}>
          <b aria-hidden="true">→</b> flagged executions
        </Link>
        <span className={classes['wait']} data-none={unpricedCalls === 0}>
          <b>{formatCompact(unpricedCalls)}</b> {unpricedCalls === 1 ? 'model call' : 'model calls'} without a price
        </span>
      </div>
    </Panel>
  )
}
