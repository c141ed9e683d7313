import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { Position } from '../../journal/index.ts'

export interface SequencerState {
  /** Name of the deployment under which its logs were begun. */
  readonly origin: string
  readonly position: Position
}

interface StateRow {
  readonly origin: string
  readonly xid: string
  readonly event_id: string
}

/** Where the sequencer stands; null before the first run. */
export async function readSequencer(tx: Tx): Promise<SequencerState | null> {
  const { rows } = await sql<StateRow>`select origin, xid, event_id from ledger_sequencer`.execute(tx.tables())
  return stateOf(rows[0])
}

function stateOf(row: StateRow | undefined): SequencerState | null {
  return row === undefined ? null : { origin: row.origin, position: { xid: BigInt(row.xid), eventId: row.event_id } }
}

/** Makes the one row where it is missing, then locks it: one sequencer at a time. Deployment scope. */
export async function lockSequencer(tx: Tx, initial: SequencerState): Promise<SequencerState> {
  await sql`
    insert into ledger_sequencer (origin, xid, event_id)
    values (${initial.origin}, ${String(initial.position.xid)}::xid8, ${initial.position.eventId})
    on conflict do nothing`.execute(tx.tables())
  const { rows } = await sql<StateRow>`
    select origin, xid, event_id from ledger_sequencer for update`.execute(tx.tables())
  return stateOf(rows[0]) ?? initial
}

export async function moveSequencer(tx: Tx, position: Position): Promise<void> {
  await sql`update ledger_sequencer set xid = ${String(position.xid)}::xid8, event_id = ${position.eventId}::uuid`.execute(
    tx.tables(),
  )
}

export interface Halt {
  readonly organizationId: string
  readonly reason: string
  /** The organization's events behind this place wait. */
  readonly position: Position
}

interface HaltRow {
  readonly organization_id: string
  readonly xid: string
  readonly event_id: string
  readonly reason: string
}

function haltOf(row: HaltRow): Halt {
  const position = { xid: BigInt(row.xid), eventId: row.event_id }
  return { organizationId: row.organization_id, reason: row.reason, position }
}

/** Every log that was halted. Deployment scope. */
export async function listHalts(tx: Tx): Promise<readonly Halt[]> {
  const { rows } = await sql<HaltRow>`select organization_id, xid, event_id, reason from ledger_halts`.execute(
    tx.tables(),
  )
  return rows.map(haltOf)
}

export async function ownHalt(tx: Tx): Promise<Halt | null> {
  const { rows } = await sql<HaltRow>`
    select organization_id, xid, event_id, reason from ledger_halts
    where organization_id = ${tx.organizationId}`.execute(tx.tables())
  return rows[0] === undefined ? null : haltOf(rows[0])
}

export async function insertHalt(tx: Tx, reason: string, position: Position, now: Instant): Promise<void> {
  await sql`
    insert into ledger_halts (organization_id, xid, event_id, reason, halted_at)
    values (${tx.organizationId}, ${String(position.xid)}::xid8, ${position.eventId}, ${reason}, ${new Date(now)})`.execute(
    tx.tables(),
  )
}

export async function deleteHalt(tx: Tx): Promise<void> {
  await sql`delete from ledger_halts where organization_id = ${tx.organizationId}`.execute(tx.tables())
}
