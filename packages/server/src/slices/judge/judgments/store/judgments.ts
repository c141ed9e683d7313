import {
  actionOf,
  type JudgeKind,
  type Judgment,
  type JudgmentDetails,
  type JudgmentType,
  type JudgmentVerdict,
  type QaSubject,
} from '@metaagent/contract'
import { CompiledQuery, sql } from 'kysely'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { NewJudgment } from '../../../../ports/judgments.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { ReadLatestVerdicts, ReadVerdicts } from '../../../../ports/verdicts.ts'
import { subjectOfRun } from '../model/judgment.ts'

/** A judgment with its id and everything that was left out of it. */
export interface DraftJudgment {
  readonly judgmentId: string
  readonly row: NewJudgment
  readonly type: JudgmentType
  readonly subject: QaSubject
  readonly details: JudgmentDetails | null
  readonly gold: boolean
  readonly synthetic: boolean
  readonly correlationId: string
}

const columnTypes = `judgment_id uuid, type text, subject_kind text, subject_id text, execution_id uuid, action_id text,
  metric text, score double precision, score_min double precision, score_max double precision,
  pass_from double precision, confidence double precision, answer_order text, label text, explanation text, judge text,
  judge_kind text, details jsonb, gold boolean, synthetic boolean, source text, correlation_id text,
  idempotency_key text, observed_at timestamptz, recorded_at timestamptz`
const columnNames = columnTypes.split(',').map((column) => column.trim().split(' ', 1)[0])

// Sorted by key, so that two transactions with the same judgments wait for each other and cannot deadlock.
const insertMany = `insert into qa_events (organization_id, ${columnNames.join(', ')})
  select $1::uuid, ${columnNames.map((name) => (name === 'action_id' ? "decode(r.action_id, 'hex')" : `r.${name}`)).join(', ')}
  from json_to_recordset($2::json) as r(${columnTypes})
  order by r.source, r.idempotency_key
  on conflict (organization_id, source, idempotency_key) do nothing
  returning judgment_id`

/** Inserts the judgments whose keys are new; answers the ids of exactly those. */
export async function insertJudgments(
  tx: Tx,
  drafts: readonly DraftJudgment[],
  recordedAt: Instant,
): Promise<ReadonlySet<string>> {
  const records = drafts.map((draft) => recordOf(draft, recordedAt))
  const { rows } = await tx
    .tables()
    .executeQuery<{ judgment_id: string }>(CompiledQuery.raw(insertMany, [tx.organizationId, JSON.stringify(records)]))
  return new Set(rows.map((row) => row.judgment_id))
}

function recordOf({ judgmentId, row, type, subject, ...draft }: DraftJudgment, recordedAt: Instant) {
  return {
    judgment_id: judgmentId,
    type,
    subject_kind: subject.kind,
    subject_id: row.executionId === null ? subject.id : null,
    execution_id: row.executionId,
    action_id: row.actionId,
    metric: row.metric,
    score: row.score,
    score_min: row.scale?.min,
    score_max: row.scale?.max,
    pass_from: row.scale?.passFrom,
    confidence: row.confidence,
    answer_order: row.order,
    label: row.label,
    explanation: row.explanation,
    judge: row.judge,
    judge_kind: row.judgeKind,
    details: draft.details,
    gold: draft.gold,
    synthetic: draft.synthetic,
    source: row.source,
    correlation_id: draft.correlationId,
    idempotency_key: row.idempotencyKey,
    observed_at: new Date(row.observedAt),
    recorded_at: new Date(recordedAt),
  }
}

/** Which judgments a list shows; null means all. */
export interface JudgmentFilter {
  readonly executionId: string | null
  readonly actionId: string | null
  readonly metric: string | null
  /** `id` null: all of the kind. */
  readonly subject: { readonly kind: QaSubject['kind']; readonly id: string | null } | null
  readonly type: JudgmentType | null
  readonly verdict: JudgmentVerdict | null
  readonly judge: string | null
  readonly judgeKind: JudgeKind | null
  readonly source: string | null
  readonly gold: boolean | null
  /** Only evaluations of runs: verdicts and scores. */
  readonly evaluations: boolean
  readonly from: Date | null
  readonly to: Date | null
}

interface JudgmentRow {
  readonly judgment_id: string
  readonly type: JudgmentType
  readonly subject_kind: QaSubject['kind']
  readonly subject_id: string | null
  readonly execution_id: string | null
  readonly action_id: string | null
  readonly metric: string
  readonly score: number | null
  readonly score_min: number | null
  readonly score_max: number | null
  readonly pass_from: number | null
  readonly confidence: number | null
  readonly answer_order: Judgment['order']
  readonly label: string | null
  readonly explanation: string | null
  readonly judge: string
  readonly judge_kind: JudgeKind
  readonly details: JudgmentDetails | null
  readonly gold: boolean
  readonly synthetic: boolean
  readonly source: string
  readonly correlation_id: string
  readonly observed_at: Date
  readonly recorded_at: Date
}

const columns = sql.raw(`q.judgment_id, q.type, q.subject_kind, q.subject_id, q.execution_id,
  encode(q.action_id, 'hex') as action_id, q.metric, q.score, q.score_min, q.score_max, q.pass_from, q.confidence,
  q.answer_order, q.label, q.explanation, q.judge, q.judge_kind, q.details, q.gold, q.synthetic, q.source,
  q.correlation_id, q.observed_at, q.recorded_at`)

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
  if (filter.subject !== null) conditions.push(...subjectConditions(filter.subject))
  if (filter.type !== null) conditions.push(sql`q.type = ${filter.type}`)
  if (filter.verdict !== null) conditions.push(sql`q.type = ${filter.verdict}`)
  if (filter.judge !== null) conditions.push(sql`q.judge = ${filter.judge}`)
  if (filter.judgeKind !== null) conditions.push(sql`q.judge_kind = ${filter.judgeKind}`)
  if (filter.source !== null) conditions.push(sql`q.source = ${filter.source}`)
  if (filter.gold !== null) conditions.push(sql`q.gold = ${filter.gold}`)
  if (filter.evaluations)
    conditions.push(sql`q.execution_id is not null and q.type in ('qa_success', 'qa_failure', 'score')`)
  if (filter.from !== null) conditions.push(sql`q.observed_at >= ${filter.from}`)
  if (filter.to !== null) conditions.push(sql`q.observed_at < ${filter.to}`)
  const { rows } = await sql<JudgmentRow>`
    select ${columns} from qa_events q where ${sql.join(conditions, sql` and `)}
    order by q.judgment_id desc limit ${limit}`.execute(tx.tables())
  return rows.map(judgmentOf)
}

function subjectConditions({ kind, id }: NonNullable<JudgmentFilter['subject']>) {
  const ofKind = sql`q.subject_kind = ${kind}`
  if (id === null) return [ofKind]
  if (kind === 'execution') return [ofKind, sql`q.execution_id = ${id}::uuid`]
  const action = kind === 'action' ? actionOf(id) : null
  if (action === null) return [ofKind, sql`q.subject_id = ${id}`]
  return [
    ofKind,
    sql`q.execution_id = ${action.executionId}::uuid`,
    sql`q.action_id = decode(${action.actionId}, 'hex')`,
  ]
}

/** Verdicts about runs recorded in a range, oldest first; of one metric or of any (null). Experiments do not count. */
export const readVerdicts: ReadVerdicts = async (tx, { metric, from, until }) => {
  const { rows } = await sql<{ execution_id: string; recorded_at: Date; is_success: boolean }>`
    select execution_id, recorded_at, type = 'qa_success' as is_success from qa_events
    where organization_id = ${tx.organizationId}::uuid and type in ('qa_success', 'qa_failure')
      and execution_id is not null and not synthetic
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
    select execution_id, judge, judge_kind, metric,
      case when type in ('qa_success', 'qa_failure') then type = 'qa_success' end as is_success, score from (
      select n.*, row_number() over (partition by judge, metric order by judgment_id desc) as place from (
        select judgment_id, execution_id, judge, judge_kind, metric, type, score from qa_events
        where organization_id = ${tx.organizationId}::uuid and execution_id is not null and not synthetic
          and type in ('qa_success', 'qa_failure', 'score')
        order by judgment_id desc limit ${newestMax}
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
  const executionId = row.execution_id?.replaceAll('-', '') ?? null
  return {
    judgmentId: row.judgment_id,
    type: row.type,
    subject: subjectOf(row.subject_kind, row.subject_id, executionId, row.action_id),
    executionId,
    actionId: row.action_id,
    metric: row.metric,
    verdict: row.type === 'qa_success' || row.type === 'qa_failure' ? row.type : null,
    score: row.score,
    scale:
      row.score_min === null || row.score_max === null
        ? null
        : { min: row.score_min, max: row.score_max, passFrom: row.pass_from },
    confidence: row.confidence,
    order: row.answer_order,
    label: row.label,
    explanation: row.explanation,
    judge: row.judge,
    judgeKind: row.judge_kind,
    details: row.details,
    gold: row.gold,
    synthetic: row.synthetic,
    source: row.source,
    correlationId: row.correlation_id,
    observedAt: row.observed_at.toISOString(),
    recordedAt: row.recorded_at.toISOString(),
  }
}

/** What a row is about: executions and actions stand in columns of their own. */
function subjectOf(
  kind: QaSubject['kind'],
  id: string | null,
  executionId: string | null,
  actionId: string | null,
): QaSubject {
  if (executionId !== null) return subjectOfRun(executionId, actionId)
  assertInvariant(id !== null, 'a judgment of no run names its subject')
  return { kind, id }
}
