import type { Audit } from '@metaagent/contract'
import { CompiledQuery, sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { ItemKey } from '../model/intake.ts'

export interface NewAudit extends ItemKey {
  readonly auditId: string
  readonly kind: Audit['kind']
  readonly probability: number
  readonly arbitrationId: string
}

// What is in the queue stays as it was drawn, but for an escalation, about which everybody is asked.
const queueSql = `insert into arbitration_audits as kept (organization_id, audit_id, metric, subject_kind, subject_id, kind,
    probability, state, arbitration_id, queued_at)
  select $1::uuid, r."auditId", r.metric, r."subjectKind", r."subjectId", r.kind, r.probability, 'open',
    r."arbitrationId", $3::timestamptz
  from json_to_recordset($2::json) as r("auditId" uuid, metric text, "subjectKind" text, "subjectId" text, kind text,
    probability double precision, "arbitrationId" uuid)
  order by r.metric, r."subjectKind", r."subjectId"
  on conflict (organization_id, metric, subject_kind, subject_id) do update set
    kind = case when excluded.kind = 'escalation' then 'escalation' else kept.kind end,
    probability = case when excluded.kind = 'escalation' then 1 else kept.probability end,
    arbitration_id = excluded.arbitration_id
  where kept.state = 'open'`

/** Puts items into the queue of humans, once each. */
export async function queueAudits(tx: Tx, audits: readonly NewAudit[], now: Instant): Promise<void> {
  if (audits.length === 0) return
  await tx
    .tables()
    .executeQuery(CompiledQuery.raw(queueSql, [tx.organizationId, JSON.stringify(audits), new Date(now)]))
}

const withdrawSql = `update arbitration_audits a set state = 'skipped', closed_at = $3::timestamptz,
    closed_by = 'system:arbitration'
  from json_to_recordset($2::json) as r(metric text, "subjectKind" text, "subjectId" text)
  where a.organization_id = $1::uuid and a.metric = r.metric and a.subject_kind = r."subjectKind"
    and a.subject_id = r."subjectId" and a.state = 'open' and a.kind = 'escalation'`

/** Escalations that further votes or a better fit settled: nobody has to be asked any more. */
export async function withdrawEscalations(tx: Tx, items: readonly ItemKey[], now: Instant): Promise<void> {
  if (items.length === 0) return
  await tx
    .tables()
    .executeQuery(CompiledQuery.raw(withdrawSql, [tx.organizationId, JSON.stringify(items), new Date(now)]))
}

const closeByGoldSql = `update arbitration_audits a set state = 'labelled', verdict = r.gold, closed_at = $3::timestamptz,
    closed_by = coalesce(a.closed_by, 'system:arbitration')
  from json_to_recordset($2::json) as r(metric text, "subjectKind" text, "subjectId" text, gold text)
  where a.organization_id = $1::uuid and a.metric = r.metric and a.subject_kind = r."subjectKind"
    and a.subject_id = r."subjectId" and a.state = 'open' and r.gold is not null`

/** Items whose truth became known, by whichever way, need no label. */
export async function closeLabelled(
  tx: Tx,
  golds: readonly (ItemKey & { readonly gold: 'pass' | 'fail' | null })[],
  now: Instant,
): Promise<void> {
  if (golds.length === 0) return
  await tx
    .tables()
    .executeQuery(CompiledQuery.raw(closeByGoldSql, [tx.organizationId, JSON.stringify(golds), new Date(now)]))
}

export interface StoredAudit extends ItemKey {
  readonly auditId: string
  readonly kind: Audit['kind']
  readonly state: Audit['state']
  readonly probability: number
  readonly arbitrationId: string
  readonly verdict: Audit['verdict']
  readonly queuedAt: Date
  readonly closedAt: Date | null
  readonly closedBy: string | null
}

const columns = sql.raw(`audit_id as "auditId", metric, subject_kind as "subjectKind", subject_id as "subjectId", kind,
  state, probability, arbitration_id as "arbitrationId", verdict, queued_at as "queuedAt", closed_at as "closedAt",
  closed_by as "closedBy"`)

/** Oldest first, from behind `after` on: who waits longest is asked about first. */
export async function selectAudits(
  tx: Tx,
  filter: { readonly kind: string | null; readonly state: string; readonly metric: string | null },
  after: string | null,
  limit: number,
): Promise<readonly StoredAudit[]> {
  const conditions = [sql`organization_id = ${tx.organizationId}::uuid`, sql`state = ${filter.state}`]
  if (after !== null) conditions.push(sql`audit_id > ${after}::uuid`)
  if (filter.kind !== null) conditions.push(sql`kind = ${filter.kind}`)
  if (filter.metric !== null) conditions.push(sql`metric = ${filter.metric}`)
  const { rows } = await sql<StoredAudit>`
    select ${columns} from arbitration_audits where ${sql.join(conditions, sql` and `)}
    order by audit_id limit ${limit}`.execute(tx.tables())
  return rows
}

export async function auditOfItem(tx: Tx, item: ItemKey): Promise<StoredAudit | null> {
  const { rows } = await sql<StoredAudit>`
    select ${columns} from arbitration_audits where organization_id = ${tx.organizationId}::uuid
      and metric = ${item.metric} and subject_kind = ${item.subjectKind} and subject_id = ${item.subjectId}`.execute(
    tx.tables(),
  )
  return rows[0] ?? null
}

/** Locks it to the end of the transaction. */
export async function lockAudit(tx: Tx, auditId: string): Promise<StoredAudit | null> {
  const { rows } = await sql<StoredAudit>`
    select ${columns} from arbitration_audits where organization_id = ${tx.organizationId}::uuid
      and audit_id = ${auditId}::uuid for update`.execute(tx.tables())
  return rows[0] ?? null
}

/** Somebody answers it: their label, which comes by another way, counts as drawn. */
export async function takeAudit(tx: Tx, auditId: string, by: string): Promise<void> {
  await sql`update arbitration_audits set closed_by = ${by}
    where organization_id = ${tx.organizationId}::uuid and audit_id = ${auditId}::uuid`.execute(tx.tables())
}

export async function closeAudit(
  tx: Tx,
  auditId: string,
  closed: {
    readonly state: 'labelled' | 'skipped'
    readonly verdict: 'pass' | 'fail' | null
    readonly closedBy: string
    readonly closedAt: Instant
  },
): Promise<void> {
  await sql`update arbitration_audits set state = ${closed.state}, verdict = ${closed.verdict},
      closed_by = ${closed.closedBy}, closed_at = ${new Date(closed.closedAt)}
    where organization_id = ${tx.organizationId}::uuid and audit_id = ${auditId}::uuid`.execute(tx.tables())
}

/** How many are asked about, by metric. */
export async function openAudits(tx: Tx): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ metric: string; open: number }>`
    select metric, count(*)::integer as open from arbitration_audits
    where organization_id = ${tx.organizationId}::uuid and state = 'open' group by metric`.execute(tx.tables())
  return new Map(rows.map(({ metric, open }) => [metric, open]))
}
