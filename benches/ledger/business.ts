import { sql } from 'kysely'
import type { Migration } from '../../packages/server/src/adapters/schema/migrate.ts'
import type { Deps } from '../../packages/server/src/ports/slice.ts'
import type { Store, Tx } from '../../packages/server/src/ports/store.ts'
import { append } from '../../packages/server/src/slices/govern/journal/index.ts'

const accounts = 10_000
const lookMs = 20

/** Tables of a business that moves amounts between accounts and writes down each move. */
export const businessTables: Migration = {
  slice: 'bench',
  file: 'schema.sql',
  sql: `create table bench_accounts (
      organization_id uuid not null,
      account integer not null,
      balance bigint not null default 0,
      primary key (organization_id, account)
    );
    select metaagent_tenant_table('bench_accounts');
    create table bench_moves (
      organization_id uuid not null,
      move_id uuid not null,
      moved_at timestamptz not null,
      from_account integer not null,
      to_account integer not null,
      amount bigint not null,
      primary key (organization_id, move_id)
    );
    select metaagent_tenant_table('bench_moves')`,
}

/** One acknowledged transaction. `eventId` is null without a decision; the time is the monotonic clock's. */
export interface Transfer {
  readonly eventId: string | null
  readonly committedMs: number
}

const actor = { kind: 'system', id: 'bench' } as const

/** Two updates and an insert, with or without the decision that is journaled for the ledger. */
export async function transfer(deps: Deps, organizationId: string, withDecision: boolean): Promise<Transfer> {
  const from = Math.floor(Math.random() * accounts)
  // Locks are always taken in one order, so that no two transactions wait for each other.
  const [low, high] = [from, (from + 1 + Math.floor(Math.random() * (accounts - 1))) % accounts].sort((a, b) => a - b)
  const moveId = deps.ids.uuid()
  const eventId = await deps.store.transaction({ organizationId }, async (tx) => {
    await move(tx, low ?? 0, -5)
    await move(tx, high ?? 0, 5)
    await sql`insert into bench_moves (organization_id, move_id, moved_at, from_account, to_account, amount)
      values (${organizationId}, ${moveId}, now(), ${low}, ${high}, 5)`.execute(tx.tables())
    if (!withDecision) return null
    const payload = { approvalId: moveId, actionDigest: `sha256:${moveId}` }
    const subject = `approval/${moveId}`
    const [event] = await append(deps, tx, [{ type: 'approvals.request.consumed', subject, actor, payload }])
    return event?.eventId ?? null
  })
  return { eventId, committedMs: performance.now() }
}

async function move(tx: Tx, account: number, amount: number): Promise<void> {
  await sql`update bench_accounts set balance = balance + ${amount}
    where organization_id = ${tx.organizationId} and account = ${account}`.execute(tx.tables())
}

/** Opens the accounts. */
export async function openAccounts(store: Store, organizationId: string): Promise<void> {
  await store.transaction({ organizationId }, (tx) =>
    sql`insert into bench_accounts (organization_id, account)
      select ${organizationId}::uuid, a from generate_series(0, ${accounts - 1}) a`.execute(tx.tables()),
  )
}

interface Seen {
  readonly treeSize: number
  readonly atMs: number
}

/** Looks every 20 ms which checkpoint is the newest, as an auditor who asks without a pause would. */
export function watchCheckpoints(store: Store, organizationId: string) {
  const seen: Seen[] = []
  let stopped = false
  const look = async () => {
    const { rows } = await store.transaction({ organizationId }, (tx) =>
      sql<{ tree_size: number }>`select tree_size from ledger_checkpoints where organization_id = ${organizationId}
        order by tree_size desc limit 1`.execute(tx.tables()),
    )
    const treeSize = rows[0]?.tree_size ?? 0
    if (treeSize !== seen.at(-1)?.treeSize) seen.push({ treeSize, atMs: performance.now() })
  }
  const watching = (async () => {
    while (!stopped) {
      await look()
      await new Promise<void>((resolve) => {
        setTimeout(resolve, lookMs)
      })
    }
  })()
  return {
    seen,
    seenAll: look,
    stop: async () => {
      stopped = true
      await watching
    },
  }
}

/** From each acknowledgement until a signed checkpoint that holds the decision was seen, in milliseconds, sorted. */
export async function lagsOf(
  store: Store,
  organizationId: string,
  committed: readonly Transfer[],
  seen: readonly Seen[],
): Promise<readonly number[]> {
  const { rows } = await store.transaction({ organizationId }, (tx) =>
    sql<{ event_id: string; entry_index: number }>`
      select event_id, entry_index from ledger_entries where organization_id = ${organizationId}`.execute(tx.tables()),
  )
  const places = new Map(rows.map((row) => [row.event_id, row.entry_index]))
  const lags = committed.flatMap(({ eventId, committedMs }) => {
    const place = eventId === null ? undefined : places.get(eventId)
    if (place === undefined) throw new Error('a decision was acknowledged and is not in the tree')
    const first = seen[firstBeyond(seen, place)]
    // Signed before the acknowledgement arrived: no lag.
    return first === undefined ? [Number.POSITIVE_INFINITY] : [Math.max(0, first.atMs - committedMs)]
  })
  return lags.sort((a, b) => a - b)
}

/** The first checkpoint that holds a place, by halves. */
function firstBeyond(seen: readonly Seen[], place: number): number {
  let [low, high] = [0, seen.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((seen[middle]?.treeSize ?? 0) > place) high = middle
    else low = middle + 1
  }
  return low
}
