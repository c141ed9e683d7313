import type { JudgeKind, QaSubject, TrustStanding } from '@metaagent/contract'
import { CompiledQuery, sql } from 'kysely'
import { type Instant, instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { Audited, Bench, JournaledAudit, Known, KnownVerdict, Truth } from '../model/auditing.ts'
import type { Evidence, Gold, Said } from '../model/evidence.ts'
import { type Item, itemKeyOf } from '../model/facts.ts'
import { itemIdOf } from './items.ts'

interface VerdictRow {
  readonly subject_kind: QaSubject['kind']
  readonly subject_id: string
  readonly metric: string
  readonly judge: string
  readonly presented: '' | 'as-given' | 'swapped'
  readonly judgment_id: string
  readonly judge_kind: JudgeKind
  readonly said: Said
  readonly is_gold: boolean
  readonly observed_at: Date
  readonly audited_halvings: number | null
  readonly audited_gold: Gold | null
}

interface TruthRow {
  readonly subject_kind: QaSubject['kind']
  readonly subject_id: string
  readonly metric: string
  readonly label_id: string | null
  readonly label_verdict: Gold | null
  readonly label_author: string | null
  readonly judged_id: string | null
  readonly judged_verdict: Gold | null
  readonly judged_author: string | null
  readonly judged_at: Date | null
}

/** A row of trust_evidence. */
export interface BenchRow {
  readonly judge: string
  readonly metric: string
  readonly judge_kind: JudgeKind
  readonly given: number
  readonly last_given_at: Date
  readonly standing: TrustStanding
  readonly seq: number | null
  readonly pass_said_pass: number | null
  readonly pass_said_fail: number | null
  readonly fail_said_pass: number | null
  readonly fail_said_fail: number | null
  readonly abstained: number | null
  readonly verdicts: number | null
  readonly halvings: number | null
}

/** All that is known of some items and of the judges who judged them, or are about to (`judges`, on these metrics). */
export async function loadKnown(tx: Tx, items: readonly Item[], judges: readonly string[]): Promise<Known> {
  const verdicts = await verdictsOf(tx, items)
  const truths = await truthsOf(tx, items)
  const names = [...new Set([...judges, ...verdicts.map(({ judge }) => judge)])]
  const metrics = [...new Set(items.map(({ metric }) => metric))]
  const benches = await benchesOf(tx, names, metrics)
  return { verdicts, truths, benches, lastSeq: await lastSeqOf(tx) }
}

async function verdictsOf(tx: Tx, items: readonly Item[]): Promise<readonly KnownVerdict[]> {
  const { rows } = await sql<VerdictRow>`
    select subject_kind, subject_id, metric, judge, presented, judgment_id, judge_kind, said, is_gold, observed_at,
      audited_halvings, audited_gold
    from trust_verdicts where organization_id = ${tx.organizationId}::uuid
      and item_id = any(${items.map(itemIdOf)}::uuid[])`.execute(tx.tables())
  return rows.map((row) => ({
    item: itemOf(row),
    judge: row.judge,
    judgeKind: row.judge_kind,
    order: row.presented === '' ? null : row.presented,
    judgmentId: row.judgment_id,
    said: row.said,
    isGold: row.is_gold,
    observedAt: instantFromEpochMs(row.observed_at.getTime()),
    audit: row.audited_halvings === null ? null : { gold: row.audited_gold, halvings: row.audited_halvings },
  }))
}

/** What is known to be right of these items, where anything is. */
export async function truthsOf(tx: Tx, items: readonly Item[]): Promise<readonly Truth[]> {
  if (items.length === 0) return []
  const { rows } = await sql<TruthRow>`
    select subject_kind, subject_id, metric, label_id, label_verdict, label_author, judged_id, judged_verdict,
      judged_author, judged_at
    from trust_gold where organization_id = ${tx.organizationId}::uuid
      and item_id = any(${items.map(itemIdOf)}::uuid[])`.execute(tx.tables())
  return rows.map((row) => ({
    item: itemOf(row),
    label:
      row.label_id === null ? null : { labelId: row.label_id, verdict: row.label_verdict, author: row.label_author },
    judged:
      row.judged_id === null || row.judged_verdict === null || row.judged_author === null || row.judged_at === null
        ? null
        : {
            judgmentId: row.judged_id,
            verdict: row.judged_verdict,
            author: row.judged_author,
            at: instantFromEpochMs(row.judged_at.getTime()),
          },
  }))
}

function itemOf(row: { subject_kind: QaSubject['kind']; subject_id: string; metric: string }): Item {
  return { subject: { kind: row.subject_kind, id: row.subject_id }, metric: row.metric }
}

export const benchColumns = sql.raw(`judge, metric, judge_kind, given, last_given_at, standing, seq, pass_said_pass,
  pass_said_fail, fail_said_pass, fail_said_fail, abstained, verdicts, halvings`)

async function benchesOf(tx: Tx, judges: readonly string[], metrics: readonly string[]): Promise<readonly Bench[]> {
  const { rows } = await sql<BenchRow>`
    select ${benchColumns} from trust_evidence where organization_id = ${tx.organizationId}::uuid
      and judge = any(${[...judges]}::text[]) and metric = any(${[...metrics]}::text[])`.execute(tx.tables())
  return rows.map(benchOf)
}

/** The row as the model knows it. */
export function benchOf(row: BenchRow): Bench {
  const { judge, metric, standing } = row
  const given = Number(row.given)
  const seq = row.seq === null ? null : Number(row.seq)
  const lastGivenAt = instantFromEpochMs(row.last_given_at.getTime())
  return { judge, metric, judgeKind: row.judge_kind, given, lastGivenAt, standing, seq, evidence: evidenceOf(row) }
}

function evidenceOf(row: BenchRow): Evidence | null {
  if (row.seq === null) return null
  return {
    judge: row.judge,
    metric: row.metric,
    confusion: {
      passSaidPass: row.pass_said_pass ?? 0,
      passSaidFail: row.pass_said_fail ?? 0,
      failSaidPass: row.fail_said_pass ?? 0,
      failSaidFail: row.fail_said_fail ?? 0,
      abstained: row.abstained ?? 0,
    },
    verdicts: Number(row.verdicts ?? 0),
    halvings: row.halvings ?? 0,
  }
}

/** Of the last entry of the journal; what was retired is covered by a snapshot. 0 while there is none. */
export async function lastSeqOf(tx: Tx): Promise<number> {
  const { rows } = await sql<{ seq: number }>`
    select greatest(
      coalesce((select max(seq) from trust_journal where organization_id = ${tx.organizationId}::uuid), 0),
      coalesce((select max(seq) from trust_snapshots where organization_id = ${tx.organizationId}::uuid), 0)) as seq
    `.execute(tx.tables())
  return Number(rows[0]?.seq ?? 0)
}

/** Writes what some facts changed, a statement for each table. */
export async function saveAudited(tx: Tx, audited: Audited, recordedAt: Instant): Promise<void> {
  const at = toIso(recordedAt)
  const put = async (statement: string, rows: readonly object[]) => {
    if (rows.length > 0)
      await tx.tables().executeQuery(CompiledQuery.raw(statement, [tx.organizationId, at, JSON.stringify(rows)]))
  }
  await put(upsertVerdicts, audited.verdicts.toSorted(byItem).map(verdictRecord))
  await put(upsertTruths, audited.truths.toSorted(byItem).map(truthRecord))
  await put(upsertBenches, audited.benches.map(benchRecord))
  await put(insertEntries, audited.entries.map(entryRecord))
  const metrics = [...new Set([...audited.benches.map(({ metric }) => metric), ...audited.truths.map(metricOf)])]
  await put(
    upsertHeard,
    metrics.sort().map((metric) => ({ metric })),
  )
}

const metricOf = ({ item }: Truth) => item.metric
const byItem = (a: { readonly item: Item }, b: { readonly item: Item }) =>
  itemKeyOf(a.item) < itemKeyOf(b.item) ? -1 : 1

const upsertVerdicts = `
  insert into trust_verdicts as kept (organization_id, item_id, judge, presented, subject_kind, subject_id, metric,
    judgment_id, judge_kind, said, is_gold, observed_at, recorded_at, audited_halvings, audited_gold)
  select $1::uuid, r.item_id, r.judge, r.presented, r.subject_kind, r.subject_id, r.metric, r.judgment_id, r.judge_kind,
    r.said, r.is_gold, r.observed_at, $2::timestamptz, r.audited_halvings, r.audited_gold
  from json_to_recordset($3::json) as r(item_id uuid, judge text, presented text, subject_kind text, subject_id text,
    metric text, judgment_id uuid, judge_kind text, said text, is_gold boolean, observed_at timestamptz,
    audited_halvings double precision, audited_gold text)
  on conflict (organization_id, item_id, judge, presented) do update set
    judgment_id = excluded.judgment_id, judge_kind = excluded.judge_kind, said = excluded.said,
    is_gold = excluded.is_gold, observed_at = excluded.observed_at,
    recorded_at = case when kept.judgment_id = excluded.judgment_id then kept.recorded_at else excluded.recorded_at end,
    audited_halvings = excluded.audited_halvings, audited_gold = excluded.audited_gold`

function verdictRecord({ item, audit, ...verdict }: KnownVerdict) {
  return {
    ...itemRecord(item),
    judge: verdict.judge,
    presented: verdict.order ?? '',
    judgment_id: verdict.judgmentId,
    judge_kind: verdict.judgeKind,
    said: verdict.said,
    is_gold: verdict.isGold,
    observed_at: toIso(verdict.observedAt),
    audited_halvings: audit?.halvings ?? null,
    audited_gold: audit?.gold ?? null,
  }
}

const itemRecord = (item: Item) => ({
  item_id: itemIdOf(item),
  subject_kind: item.subject.kind,
  subject_id: item.subject.id,
  metric: item.metric,
})

const upsertTruths = `
  insert into trust_gold (organization_id, item_id, subject_kind, subject_id, metric, label_id, label_verdict,
    label_author, judged_id, judged_verdict, judged_author, judged_at, recorded_at)
  select $1::uuid, r.*, $2::timestamptz
  from json_to_recordset($3::json) as r(item_id uuid, subject_kind text, subject_id text, metric text, label_id uuid,
    label_verdict text, label_author text, judged_id uuid, judged_verdict text, judged_author text,
    judged_at timestamptz)
  on conflict (organization_id, item_id) do update set
    label_id = excluded.label_id, label_verdict = excluded.label_verdict, label_author = excluded.label_author,
    judged_id = excluded.judged_id, judged_verdict = excluded.judged_verdict,
    judged_author = excluded.judged_author, judged_at = excluded.judged_at, recorded_at = excluded.recorded_at`

function truthRecord({ item, label, judged }: Truth) {
  return {
    ...itemRecord(item),
    label_id: label?.labelId ?? null,
    label_verdict: label?.verdict ?? null,
    label_author: label?.author ?? null,
    judged_id: judged?.judgmentId ?? null,
    judged_verdict: judged?.verdict ?? null,
    judged_author: judged?.author ?? null,
    judged_at: judged === null ? null : toIso(judged.at),
  }
}

const upsertBenches = `
  insert into trust_evidence (organization_id, judge, metric, judge_kind, given, last_given_at, standing, seq,
    pass_said_pass, pass_said_fail, fail_said_pass, fail_said_fail, abstained, verdicts, halvings)
  select $1::uuid, r.* from json_to_recordset($3::json) as r(judge text, metric text, judge_kind text, given bigint,
    last_given_at timestamptz, standing text, seq bigint, pass_said_pass double precision,
    pass_said_fail double precision, fail_said_pass double precision, fail_said_fail double precision,
    abstained double precision, verdicts bigint, halvings double precision)
  where $2::timestamptz is not null
  on conflict (organization_id, judge, metric) do update set
    judge_kind = excluded.judge_kind, given = excluded.given, last_given_at = excluded.last_given_at,
    standing = excluded.standing, seq = excluded.seq, pass_said_pass = excluded.pass_said_pass,
    pass_said_fail = excluded.pass_said_fail, fail_said_pass = excluded.fail_said_pass,
    fail_said_fail = excluded.fail_said_fail, abstained = excluded.abstained, verdicts = excluded.verdicts,
    halvings = excluded.halvings`

function benchRecord({ judge, metric, judgeKind, given, lastGivenAt, standing, seq, evidence }: Bench) {
  return {
    judge,
    metric,
    judge_kind: judgeKind,
    given,
    last_given_at: toIso(lastGivenAt),
    standing,
    seq,
    pass_said_pass: evidence?.confusion.passSaidPass ?? null,
    pass_said_fail: evidence?.confusion.passSaidFail ?? null,
    fail_said_pass: evidence?.confusion.failSaidPass ?? null,
    fail_said_fail: evidence?.confusion.failSaidFail ?? null,
    abstained: evidence?.confusion.abstained ?? null,
    verdicts: evidence?.verdicts ?? null,
    halvings: evidence?.halvings ?? null,
  }
}

const insertEntries = `
  insert into trust_journal (organization_id, seq, judge, metric, subject_kind, subject_id, judgment_id, said, gold,
    is_correction, was, weight, half_life_verdicts, gold_from, gold_id, reliability, lower_bound, authority,
    effective_count, causation_id, correlation_id, recorded_at)
  select $1::uuid, r.*, $2::timestamptz
  from json_to_recordset($3::json) as r(seq bigint, judge text, metric text, subject_kind text, subject_id text,
    judgment_id uuid, said text, gold text, is_correction boolean, was text, weight double precision,
    half_life_verdicts double precision, gold_from text, gold_id uuid, reliability double precision,
    lower_bound double precision, authority double precision, effective_count double precision, causation_id uuid,
    correlation_id text)`

function entryRecord({ seq, entry, verdict, goldFrom, goldId, cause, after }: JournaledAudit) {
  const isCorrection = 'was' in entry
  return {
    seq,
    judge: entry.judge,
    metric: entry.metric,
    subject_kind: verdict.item.subject.kind,
    subject_id: verdict.item.subject.id,
    judgment_id: verdict.judgmentId,
    said: entry.said,
    gold: entry.gold,
    is_correction: isCorrection,
    was: isCorrection ? entry.was : null,
    weight: isCorrection ? entry.weight : 1,
    half_life_verdicts: isCorrection ? null : entry.halfLifeVerdicts,
    gold_from: goldFrom,
    gold_id: goldId,
    reliability: after.reliability,
    lower_bound: after.lowerBound,
    authority: after.authority,
    effective_count: after.effectiveCount,
    causation_id: cause.eventId,
    correlation_id: cause.correlationId,
  }
}

const upsertHeard = `
  insert into trust_metrics as kept (organization_id, metric, heard_at)
  select $1::uuid, r.metric, $2::timestamptz from json_to_recordset($3::json) as r(metric text)
  on conflict (organization_id, metric) do update set heard_at = excluded.heard_at
    where kept.heard_at < excluded.heard_at`
