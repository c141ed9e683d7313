import type { JudgeKind, Judgment, JudgmentVerdict } from '@metaagent/contract'
import { CompiledQuery, sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../kernel/instant.ts'
import type { NewJudgment } from '../../../ports/judgments.ts'
import type { Tx } from '../../../ports/store.ts'
import type { ReadLatestVerdicts, ReadVerdicts } from '../../../ports/verdicts.ts'

/** A judgment that has its id and is not stored yet. */
export interface DraftJudgment {
  readonly judgmentId: string
  readonly row: NewJudgment
}

// Sorted by key, so that two transactions with the same judgments wait for each other and cannot deadlock.
const insertMany = `insert into qa_events (organization_id, judgment_id, execution_id, action_id, metric, verdict, score,
    label, explanation, judge, judge_kind, source, idempotency_key, observed_at, recorded_at)
  select $1::uuid, r.judgment_id, r.execution_id, decode(r.action_id, 'hex'), r.metric, r.verdict, r.score, r.label,
    r.explanation, r.judge, r.judge_kind, r.source, r.idempotency_key, r.observed_at, r.recorded_at
  from json_to_recordset($2::json) as r(judgment_id uuid, execution_id uuid, action_id text, metric text, verdict text,
    score double precision, label text, explanation text, judge text, judge_kind text, source text,
    idempotency_key text, observed_at timestamptz, recorded_at timestamptz)
  order by r.source, r.idempotency_key
  on conflict (organization_id, source, idempotency_key) do nothing
  returning judgment_id`

/** Inserts the judgments whose keys are new; answers the ids of exactly those. */
export async function insertJudgments(
  tx: Tx,
  drafts: readonly DraftJudgment[],
  recordedAt: Instant,
): Promise<ReadonlySet<string>> {
  const records = drafts.map(({ judgmentId, row }) => ({
    judgment_id: judgmentId,
    execution_id: row.executionId,
    action_id: row.actionId,
    metric: row.metric,
    verdict: row.verdict,
    score: row.score,
    label: row.label,
    explanation: row.explanation,
    judge: row.judge,
    judge_kind: row.judgeKind,
    source: row.source,
    idempotency_key: row.idempotencyKey,
    observed_at: new Date(row.observedAt),
    recorded_at: new Date(recordedAt),
  }))
  const { rows } = await tx
    .tables()
    .executeQuery<{ judgment_id: string }>(CompiledQuery.raw(insertMany, [tx.organizationId, JSON.stringify(records)]))
  return new Set(rows.map((row) => row.judgment_id))
}

/** Which judgments a list shows; null means all. */
export interface JudgmentFilter {
  readonly executionId: string | null
  readonly actionId: string | null
  readonly metric: string | null
  readonly verdict: JudgmentVerdict | null
  readonly judge: string | null
  readonly judgeKind: JudgeKind | null
  readonly source: string | null
  readonly from: Date | null
  readonly to: Date | null
}

interface JudgmentRow {
  readonly judgment_id: string
  readonly execution_id: string
  readonly action_id: string | null
  readonly metric: string
  readonly verdict: JudgmentVerdict | null
  readonly score: number | null
  readonly label: string | null
  readonly explanation: string | null
  readonly judge: string
  readonly judge_kind: JudgeKind
  readonly source: string
  readonly observed_at: Date
  readonly recorded_at: Date
}

const columns = sql.raw(`q.judgment_id, q.execution_id, encode(q.action_id, 'hex') as action_id, q.metric, q.verdict,
  q.score, q.label, q.explanation, q.judge, q.judge_kind, q.source, q.observed_at, q.recorded_at`)

/** The newest recorded first, from behind `before` on. Ids are made in the order of time. */
export async function selectJudgments(
  tx: Tx,
  filter: JudgmentFilter,
  before: string | null,
  limit: number,
): Promise<readonly Judgment[]> {
  const conditions = [sql`q.organization_id = ${tx.organizationId}`]
  if (before !== null) conditions.push(sql`q.judgment_id < ${before}`)
  if (filter.executionId !== null) conditions.push(sql`q.execution_id = ${filter.executionId}::uuid`)
  if (filter.actionId !== null) conditions.push(sql`q.action_id = decode(${filter.actionId}, 'hex')`)
  if (filter.metric !== null) conditions.push(sql`q.metric = ${filter.metric}`)
  if (filter.verdict !== null) conditions.push(sql`q.verdict = ${filter.verdict}`)
  if (filter.judge !== null) conditions.push(sql`q.judge = ${filter.judge}`)
  if (filter.judgeKind !== null) conditions.push(sql`q.judge_kind = ${filter.judgeKind}`)
  if (filter.source !== null) conditions.push(sql`q.source = ${filter.source}`)
  if (filter.from !== null) conditions.push(sql`q.observed_at >= ${filter.from}`)
  if (filter.to !== null) conditions.push(sql`q.observed_at < ${filter.to}`)
  const { rows } = await sql<JudgmentRow>`
    select ${columns} from qa_events q where ${sql.join(conditions, sql` and `)}
    order by q.judgment_id desc limit ${limit}`.execute(tx.tables())
  return rows.map(judgmentOf)
}

/** Verdicts recorded in a range, oldest first; of one metric or of any (null). */
export const readVerdicts: ReadVerdicts = async (tx, { metric, from, until }) => {
  const { rows } = await sql<{ execution_id: string; recorded_at: Date; is_success: boolean }>`
    select execution_id, recorded_at, verdict = 'qa_success' as is_success from qa_events
    where organization_id = ${tx.organizationId}::uuid and verdict is not null
      and recorded_at >= ${new Date(from)} and recorded_at < ${new Date(until)}
      and (${metric}::text is null or metric = ${metric}::text)
    order by recorded_at, judgment_id`.execute(tx.tables())
  return rows.map((row) => ({
    executionId: row.execution_id.replaceAll('-', ''),
    recordedAt: instantFromEpochMs(row.recorded_at.getTime()),
    isSuccess: row.is_success,
  }))
}

/** Of how many newest judgments the latest of each judge are taken: ids rise with time, so the key finds them. */
const newestMax = 20_000

/** The latest judgments of each judge and metric, newest first. */
export const readLatestVerdicts: ReadLatestVerdicts = async (tx, eachMax) => {
  const { rows } = await sql<{
    execution_id: string
    judge: string
    judge_kind: Judgment['judgeKind']
    metric: string
    is_success: boolean | null
    score: number | null
  }>`
    select execution_id, judge, judge_kind, metric, verdict = 'qa_success' as is_success, score from (
      select n.*, row_number() over (partition by judge, metric order by judgment_id desc) as place from (
        select judgment_id, execution_id, judge, judge_kind, metric, verdict, score from qa_events
        where organization_id = ${tx.organizationId}::uuid order by judgment_id desc limit ${newestMax}
      ) n
    ) ranked where place <= ${eachMax} order by judgment_id desc`.execute(tx.tables())
  return rows.map((row) => ({
    executionId: row.execution_id.replaceAll('-', ''),
    judge: row.judge,
    judgeKind: row.judge_kind,
    metric: row.metric,
    isSuccess: row.is_success,
    score: row.score,
  }))
}

export async function selectJudgment(tx: Tx, judgmentId: string): Promise<Judgment | null> {
  const { rows } = await sql<JudgmentRow>`
    select ${columns} from qa_events q
    where q.organization_id = ${tx.organizationId} and q.judgment_id = ${judgmentId}`.execute(tx.tables())
  return rows[0] === undefined ? null : judgmentOf(rows[0])
}

function judgmentOf(row: JudgmentRow): Judgment {
  return {
    judgmentId: row.judgment_id,
    executionId: row.execution_id.replaceAll('-', ''),
    actionId: row.action_id,
    metric: row.metric,
    verdict: row.verdict,
    score: row.score,
    label: row.label,
    explanation: row.explanation,
    judge: row.judge,
    judgeKind: row.judge_kind,
    source: row.source,
    observedAt: row.observed_at.toISOString(),
    recordedAt: row.recorded_at.toISOString(),
  }
}
