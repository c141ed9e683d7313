import type { Sealed } from '@metaagent/contract'
import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

export interface StoredHold {
  readonly holdId: string
  readonly kind: 'subject' | 'agent' | 'period'
  readonly subjectId: string | null
  readonly subjectSealed: Sealed | null
  readonly subjectMac: Uint8Array | null
  readonly agentId: string | null
  readonly from: Instant | null
  readonly to: Instant | null
  readonly reason: string
  readonly placedBy: string
  readonly placedAt: Instant
  readonly heldExecutions: number
  readonly liftedBy: string | null
  readonly liftedAt: Instant | null
  readonly liftReason: string | null
  readonly liftApprovalId: string | null
}

interface Columns {
  readonly hold_id: string
  readonly kind: StoredHold['kind']
  readonly subject_id: string | null
  readonly subject_sealed: Sealed | null
  readonly subject_mac: Uint8Array | null
  readonly agent_id: string | null
  readonly held_from: Date | null
  readonly held_to: Date | null
  readonly reason: string
  readonly placed_by: string
  readonly placed_at: Date
  readonly held: number
  readonly lifted_by: string | null
  readonly lifted_at: Date | null
  readonly lift_reason: string | null
  readonly lift_approval_id: string | null
}

const at = (date: Date | null) => (date === null ? null : instantFromEpochMs(date.getTime()))

function toStored(row: Columns): StoredHold {
  return {
    holdId: row.hold_id,
    kind: row.kind,
    subjectId: row.subject_id,
    subjectSealed: row.subject_sealed,
    subjectMac: row.subject_mac,
    agentId: row.agent_id,
    from: at(row.held_from),
    to: at(row.held_to),
    reason: row.reason,
    placedBy: row.placed_by,
    placedAt: instantFromEpochMs(row.placed_at.getTime()),
    heldExecutions: row.held,
    liftedBy: row.lifted_by,
    liftedAt: at(row.lifted_at),
    liftReason: row.lift_reason,
    liftApprovalId: row.lift_approval_id,
  }
}

const columns = sql.raw(`h.hold_id, h.kind, h.subject_id, h.subject_sealed, h.subject_mac, h.agent_id, h.held_from,
  h.held_to, h.reason, h.placed_by, h.placed_at, h.lifted_by, h.lifted_at, h.lift_reason, h.lift_approval_id,
  (select count(distinct x.execution_id)::int from privacy_deletion_executions x
   where x.organization_id = h.organization_id and x.held_by = h.hold_id) as held`)

/**
 * Whoever erases takes it shared, whoever places or lifts a hold exclusively, to the end of the transaction: once a hold is
 * placed, no erasure that did not see it is still on its way.
 */
export async function lockHolds(tx: Tx, mode: 'shared' | 'exclusive'): Promise<void> {
  const lock = sql.raw(mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock')
  await sql`select ${lock}(hashtext('metaagent_legal_holds'), hashtext(${tx.organizationId}))`.execute(tx.tables())
}

export async function insertHold(
  tx: Tx,
  hold: Omit<StoredHold, 'heldExecutions' | 'liftedBy' | 'liftedAt' | 'liftReason' | 'liftApprovalId'>,
): Promise<void> {
  const time = (instant: Instant | null) => (instant === null ? null : new Date(instant))
  await sql`
    insert into privacy_legal_holds (organization_id, hold_id, kind, subject_id, subject_sealed, subject_mac, agent_id,
      held_from, held_to, reason, placed_by, placed_at)
    values (${tx.organizationId}, ${hold.holdId}, ${hold.kind}, ${hold.subjectId},
      ${hold.subjectSealed === null ? null : JSON.stringify(hold.subjectSealed)}::jsonb, ${hold.subjectMac},
      ${hold.agentId}, ${time(hold.from)}, ${time(hold.to)}, ${hold.reason}, ${hold.placedBy},
      ${new Date(hold.placedAt)})`.execute(tx.tables())
}

export async function holdById(tx: Tx, holdId: string): Promise<StoredHold | null> {
  const { rows } = await sql<Columns>`
    select ${columns} from privacy_legal_holds h
    where h.organization_id = ${tx.organizationId} and h.hold_id = ${holdId}`.execute(tx.tables())
  return rows[0] === undefined ? null : toStored(rows[0])
}

/** The newest first. */
export async function listHolds(tx: Tx, limit: number): Promise<readonly StoredHold[]> {
  const { rows } = await sql<Columns>`
    select ${columns} from privacy_legal_holds h where h.organization_id = ${tx.organizationId}
    order by (h.lifted_at is null) desc, h.hold_id desc limit ${limit}`.execute(tx.tables())
  return rows.map(toStored)
}

/** Those that were not lifted. */
export async function activeHolds(tx: Tx): Promise<readonly StoredHold[]> {
  const { rows } = await sql<Columns>`
    select ${columns} from privacy_legal_holds h
    where h.organization_id = ${tx.organizationId} and h.lifted_at is null order by h.hold_id`.execute(tx.tables())
  return rows.map(toStored)
}

/** The hold of this very person; null: there is none. */
export async function holdOfSubject(tx: Tx, subjectMac: Uint8Array): Promise<string | null> {
  const { rows } = await sql<{ hold_id: string }>`
    select hold_id from privacy_legal_holds
    where organization_id = ${tx.organizationId} and lifted_at is null and subject_mac = ${subjectMac}
    limit 1`.execute(tx.tables())
  return rows[0]?.hold_id ?? null
}

/** Lifts a hold: what it kept may go, and it names nobody any more. */
export async function liftHold(
  tx: Tx,
  holdId: string,
  lifted: { readonly by: string; readonly at: Instant; readonly reason: string; readonly approvalId: string | null },
): Promise<void> {
  await sql`update privacy_legal_holds set lifted_by = ${lifted.by}, lifted_at = ${new Date(lifted.at)},
      lift_reason = ${lifted.reason}, lift_approval_id = ${lifted.approvalId}, subject_sealed = null
    where organization_id = ${tx.organizationId} and hold_id = ${holdId}`.execute(tx.tables())
  await sql`update privacy_deletion_executions set held_by = null
    where organization_id = ${tx.organizationId} and held_by = ${holdId}`.execute(tx.tables())
}
