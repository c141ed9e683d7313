import { CompiledQuery, sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { ChangedItem, ExemptionRow, GoldRow, ItemKey, VoteRow } from '../model/intake.ts'

// Sorted by key, so that two transactions with the same items wait for each other and cannot deadlock.
const upsertVotesSql = `insert into arbitration_votes as kept (organization_id, metric, subject_kind, subject_id, judge,
    presented, judge_kind, verdict, score, confidence, judgment_id, observed_at)
  select $1::uuid, r.metric, r."subjectKind", r."subjectId", r.judge, r.presented, r."judgeKind", r.verdict, r.score,
    r.confidence, r."judgmentId", r."observedAt"
  from json_to_recordset($2::json) as r(metric text, "subjectKind" text, "subjectId" text, judge text, presented text,
    "judgeKind" text, verdict text, score double precision, confidence double precision, "judgmentId" uuid,
    "observedAt" timestamptz)
  order by r.metric, r."subjectKind", r."subjectId", r.judge, r.presented
  on conflict (organization_id, metric, subject_kind, subject_id, judge, presented) do update set
    judge_kind = excluded.judge_kind, verdict = excluded.verdict, score = excluded.score,
    confidence = excluded.confidence, judgment_id = excluded.judgment_id, observed_at = excluded.observed_at
  where excluded.observed_at >= kept.observed_at and excluded.judgment_id <> kept.judgment_id
  returning metric, subject_kind as "subjectKind", subject_id as "subjectId"`

/** Keeps votes, the newer observation of a judge in place of the older; answers the items that changed by that. */
export async function upsertVotes(tx: Tx, votes: readonly VoteRow[]): Promise<readonly ItemKey[]> {
  if (votes.length === 0) return []
  const query = CompiledQuery.raw(upsertVotesSql, [tx.organizationId, JSON.stringify(votes)])
  return (await tx.tables().executeQuery<ItemKey>(query)).rows
}

const upsertItemsSql = `insert into arbitration_queue as kept (organization_id, metric, subject_kind, subject_id, judges,
    correlation_id, event_id, changed_at, due_at)
  select $1::uuid, c.metric, c."subjectKind", c."subjectId", v.judges, c."correlationId", c."eventId", $3::timestamptz,
    case when v.judges >= 2 then $3::timestamptz end
  from json_to_recordset($2::json) as c(metric text, "subjectKind" text, "subjectId" text, "correlationId" text,
    "eventId" uuid)
  cross join lateral (
    select count(distinct judge)::integer as judges from arbitration_votes v
    where v.organization_id = $1::uuid and v.metric = c.metric and v.subject_kind = c."subjectKind"
      and v.subject_id = c."subjectId" and v.verdict is not null) v
  order by c.metric, c."subjectKind", c."subjectId"
  on conflict (organization_id, metric, subject_kind, subject_id) do update set
    judges = excluded.judges, correlation_id = excluded.correlation_id, event_id = excluded.event_id,
    changed_at = excluded.changed_at,
    due_at = case when kept.exempt_until > excluded.changed_at then null else excluded.due_at end`

/** Puts items that changed into the queue; those of which two judges gave a verdict are due. */
export async function upsertItems(tx: Tx, items: readonly ChangedItem[], now: Instant): Promise<void> {
  if (items.length === 0) return
  await tx
    .tables()
    .executeQuery(CompiledQuery.raw(upsertItemsSql, [tx.organizationId, JSON.stringify(items), new Date(now)]))
}

// The answer to an audit stands for 1/probability items; a label that nobody was asked for stands for itself.
const upsertGoldSql = `insert into arbitration_queue as kept (organization_id, metric, subject_kind, subject_id, judges, gold,
    gold_at, gold_observed_at, gold_weight, correlation_id, event_id, changed_at)
  select $1::uuid, g.metric, g."subjectKind", g."subjectId", 0, g.gold, case when g.gold is null then null else $3::timestamptz end,
    g."observedAt", case when g."byPerson" then coalesce(1 / a.probability, 1) else 1 end, g."correlationId", g."eventId", $3::timestamptz
  from json_to_recordset($2::json) as g(metric text, "subjectKind" text, "subjectId" text, gold text,
    "byPerson" boolean, "observedAt" timestamptz, "correlationId" text, "eventId" uuid)
  left join arbitration_audits a on a.organization_id = $1::uuid and a.metric = g.metric
    and a.subject_kind = g."subjectKind" and a.subject_id = g."subjectId" and a.state <> 'skipped'
    and a.closed_by <> 'system:arbitration'
  order by g.metric, g."subjectKind", g."subjectId"
  on conflict (organization_id, metric, subject_kind, subject_id) do update set
    gold = excluded.gold, gold_at = excluded.gold_at, gold_observed_at = excluded.gold_observed_at,
    correlation_id = excluded.correlation_id, event_id = excluded.event_id, changed_at = excluded.changed_at,
    gold_weight = excluded.gold_weight,
    due_at = case when kept.judges >= 2 and (kept.exempt_until > excluded.changed_at) is not true
      then excluded.changed_at end
  where kept.gold_observed_at is null or excluded.gold_observed_at >= kept.gold_observed_at
  returning metric, subject_kind as "subjectKind", subject_id as "subjectId"`

/** Keeps what is right of items, the newer label in place of the older; answers the items whose truth changed. */
export async function upsertGold(tx: Tx, golds: readonly GoldRow[], now: Instant): Promise<readonly ItemKey[]> {
  if (golds.length === 0) return []
  const query = CompiledQuery.raw(upsertGoldSql, [tx.organizationId, JSON.stringify(golds), new Date(now)])
  return (await tx.tables().executeQuery<ItemKey>(query)).rows
}

const upsertExemptionsSql = `insert into arbitration_queue as kept (organization_id, metric, subject_kind, subject_id, judges,
    exempt_until, correlation_id, event_id, changed_at)
  select $1::uuid, x.metric, x."subjectKind", x."subjectId", 0, coalesce(x."expiresAt", 'infinity'), x."correlationId",
    x."eventId", $3::timestamptz
  from json_to_recordset($2::json) as x(metric text, "subjectKind" text, "subjectId" text, "expiresAt" timestamptz,
    "correlationId" text, "eventId" uuid)
  order by x.metric, x."subjectKind", x."subjectId"
  on conflict (organization_id, metric, subject_kind, subject_id) do update set
    exempt_until = excluded.exempt_until, due_at = case when excluded.exempt_until > $3::timestamptz then null else kept.due_at end`

/** Items of which somebody said that the metric does not count: they are not decided until it does again. */
export async function upsertExemptions(tx: Tx, exemptions: readonly ExemptionRow[], now: Instant): Promise<void> {
  if (exemptions.length === 0) return
  await tx
    .tables()
    .executeQuery(
      CompiledQuery.raw(upsertExemptionsSql, [tx.organizationId, JSON.stringify(exemptions), new Date(now)]),
    )
}

/** Makes metrics known. */
export async function insertMetrics(tx: Tx, metrics: readonly string[]): Promise<void> {
  await sql`insert into arbitration_metrics (organization_id, metric)
    select ${tx.organizationId}::uuid, m from unnest(${metrics}::text[]) m order by m on conflict do nothing`.execute(
    tx.tables(),
  )
}

export interface DueRow extends ItemKey {
  readonly gold: 'pass' | 'fail' | null
  readonly correlationId: string
  readonly eventId: string
  readonly arbitrationId: string | null
}

/** Items that are to be decided, oldest first; what another process decides is passed over. */
export async function lockDueItems(tx: Tx, limit: number): Promise<readonly DueRow[]> {
  const { rows } = await sql<DueRow>`
    select metric, subject_kind as "subjectKind", subject_id as "subjectId", gold, correlation_id as "correlationId",
      event_id as "eventId", arbitration_id as "arbitrationId"
    from arbitration_queue where organization_id = ${tx.organizationId}::uuid and due_at is not null
    order by due_at limit ${limit} for update skip locked`.execute(tx.tables())
  return rows
}

/** The votes on some items, by judge. */
export async function votesOn(tx: Tx, items: readonly ItemKey[]): Promise<readonly VoteRow[]> {
  const { rows } = await sql<Omit<VoteRow, 'observedAt'> & { readonly observedAt: Date }>`
    select v.metric, v.subject_kind as "subjectKind", v.subject_id as "subjectId", v.judge, v.presented,
      v.judge_kind as "judgeKind", v.verdict, v.score, v.confidence, v.judgment_id as "judgmentId",
      v.observed_at as "observedAt"
    from unnest(${items.map(({ metric }) => metric)}::text[], ${items.map((item) => item.subjectKind)}::text[],
      ${items.map((item) => item.subjectId)}::text[]) as k(metric, subject_kind, subject_id)
    join arbitration_votes v on v.organization_id = ${tx.organizationId}::uuid and v.metric = k.metric
      and v.subject_kind = k.subject_kind and v.subject_id = k.subject_id
    order by v.judge collate "C", v.presented`.execute(tx.tables())
  return rows.map((row) => ({ ...row, observedAt: row.observedAt.toISOString() }))
}

export interface WindowItem extends ItemKey {
  readonly gold: 'pass' | 'fail' | null
  readonly goldWeight: number
}

/** The newest items of a metric, with the newest whose truth is known among them however old these are. */
export async function windowOf(
  tx: Tx,
  metric: string,
  limits: { readonly items: number; readonly audited: number },
): Promise<readonly WindowItem[]> {
  const { rows } = await sql<WindowItem>`
    select metric, subject_kind as "subjectKind", subject_id as "subjectId", gold, gold_weight as "goldWeight" from (
      (select q.* from arbitration_queue q where q.organization_id = ${tx.organizationId}::uuid and q.metric = ${metric}
        and q.gold is not null order by q.gold_at desc limit ${limits.audited})
      union
      (select q.* from arbitration_queue q where q.organization_id = ${tx.organizationId}::uuid and q.metric = ${metric}
        order by q.changed_at desc limit ${limits.items})
    ) w where judges >= 1`.execute(tx.tables())
  return rows
}

/** The latest escalations of a metric are to be decided again: what is known of its judges changed. */
export async function markEscalationsDue(tx: Tx, metric: string, now: Instant, limit: number): Promise<void> {
  await sql`
    update arbitration_queue q set due_at = ${new Date(now)} from (
      select metric, subject_kind, subject_id from arbitration_queue
      where organization_id = ${tx.organizationId}::uuid and metric = ${metric} and outcome = 'escalated'
      order by changed_at desc limit ${limit}) o
    where q.organization_id = ${tx.organizationId}::uuid and q.metric = o.metric and q.subject_kind = o.subject_kind
      and q.subject_id = o.subject_id`.execute(tx.tables())
}

/** How many items wait for a decision. */
export async function countDue(tx: Tx): Promise<number> {
  const { rows } = await sql<{ due: number }>`select count(*)::integer as due from arbitration_queue
    where organization_id = ${tx.organizationId}::uuid and due_at is not null`.execute(tx.tables())
  return rows[0]?.due ?? 0
}
