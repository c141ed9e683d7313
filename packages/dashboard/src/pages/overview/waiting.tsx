import type { HealthFigures } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { alertQueries } from '../../api/alerts.ts'
import { queries } from '../../api/queries.ts'
import { type Waits, waitingQueries } from '../../api/waiting.ts'
import { useJudgingNews } from '../../app/use-judging-news.ts'
import { formatCompact } from '../../format/number.ts'
import { Panel } from '../../ui/page.tsx'
import classes from './overview.module.css'

/** What waits for a person. */
export function Waiting({ totals: { waiting, unpricedCalls } }: { readonly totals: HealthFigures }) {
  const pending = useQuery(queries.approvalsWaiting())
  const alerts = useQuery(alertQueries.counts())
  const firing = alerts.data?.firing
  const approvals = pending.data?.items.length
  const audits = useQuery(waitingQueries.audits()).data
  const amendments = useQuery(waitingQueries.amendments()).data
  const alarms = useQuery(waitingQueries.alarms()).data
  useJudgingNews('arbitration', 'drift', 'amendments')
  return (
    <Panel title="What waits for you?" testId="waits">
      <div className={classes['waits']}>
        <Link to="/alerts" data-none={firing === 0} data-testid="firing">
          <b>{firing ?? '–'}</b> {firing === 1 ? 'alert fires' : 'alerts fire'}
        </Link>
        <Link to="/approvals" data-none={approvals === 0}>
          <b>{approvals ?? '–'}</b> {approvals === 1 ? 'approval' : 'approvals'}
        </Link>
        <Link to="/audits" data-none={audits?.count === 0}>
          <b>{countWord(audits)}</b> {audits?.count === 1 ? 'verdict' : 'verdicts'} to label
        </Link>
        <Link to="/amendments" data-none={amendments?.count === 0}>
          <b>{countWord(amendments)}</b> {amendments?.count === 1 ? 'amendment' : 'amendments'} to ratify
        </Link>
        <Link to="/drift" data-none={alarms?.count === 0}>
          <b>{countWord(alarms)}</b> {alarms?.count === 1 ? 'stream drifts' : 'streams drift'}
        </Link>
        <Link to="/executions" search={{ status: 'waiting' }} data-none={waiting === 0}>
          <b>{formatCompact(waiting)}</b> {waiting === 1 ? 'execution waits' : 'executions wait'} for a person or an
          event
        </Link>
        <Link to="/executions" search={{ flagged: 'true' }}>
          <b aria-hidden="true">→</b> flagged executions
        </Link>
        <Link to="/costs" data-none={unpricedCalls === 0}>
          <b>{formatCompact(unpricedCalls)}</b> {unpricedCalls === 1 ? 'model call' : 'model calls'} without a price
        </Link>
      </div>
    </Panel>
  )
}

function countWord(waits: Waits | undefined): string {
  return waits === undefined ? '–' : `${waits.count}${waits.more ? '+' : ''}`
}
