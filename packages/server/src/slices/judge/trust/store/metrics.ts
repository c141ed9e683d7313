import { MetricTrust } from '@metaagent/contract'
import { sql } from 'kysely'
import { type Instant, toIso } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

const PanelFigures = MetricTrust.omit({ metric: true, measuredAt: true })

/** Metrics of which something was heard since they were measured, with when it was heard. */
export async function dueMetrics(
  tx: Tx,
  limit: number,
): Promise<readonly { readonly metric: string; readonly heardAt: Date }[]> {
  const { rows } = await sql<{ metric: string; heardAt: Date }>`
    select metric, heard_at as "heardAt" from trust_metrics
    where organization_id = ${tx.organizationId}::uuid and (measured_at is null or measured_at <= heard_at)
    order by measured_at nulls first, metric limit ${limit}`.execute(tx.tables())
  return rows
}

/** Keeps the figures of a metric. */
export async function saveFigures(
  tx: Tx,
  metric: string,
  figures: Omit<MetricTrust, 'metric' | 'measuredAt'>,
  at: Instant,
): Promise<void> {
  await sql`
    update trust_metrics set figures = ${JSON.stringify(figures)}::jsonb, measured_at = ${toIso(at)}::timestamptz
    where organization_id = ${tx.organizationId}::uuid and metric = ${metric}`.execute(tx.tables())
}

/** The figures of measured metrics by name; of one (null = all). */
export async function selectFigures(tx: Tx, metrics: readonly string[] | null): Promise<readonly MetricTrust[]> {
  const { rows } = await sql<{ metric: string; measured_at: Date; figures: unknown }>`
    select metric, measured_at, figures from trust_metrics
    where organization_id = ${tx.organizationId}::uuid and figures is not null
      and (${metrics === null} or metric = any(${metrics ?? []}::text[]))
    order by metric limit 500`.execute(tx.tables())
  return rows.map(({ metric, measured_at: at, figures }) => ({
    metric,
    ...PanelFigures.parse(figures),
    measuredAt: at.toISOString(),
  }))
}
