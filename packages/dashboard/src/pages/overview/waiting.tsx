import type { HealthFigures } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { alertQueries } from '../../api/alerts.ts'
import { queries } from '../../api/queries.ts'
import { formatCompact } from '../../format/number.ts'
import { Panel } from '../../ui/page.tsx'
import classes from './overview.module.css'

/** What waits for a person. */
export function Waiting({ totals: { waiting, unpricedCalls } }: { readonly totals: HealthFigures }) {
  const pending = useQuery(queries.approvalsWaiting())
  const alerts = useQuery(alertQueries.counts())
  const firing = alerts.data?.firing
  const approvals = pending.data?.items.length
  return (
    <Panel title="What waits for you?" testId="waits">
      <div className={classes['waits']}>
        <Link to="/alerts" data-none={firing === 0} data-testid="firing">
          <b>{firing ?? '–'}</b> {firing === 1 ? 'alert fires' : 'alerts fire'}
        </Link>
        <Link to="/approvals" data-none={approvals === 0}>
          <b>{approvals ?? '–'}</b> {approvals === 1 ? 'approval' : 'approvals'}
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
