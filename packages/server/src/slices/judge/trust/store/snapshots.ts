import { sql } from 'kysely'
import { type Instant, toIso } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { stateOfJournal, type TrustEntry, type TrustState } from '../model/evidence.ts'
import { type BenchRow, benchColumns, benchOf } from './known.ts'
import type { EntryRow } from './reading.ts'

/** The state after an entry, as its JSON text with the digest of that text, hex. */
export interface Snapshot {
  readonly seq: number
  readonly state: string
  readonly sha256: string
}

/** The state as observing has left it after an entry; 0 before the first. */
export interface StoredState {
  readonly seq: number
  readonly state: TrustState
}

/** The newest snapshots first. */
export async function snapshots(tx: Tx, limit: number): Promise<readonly Snapshot[]> {
  const { rows } = await sql<Snapshot>`
    select seq, state, encode(state_sha256, 'hex') as sha256 from trust_snapshots
    where organization_id = ${tx.organizationId}::uuid order by seq desc limit ${limit}`.execute(tx.tables())
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }))
}

/** Entries behind a place, up to another, oldest first. */
export async function entriesAfter(
  tx: Tx,
  after: number,
  through: number,
  limit: number,
): Promise<readonly { readonly seq: number; readonly entry: TrustEntry }[]> {
  const { rows } = await sql<
    Pick<EntryRow, 'seq' | 'judge' | 'metric' | 'said' | 'gold' | 'was' | 'weight' | 'half_life_verdicts'>
  >`
    select seq, judge, metric, said, gold, was, weight, half_life_verdicts from trust_journal
    where organization_id = ${tx.organizationId}::uuid and seq > ${after}::int8 and seq <= ${through}::int8
    order by seq limit ${limit}`.execute(tx.tables())
  return rows.map(({ seq, judge, metric, said, gold, was, weight, half_life_verdicts: halfLifeVerdicts }) => ({
    seq: Number(seq),
    entry:
      halfLifeVerdicts !== null && gold !== null
        ? { judge, metric, said, gold, halfLifeVerdicts }
        : { judge, metric, said, was, gold, weight },
  }))
}

/**
 * The state that observing has led to, with the entry after which it was so: both of one moment, so that more may come in
 * meanwhile.
 */
export async function storedState(tx: Tx): Promise<StoredState> {
  const { rows } = await sql<BenchRow>`
    select ${benchColumns} from trust_evidence
    where organization_id = ${tx.organizationId}::uuid and seq is not null`.execute(tx.tables())
  const benches = rows.map(benchOf)
  const evidence = benches.flatMap((bench) => bench.evidence ?? [])
  // Replay of nothing, for its order, which no collation of a database promises.
  return { seq: Math.max(0, ...benches.map(({ seq }) => seq ?? 0)), state: stateOfJournal([], { evidence }) }
}

export async function insertSnapshot(tx: Tx, { seq, state, sha256 }: Snapshot, at: Instant): Promise<void> {
  await sql`
    insert into trust_snapshots (organization_id, seq, state, state_sha256, made_at)
    values (${tx.organizationId}::uuid, ${seq}::int8, ${state}, decode(${sha256}, 'hex'), ${toIso(at)}::timestamptz)
    `.execute(tx.tables())
}

/** Leaves the newest so many. */
export async function dropSnapshots(tx: Tx, kept: number): Promise<void> {
  await sql`
    delete from trust_snapshots where organization_id = ${tx.organizationId}::uuid and seq not in (
      select seq from trust_snapshots where organization_id = ${tx.organizationId}::uuid order by seq desc limit ${kept})
    `.execute(tx.tables())
}

/** The end of the next entries that may go: recorded before a time and not behind a place; null where none may. */
export async function retirableThrough(
  tx: Tx,
  through: number,
  before: Instant,
  limit: number,
): Promise<number | null> {
  const { rows } = await sql<{ seq: number | null }>`
    select max(seq) as seq from (
      select seq, recorded_at from trust_journal
      where organization_id = ${tx.organizationId}::uuid and seq <= ${through}::int8 order by seq limit ${limit}
    ) first where recorded_at < ${toIso(before)}::timestamptz`.execute(tx.tables())
  const seq = rows[0]?.seq ?? null
  return seq === null ? null : Number(seq)
}

/** Lets go of entries that a kept snapshot stands for and records it; answers how many. */
export async function retireEntries(tx: Tx, through: number, at: Instant): Promise<number> {
  const { rows } = await sql<{ retired: number }>`
    select metaagent_retire_trust_journal(${through}::int8, ${toIso(at)}::timestamptz) as retired`.execute(tx.tables())
  return Number(rows[0]?.retired ?? 0)
}
