import type { Because, SlaCompliance, SlaReport, SlaReportFacts, SlaState } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

interface ComplianceRow {
  readonly period_start: string
  readonly version: number
  readonly window_from: Date
  readonly window_until: Date
  readonly state: SlaState
  readonly objective: number
  readonly good: number
  readonly bad: number
  readonly unknown: number
  readonly attainment: number | null
  readonly budget: SlaCompliance['budget']
  readonly is_closed: boolean
  readonly because: Because
  readonly judged_at: Date
}

const columns = sql.raw(`to_char(period_start, 'YYYY-MM-DD') as period_start, version, window_from, window_until, state,
  objective, good, bad, unknown, attainment, budget, is_closed, because, judged_at`)

function complianceOf(row: ComplianceRow): SlaCompliance {
  return {
    periodStart: row.period_start,
    from: row.window_from.toISOString(),
    until: row.window_until.toISOString(),
    state: row.state,
    version: row.version,
    objective: row.objective,
    good: row.good,
    bad: row.bad,
    unknown: row.unknown,
    attainment: row.attainment,
    budget: row.budget,
    isClosed: row.is_closed,
    judgedAt: row.judged_at.toISOString(),
    because: row.because,
  }
}

/** Keeps how a window stands, in the place of what was said of it before. */
export async function saveCompliance(tx: Tx, slaId: string, of: SlaCompliance): Promise<void> {
  await sql`
    insert into sla_compliance (organization_id, sla_id, period_start, version, window_from, window_until, state,
      objective, good, bad, unknown, attainment, budget, is_closed, because, judged_at)
    values (${tx.organizationId}::uuid, ${slaId}::uuid, ${of.periodStart}::date, ${of.version}, ${of.from}::timestamptz,
      ${of.until}::timestamptz, ${of.state}, ${of.objective}, ${of.good}, ${of.bad}, ${of.unknown}, ${of.attainment},
      ${JSON.stringify(of.budget)}::jsonb, ${of.isClosed}, ${JSON.stringify(of.because)}::jsonb,
      ${of.judgedAt}::timestamptz)
    on conflict (organization_id, sla_id, period_start) do update set version = excluded.version,
      window_from = excluded.window_from, window_until = excluded.window_until, state = excluded.state,
      objective = excluded.objective, good = excluded.good, bad = excluded.bad, unknown = excluded.unknown,
      attainment = excluded.attainment, budget = excluded.budget, is_closed = excluded.is_closed,
      because = excluded.because, judged_at = excluded.judged_at`.execute(tx.tables())
}

/** The rows of one period of an SLA, if it was judged. */
export async function complianceAt(tx: Tx, slaId: string, periodStart: string): Promise<SlaCompliance | null> {
  const { rows } = await sql<ComplianceRow>`
    select ${columns} from sla_compliance where organization_id = ${tx.organizationId}::uuid
      and sla_id = ${slaId}::uuid and period_start = ${periodStart}::date`.execute(tx.tables())
  return rows[0] === undefined ? null : complianceOf(rows[0])
}

/** The newest judged window of each SLA. */
export async function newestCompliance(tx: Tx, slaIds: readonly string[]): Promise<ReadonlyMap<string, SlaCompliance>> {
  const { rows } = await sql<ComplianceRow & { readonly sla_id: string }>`
    select distinct on (sla_id) sla_id, ${columns} from sla_compliance
    where organization_id = ${tx.organizationId}::uuid and sla_id = any(${slaIds}::uuid[])
    order by sla_id, sla_compliance.period_start desc`.execute(tx.tables())
  return new Map(rows.map((row) => [row.sla_id, complianceOf(row)]))
}

/** Windows of one SLA, the newest first, from before a period on. */
export async function selectCompliance(
  tx: Tx,
  slaId: string,
  before: string | null,
  limit: number,
): Promise<readonly SlaCompliance[]> {
  const { rows } = await sql<ComplianceRow>`
    select ${columns} from sla_compliance where organization_id = ${tx.organizationId}::uuid
      and sla_id = ${slaId}::uuid and (${before}::date is null or period_start < ${before}::date)
    order by sla_compliance.period_start desc limit ${limit}`.execute(tx.tables())
  return rows.map(complianceOf)
}

export type StateChange = SlaReportFacts['changes'][number]

export async function insertStateChange(tx: Tx, slaId: string, change: StateChange): Promise<void> {
  await sql`
    insert into sla_state_changes (organization_id, sla_id, event_id, changed_at, state_from, state_to, because)
    values (${tx.organizationId}::uuid, ${slaId}::uuid, ${change.eventId}::uuid, ${change.at}::timestamptz,
      ${change.from}, ${change.to}, ${JSON.stringify(change.because)}::jsonb)`.execute(tx.tables())
}

/** Changes of state in a range, oldest first. */
export async function stateChangesIn(
  tx: Tx,
  slaId: string,
  from: string,
  until: string,
): Promise<readonly StateChange[]> {
  const { rows } = await sql<Omit<StateChange, 'at'> & { at: Date }>`
    select changed_at as at, state_from as "from", state_to as "to", because, event_id as "eventId"
    from sla_state_changes where organization_id = ${tx.organizationId}::uuid and sla_id = ${slaId}::uuid
      and changed_at >= ${from}::timestamptz and changed_at < ${until}::timestamptz
    order by changed_at, event_id`.execute(tx.tables())
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }))
}

/** The newest edition of the report of a month. */
export interface StoredReport {
  readonly edition: number
  readonly facts: SlaReport['facts']
  readonly digest: string
  readonly eventId: string
  readonly issuedAt: Date
}

export async function newestReport(tx: Tx, slaId: string, month: string): Promise<StoredReport | null> {
  const { rows } = await sql<StoredReport>`
    select edition, facts, digest, event_id as "eventId", issued_at as "issuedAt" from sla_reports
    where organization_id = ${tx.organizationId}::uuid and sla_id = ${slaId}::uuid and month = ${month}
    order by edition desc limit 1`.execute(tx.tables())
  return rows[0] ?? null
}

export async function insertReport(tx: Tx, slaId: string, month: string, report: StoredReport): Promise<void> {
  await sql`
    insert into sla_reports (organization_id, sla_id, month, edition, facts, digest, event_id, issued_at)
    values (${tx.organizationId}::uuid, ${slaId}::uuid, ${month}, ${report.edition},
      ${JSON.stringify(report.facts)}::jsonb, ${report.digest}, ${report.eventId}::uuid, ${report.issuedAt})`.execute(
    tx.tables(),
  )
}
