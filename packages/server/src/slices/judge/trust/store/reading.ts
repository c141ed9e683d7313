import type { JudgedOrder, QaSubject, TrustStanding } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import type { Bench } from '../model/auditing.ts'
import type { Gold, Said } from '../model/evidence.ts'
import { type BenchRow, benchColumns, benchOf } from './known.ts'

/** All judges of a metric, by name. */
export async function benchesOfMetric(tx: Tx, metric: string): Promise<readonly Bench[]> {
  const { rows } = await sql<BenchRow>`
    select ${benchColumns} from trust_evidence
    where organization_id = ${tx.organizationId}::uuid and metric = ${metric} order by judge`.execute(tx.tables())
  return rows.map(benchOf)
}

/** Which judges a list shows; null means all. */
export interface BenchFilter {
  readonly metric: string | null
  readonly judge: string | null
  readonly standing: TrustStanding | null
}

/** Judges and metrics by name, from behind a place on. */
export async function listBenches(
  tx: Tx,
  filter: BenchFilter,
  after: { readonly metric: string; readonly judge: string } | null,
  limit: number,
): Promise<readonly Bench[]> {
  const conditions = [sql`organization_id = ${tx.organizationId}::uuid`]
  if (filter.metric !== null) conditions.push(sql`metric = ${filter.metric}`)
  if (filter.judge !== null) conditions.push(sql`judge = ${filter.judge}`)
  if (filter.standing !== null) conditions.push(sql`standing = ${filter.standing}`)
  if (after !== null) conditions.push(sql`(metric, judge) > (${after.metric}::text, ${after.judge}::text)`)
  const { rows } = await sql<BenchRow>`
    select ${benchColumns} from trust_evidence where ${sql.join(conditions, sql` and `)}
    order by metric, judge limit ${limit}`.execute(tx.tables())
  return rows.map(benchOf)
}

/** How many verdicts these judges gave on all metrics together, by name. */
export async function verdictsGiven(tx: Tx, judges: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ judge: string; given: number }>`
    select judge, sum(given)::int8 as given from trust_evidence
    where organization_id = ${tx.organizationId}::uuid and judge = any(${[...judges]}::text[])
    group by judge`.execute(tx.tables())
  return new Map(rows.map(({ judge, given }) => [judge, Number(given)]))
}

/** An entry of the journal as it is kept. */
export interface EntryRow {
  readonly seq: number
  readonly judge: string
  readonly metric: string
  readonly subject_kind: QaSubject['kind']
  readonly subject_id: string
  readonly judgment_id: string
  readonly said: Said
  readonly gold: Gold | null
  readonly is_correction: boolean
  readonly was: Gold | null
  readonly weight: number
  readonly half_life_verdicts: number | null
  readonly gold_from: 'label' | 'judgment'
  readonly gold_id: string
  readonly reliability: number | null
  readonly lower_bound: number | null
  readonly authority: number
  readonly effective_count: number
  readonly causation_id: string
  readonly correlation_id: string
  readonly recorded_at: Date
}

/** Entries, the newest first, from before a place on. */
export async function listEntries(
  tx: Tx,
  filter: { readonly metric: string | null; readonly judge: string | null },
  before: number | null,
  limit: number,
): Promise<readonly EntryRow[]> {
  const conditions = [sql`organization_id = ${tx.organizationId}::uuid`]
  if (filter.metric !== null) conditions.push(sql`metric = ${filter.metric}`)
  if (filter.judge !== null) conditions.push(sql`judge = ${filter.judge}`)
  if (before !== null) conditions.push(sql`seq < ${before}::int8`)
  const { rows } = await sql<EntryRow>`
    select seq, judge, metric, subject_kind, subject_id, judgment_id, said, gold, is_correction, was, weight,
      half_life_verdicts, gold_from, gold_id, reliability, lower_bound, authority, effective_count, causation_id,
      correlation_id, recorded_at
    from trust_journal where ${sql.join(conditions, sql` and `)} order by seq desc limit ${limit}`.execute(tx.tables())
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }))
}

/** A judge's figures on a metric over time. */
export interface HistoryRow {
  readonly seq: number
  readonly recorded_at: Date
  readonly reliability: number | null
  readonly lower_bound: number | null
  readonly authority: number
  readonly effective_count: number
}

/** At most so many entries of a judge on a metric, spread evenly over those in the range, the last one always among them. */
export async function selectHistory(
  tx: Tx,
  asked: {
    readonly judge: string
    readonly metric: string
    readonly from: Date | null
    readonly to: Date | null
    readonly points: number
  },
): Promise<{ readonly entries: number; readonly points: readonly HistoryRow[] }> {
  const { rows } = await sql<HistoryRow & { entries: number }>`
    select * from (
      select seq, recorded_at, reliability, lower_bound, authority, effective_count,
        row_number() over (order by seq desc) as place, count(*) over ()::int as entries
      from trust_journal where organization_id = ${tx.organizationId}::uuid
        and judge = ${asked.judge} and metric = ${asked.metric}
        and (${asked.from}::timestamptz is null or recorded_at >= ${asked.from}::timestamptz)
        and (${asked.to}::timestamptz is null or recorded_at < ${asked.to}::timestamptz)
    ) placed
    where (place - 1) % ceil(entries::float8 / ${asked.points}::float8)::int8 = 0
    order by seq`.execute(tx.tables())
  return { entries: rows[0]?.entries ?? 0, points: rows.map((row) => ({ ...row, seq: Number(row.seq) })) }
}

/** A verdict on an item of a metric, with what is right of it. */
export interface PanelRow {
  readonly item_id: string
  readonly judge: string
  readonly presented: '' | JudgedOrder
  readonly said: Said
  readonly gold: Gold | null
}

/** The latest verdicts on a metric, newest first. Who set the gold is not held against it. */
export async function latestVerdicts(tx: Tx, metric: string, limit: number): Promise<readonly PanelRow[]> {
  const { rows } = await sql<PanelRow>`
    select v.item_id, v.judge, v.presented, v.said,
      case when g.label_verdict is not null then nullif(g.label_verdict, case when g.label_author = v.judge then g.label_verdict end)
        when v.is_gold or g.judged_author = v.judge then null else g.judged_verdict end as gold
    from (
      select item_id, judge, presented, said, is_gold, recorded_at from trust_verdicts
      where organization_id = ${tx.organizationId}::uuid and metric = ${metric}
      order by recorded_at desc limit ${limit}
    ) v left join trust_gold g on g.organization_id = ${tx.organizationId}::uuid and g.item_id = v.item_id
    order by v.recorded_at desc, v.item_id, v.judge, v.presented`.execute(tx.tables())
  return rows
}
