import type { RetainedTable } from '../../../../ports/retention.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { append } from '../../../govern/journal/index.ts'
import { tunableNumber } from '../../../govern/tunables/index.ts'
import { deletionsInTable, dueInTable, firstHeldDay, type HeldDays, type KeptDays } from '../model.ts'
import {
  countBefore,
  deleteBefore,
  dropDaysBefore,
  estimateRows,
  oldestDay,
  type Part,
  partsOf,
  saveState,
  sizeOf,
} from '../store.ts'
import { retainedTables, tunableOf } from './declared.ts'

const rowsPerStep = 2_000

/** A count goes up to here; of larger parts the planner's estimate is told. */
const countedRows = 1_000_000

/** How many rows went in this run, by organization. */
type Deleted = Map<string, number>

/** Lets go of everything whose time has run out, then looks at what is left; each step is a transaction with its event. */
export async function applyRetention(deps: Deps): Promise<void> {
  const organizationIds = await listOrganizationIds(deps)
  const held = await heldDays(deps, organizationIds)
  for (const table of retainedTables()) {
    const deleted: Deleted = new Map()
    const kept = await keptDays(deps, table, organizationIds)
    const now = deps.clock.now()
    const due = dueInTable(kept, now)
    if (due === null) return
    const isOfDays = table.by.kind === 'day'
    // A day that a hold of anybody keeps is not dropped; others' rows of it are deleted one by one.
    const heldFrom = firstHeldDay([...held.values()].flat())
    const isHeld = heldFrom !== null && heldFrom < due.dropBefore
    if (isOfDays) await dropDays(deps, table, organizationIds, due.dropBefore, deleted)
    const deletions = isOfDays && !isHeld ? due.deletions : deletionsInTable(kept, now)
    for (const { organizationId, before } of deletions)
      await deleteRows(deps, table, { organizationId, before }, deleted)
    for (const organizationId of organizationIds)
      await deps.pacer.step(() => measure(deps, table, organizationId, organizationIds.length, deleted))
  }
}

async function heldDays(
  deps: Deps,
  organizationIds: readonly string[],
): Promise<ReadonlyMap<string, readonly HeldDays[]>> {
  const held = new Map<string, readonly HeldDays[]>()
  for (const organizationId of organizationIds)
    held.set(organizationId, await deps.store.transaction({ organizationId }, deps.readHeldDays))
  return held
}

async function keptDays(
  deps: Deps,
  table: RetainedTable,
  organizationIds: readonly string[],
): Promise<readonly KeptDays[]> {
  const kept: KeptDays[] = []
  for (const organizationId of organizationIds) {
    const days = await deps.store.transaction({ organizationId }, (tx) => tunableNumber(deps, tx, tunableOf(table)))
    kept.push({ organizationId, days })
  }
  return kept
}

/** Drops whole days, and tells each organization that had rows on them how many. */
async function dropDays(
  deps: Deps,
  table: RetainedTable,
  organizationIds: readonly string[],
  /** The first day that anybody keeps. */
  kept: string,
  deleted: Deleted,
): Promise<void> {
  const parts = partsOf(table)
  await deps.pacer.step(() =>
    deps.store.transaction('deployment', async (tx) => {
      const held: HeldDays[] = []
      for (const organizationId of organizationIds)
        held.push(...(await tx.within({ organizationId }, (own) => deps.readHeldDays(own))))
      const heldFrom = firstHeldDay(held)
      const before = heldFrom !== null && heldFrom < kept ? heldFrom : kept
      const counts: { readonly organizationId: string; readonly rows: number }[] = []
      for (const organizationId of organizationIds) {
        const rows = await tx.within({ organizationId }, (own) => rowsBefore(own, parts.at(-1), before))
        counts.push({ organizationId, rows })
      }
      let days = 0
      for (const part of parts) days += await dropDaysBefore(tx, part, before)
      if (days === 0) return
      for (const { organizationId, rows } of counts)
        if (rows > 0) {
          await tx.within({ organizationId }, (own) => tell(deps, own, table, before, rows))
          add(deleted, organizationId, rows)
        }
    }),
  )
}

async function rowsBefore(tx: Tx, part: Part | undefined, before: string): Promise<number> {
  return part === undefined ? 0 : (await countBefore(tx, part, before, Number.MAX_SAFE_INTEGER)).rows
}

async function deleteRows(
  deps: Deps,
  table: RetainedTable,
  { organizationId, before }: { readonly organizationId: string; readonly before: string },
  deleted: Deleted,
): Promise<void> {
  const own = table.table ?? table.name
  for (const part of partsOf(table)) {
    let more = true
    while (more)
      more = await deps.pacer.step(() =>
        deps.store.transaction({ organizationId }, async (tx) => {
          // Read with each step: a hold that was placed meanwhile counts at once.
          const rows = await deleteBefore(tx, part, before, await deps.readHeldDays(tx), rowsPerStep)
          if (rows > 0 && part.table === own) {
            await tell(deps, tx, table, before, rows)
            add(deleted, organizationId, rows)
          }
          return rows > 0
        }),
      )
  }
}

function add(deleted: Deleted, organizationId: string, rows: number): void {
  deleted.set(organizationId, (deleted.get(organizationId) ?? 0) + rows)
}

async function tell(deps: Deps, tx: Tx, { name }: RetainedTable, before: string, rows: number): Promise<void> {
  const actor = { kind: 'system', id: 'retention' } as const
  const payload = { table: name, before, rows }
  await append(deps, tx, [{ type: 'retention.rows.deleted', subject: `table/${name}`, actor, payload }])
}

/** Notes what is left, for the page. */
async function measure(
  deps: Deps,
  table: RetainedTable,
  organizationId: string,
  organizations: number,
  deleted: Deleted,
): Promise<void> {
  const [main] = partsOf(table).slice(-1)
  if (main === undefined) return
  await deps.store.transaction({ organizationId }, async (tx) => {
    const counted = await countBefore(tx, main, '9999-12-31', countedRows + 1)
    const rowsEstimated = counted.rows > countedRows
    const rows = rowsEstimated ? Math.max(countedRows, await estimateRows(tx, main, organizations)) : counted.rows
    const size = await sizeOf(tx, main)
    const share = rows === 0 ? 0 : rows / Math.max(size.rows, rows)
    await saveState(tx, {
      name: table.name,
      ranAt: deps.clock.now(),
      deletedRows: deleted.get(organizationId) ?? 0,
      rows,
      rowsEstimated,
      bytes: Math.round(size.bytes * share),
      oldestDay: await oldestDay(tx, main),
    })
  })
}
