import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import type { Glimpse } from '../model/watch.ts'
import { instantOrNull, tables } from './tables.ts'

/** What is to do for an organization, in one question that locks and writes nothing. */
export async function glimpse(tx: Tx): Promise<Omit<Glimpse, 'newestEventId'>> {
  const own = tx.organizationId
  const { rows } = await sql<{
    has_rules: boolean
    open_alerts: number
    evaluated_at: Date | null
    evaluated_event_id: string | null
    evaluation_ms: number | null
    forwarded_at: Date | null
    next_flush_at: Date | null
    next_report_at: Date | null
    forwards: boolean
  }>`
    select exists (select from alert_rules where organization_id = ${own}) as has_rules,
      (select count(*) from alert_history where organization_id = ${own} and not settled) as open_alerts,
      (select min(next_flush_at) from alert_groups where organization_id = ${own}) as next_flush_at,
      (select min(least(next_daily_at, next_weekly_at)) from alert_channels
        where organization_id = ${own} and enabled and removed_at is null) as next_report_at,
      exists (select from alert_channels where organization_id = ${own} and enabled and removed_at is null
        and settings->>'kind' = 'alertmanager') as forwards,
      w.evaluated_at, w.evaluated_event_id, w.evaluation_ms, w.forwarded_at
    from (select 1) one left join alert_watch w on w.organization_id = ${own}`.execute(tables(tx))
  const row = rows[0]
  return {
    hasRules: row?.has_rules === true,
    openAlerts: row?.open_alerts ?? 0,
    evaluatedAt: instantOrNull(row?.evaluated_at ?? null),
    evaluatedEventId: row?.evaluated_event_id ?? null,
    evaluationMs: row?.evaluation_ms ?? 0,
    nextFlushAt: instantOrNull(row?.next_flush_at ?? null),
    nextReportAt: instantOrNull(row?.next_report_at ?? null),
    forwards: row?.forwards === true,
    forwardedAt: instantOrNull(row?.forwarded_at ?? null),
  }
}
