import type { Arbitration, ArbitrationVote, Because } from '@metaagent/contract'
import { CompiledQuery, sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { ItemKey } from '../model/intake.ts'

/** A verdict as it is kept. */
export interface ArbitrationRow extends ItemKey {
  readonly arbitrationId: string
  readonly outcome: Arbitration['outcome']
  readonly winner: Arbitration['winner']
  readonly probability: number
  readonly gap: number
  readonly gapMin: number
  readonly policy: Arbitration['policy']
  readonly fitVersion: number | null
  readonly rulesVersion: number
  readonly dissent: readonly string[]
  readonly votes: readonly ArbitrationVote[]
  readonly because: Because
  readonly policyBecause: Because
  readonly supersedes: string | null
  readonly correlationId: string
  readonly causationId: string
  readonly eventId: string
}

const insertSql = `insert into arbitrations (organization_id, arbitration_id, metric, subject_kind, subject_id, outcome,
    winner, probability, gap, gap_min, policy, fit_version, rules_version, dissent, votes, because, policy_because,
    supersedes, correlation_id, causation_id, event_id, decided_at)
  select $1::uuid, r."arbitrationId", r.metric, r."subjectKind", r."subjectId", r.outcome, r.winner, r.probability, r.gap,
    r."gapMin", r.policy, r."fitVersion", r."rulesVersion", r.dissent, r.votes, r.because, r."policyBecause",
    r.supersedes, r."correlationId", r."causationId", r."eventId", $3::timestamptz
  from json_to_recordset($2::json) as r("arbitrationId" uuid, metric text, "subjectKind" text, "subjectId" text,
    outcome text, winner text, probability double precision, gap double precision, "gapMin" double precision, policy text,
    "fitVersion" integer, "rulesVersion" integer, dissent text[], votes jsonb, because jsonb, "policyBecause" jsonb,
    supersedes uuid, "correlationId" text, "causationId" uuid, "eventId" uuid)`

const settleSql = `update arbitration_queue q set due_at = null, arbitration_id = r."arbitrationId", outcome = r.outcome
  from json_to_recordset($2::json) as r("arbitrationId" uuid, metric text, "subjectKind" text, "subjectId" text, outcome text)
  where q.organization_id = $1::uuid and q.metric = r.metric and q.subject_kind = r."subjectKind"
    and q.subject_id = r."subjectId"`

/** Keeps verdicts and makes them the ones that stand. */
export async function insertArbitrations(tx: Tx, rows: readonly ArbitrationRow[], decidedAt: Instant): Promise<void> {
  const json = JSON.stringify(rows)
  const tables = tx.tables()
  await tables.executeQuery(CompiledQuery.raw(insertSql, [tx.organizationId, json, new Date(decidedAt)]))
  const settled = rows.map(({ arbitrationId, metric, subjectKind, subjectId, outcome }) => {
    return { arbitrationId, metric, subjectKind, subjectId, outcome }
  })
  await tables.executeQuery(CompiledQuery.raw(settleSql, [tx.organizationId, JSON.stringify(settled)]))
}

export type StoredArbitration = ArbitrationRow & { readonly isCurrent: boolean; readonly decidedAt: Date }

const columns = sql.raw(`a.arbitration_id as "arbitrationId", a.metric, a.subject_kind as "subjectKind",
  a.subject_id as "subjectId", a.outcome, a.winner, a.probability, a.gap, a.gap_min as "gapMin", a.policy,
  a.fit_version as "fitVersion", a.rules_version as "rulesVersion", a.dissent, a.votes, a.because,
  a.policy_because as "policyBecause", a.supersedes, a.correlation_id as "correlationId",
  a.causation_id as "causationId", a.event_id as "eventId", a.decided_at as "decidedAt"`)
const isCurrent = sql.raw(`exists (select from arbitration_queue q
  where q.organization_id = a.organization_id and q.arbitration_id = a.arbitration_id)`)

/** Which verdicts a list shows; null means all. */
export interface ArbitrationFilter {
  readonly metric: string | null
  readonly winner: string | null
  readonly outcome: string | null
  readonly policy: string | null
  readonly dissenting: string | null
  readonly subject: { readonly kind: string; readonly id: string } | null
  readonly superseded: boolean
}

/** Newest first, from behind `before` on. Ids are made in the order of time. */
export async function selectArbitrations(
  tx: Tx,
  filter: ArbitrationFilter,
  before: string | null,
  limit: number,
): Promise<readonly StoredArbitration[]> {
  const conditions = [sql`a.organization_id = ${tx.organizationId}::uuid`]
  if (before !== null) conditions.push(sql`a.arbitration_id < ${before}::uuid`)
  if (filter.metric !== null) conditions.push(sql`a.metric = ${filter.metric}`)
  if (filter.winner !== null) conditions.push(sql`a.winner = ${filter.winner}`)
  if (filter.outcome !== null) conditions.push(sql`a.outcome = ${filter.outcome}`)
  if (filter.policy !== null) conditions.push(sql`a.policy = ${filter.policy}`)
  if (filter.dissenting !== null) conditions.push(sql`${filter.dissenting}::text = any(a.dissent)`)
  if (filter.subject !== null)
    conditions.push(sql`a.subject_kind = ${filter.subject.kind} and a.subject_id = ${filter.subject.id}`)
  if (!filter.superseded) conditions.push(sql`${isCurrent}`)
  const { rows } = await sql<StoredArbitration>`
    select ${columns}, ${isCurrent} as "isCurrent" from arbitrations a where ${sql.join(conditions, sql` and `)}
    order by a.arbitration_id desc limit ${limit}`.execute(tx.tables())
  return rows
}

export async function selectArbitration(tx: Tx, arbitrationId: string): Promise<StoredArbitration | null> {
  const { rows } = await sql<StoredArbitration>`
    select ${columns}, ${isCurrent} as "isCurrent" from arbitrations a
    where a.organization_id = ${tx.organizationId}::uuid and a.arbitration_id = ${arbitrationId}::uuid`.execute(
    tx.tables(),
  )
  return rows[0] ?? null
}

/** All verdicts on one subject and metric, newest first. */
export async function historyOf(tx: Tx, item: ItemKey, limit: number): Promise<readonly StoredArbitration[]> {
  const { rows } = await sql<StoredArbitration>`
    select ${columns}, ${isCurrent} as "isCurrent" from arbitrations a
    where a.organization_id = ${tx.organizationId}::uuid and a.metric = ${item.metric}
      and a.subject_kind = ${item.subjectKind} and a.subject_id = ${item.subjectId}
    order by a.arbitration_id desc limit ${limit}`.execute(tx.tables())
  return rows
}

/** The latest verdicts that stand and that votes decided: a truth that is known is no matter of rules. */
export async function latestDecided(tx: Tx, limit: number): Promise<readonly StoredArbitration[]> {
  const { rows } = await sql<StoredArbitration>`
    select ${columns}, true as "isCurrent" from arbitrations a
    where a.organization_id = ${tx.organizationId}::uuid and a.outcome <> 'labelled' and ${isCurrent}
    order by a.arbitration_id desc limit ${limit}`.execute(tx.tables())
  return rows
}
