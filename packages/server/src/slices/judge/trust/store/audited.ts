import { CompiledQuery } from 'kysely'
import { type Instant, toIso } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { Audited, Bench, JournaledAudit, KnownVerdict, Truth } from '../model/auditing.ts'
import { type Item, itemKeyOf } from '../model/facts.ts'
import { itemIdOf } from './items.ts'

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
