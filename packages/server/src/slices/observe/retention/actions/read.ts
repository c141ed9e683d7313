import type { RetentionList, RetentionPreview } from '@metaagent/contract'
import type { z } from 'zod'
import { addMs, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { tunableNumber, tunableVersion } from '../../../govern/tunables/index.ts'
import { judgeChange, keptFrom } from '../model.ts'
import { countBefore, oldestDay, partsOf, statesByName } from '../store.ts'
import { longestDays, retainedTable, retainedTables, tunableOf } from './declared.ts'

/** How often the job runs. */
export const everyMs = 900_000

/** How long the organization keeps what, and what the last run found. Nothing is counted while somebody waits. */
export async function readRetention(deps: Deps, caller: Caller): Promise<z.input<typeof RetentionList>> {
  const now = deps.clock.now()
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const states = await statesByName(tx)
    const items = []
    for (const table of retainedTables()) {
      const state = states.get(table.name)
      const days = await tunableNumber(deps, tx, tunableOf(table))
      items.push({
        table: table.name,
        holds: table.holds,
        lost: table.lost,
        tunable: tunableOf(table),
        version: await tunableVersion(tx, tunableOf(table)),
        days,
        defaultDays: table.defaultDays,
        minimumDays: table.minimumDays,
        maximumDays: longestDays,
        dropsDays: table.by.kind === 'day',
        keptFrom: keptFrom(now, days),
        oldestDay: state?.oldestDay ?? null,
        rows: state?.rows ?? null,
        rowsEstimated: state?.rowsEstimated ?? false,
        bytes: state?.bytes ?? null,
        lastRunAt: state === undefined ? null : toIso(state.ranAt),
        lastDeletedRows: state?.deletedRows ?? null,
        nextRunAt: state === undefined ? null : toIso(addMs(state.ranAt, everyMs)),
      })
    }
    return { items }
  })
}

/** A preview counts up to here and then says "at least". */
const previewedRows = 1_000_000

/** What a time would delete at the next run, before anybody sets it. */
export async function previewRetention(
  deps: Deps,
  caller: Caller,
  name: string,
  days: number,
): Promise<Result<z.input<typeof RetentionPreview>>> {
  const table = retainedTable(name)
  const [main] = table === null ? [] : partsOf(table).slice(-1)
  if (table === null || main === undefined)
    return refuse('not-found', 'GET /api/v1/retention lists what is kept for a time.')
  const { minimumDays } = table
  if (days < minimumDays || days > longestDays)
    return refuse('tunable-out-of-range', `${table.holds}: keep them ${minimumDays} to ${longestDays} days.`, {
      key: tunableOf(table),
    })
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const from = await tunableNumber(deps, tx, tunableOf(table))
    const before = keptFrom(deps.clock.now(), days)
    const due = await countBefore(tx, main, before, previewedRows + 1, await deps.readHeldDays(tx))
    const rows = Math.min(due.rows, previewedRows)
    const rowsAtLeast = due.rows > previewedRows
    const oldest = await oldestDay(tx, main)
    return ok({
      table: name,
      lost: table.lost,
      fromDays: from,
      toDays: days,
      keptFrom: before,
      oldestDay: oldest,
      rows,
      rowsAtLeast,
      days: due.days,
      ...judgeChange({ from, to: days, rows, rowsAtLeast, before }),
    })
  })
}
