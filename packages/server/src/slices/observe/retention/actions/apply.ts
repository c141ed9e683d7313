import type { RetentionList } from '@metaagent/contract'
import type { z } from 'zod'
import type { RetainedTable } from '../../../../ports/retention.ts'
import type { Caller, Deps, TunableDefinition } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { append } from '../../../govern/journal/index.ts'
import { tunableNumber } from '../../../govern/tunables/index.ts'
import { costTable } from '../../costs/index.ts'
import { metricTable, telemetryTables } from '../../telemetry/index.ts'
import { dueInTable, type KeptDays, keptFrom } from '../model.ts'

const tables: readonly RetainedTable[] = [...telemetryTables, metricTable, costTable]
const keyOf = ({ name }: RetainedTable) => `retention.${name}_days`

/** Ten years, the longest time that can be set: nothing goes unless somebody asks for it. */
const longestDays = 3_650

export const tunables: readonly TunableDefinition[] = tables.map((table) => ({
  key: keyOf(table),
  description: `How long to keep: ${table.holds.toLowerCase()}.`,
  type: 'integer',
  unit: 'd',
  minimum: 1,
  maximum: longestDays,
  choices: null,
  defaultValue: longestDays,
  impact: 'HIGH',
}))

/** How long the organization keeps what, and what the oldest day is that it has. */
export async function readRetention(deps: Deps, caller: Caller): Promise<z.input<typeof RetentionList>> {
  const now = deps.clock.now()
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const items = []
    for (const table of tables) {
      const days = await tunableNumber(deps, tx, keyOf(table))
      const oldestDay = await table.oldestDay(tx)
      const { name, holds } = table
      items.push({ table: name, holds, tunable: keyOf(table), days, keptFrom: keptFrom(now, days), oldestDay })
    }
    return { items }
  })
}

const rowsPerStep = 2_000

/** Lets go of everything whose time has run out; each step is a transaction with its event. */
export async function applyRetention(deps: Deps): Promise<void> {
  const organizationIds = await listOrganizationIds(deps)
  for (const table of tables) {
    const kept = await keptDays(deps, table, organizationIds)
    const due = dueInTable(kept, deps.clock.now())
    if (due === null) continue
    if (table.dropBefore === null)
      for (const { organizationId } of kept) await deleteRows(deps, table, organizationId, due.dropBefore)
    else await dropDays(deps, table, organizationIds, due.dropBefore)
    for (const { organizationId, before } of due.deletions) await deleteRows(deps, table, organizationId, before)
  }
}

async function keptDays(
  deps: Deps,
  table: RetainedTable,
  organizationIds: readonly string[],
): Promise<readonly KeptDays[]> {
  const kept: KeptDays[] = []
  for (const organizationId of organizationIds) {
    const days = await deps.store.transaction({ organizationId }, (tx) => tunableNumber(deps, tx, keyOf(table)))
    kept.push({ organizationId, days })
  }
  return kept
}

/** Drops whole days, and tells each organization that had rows on them how many. */
async function dropDays(
  deps: Deps,
  table: RetainedTable,
  organizationIds: readonly string[],
  before: string,
): Promise<void> {
  const { countBefore, dropBefore } = table
  if (countBefore === null || dropBefore === null) return
  await deps.store.transaction('deployment', async (tx) => {
    const counts: { readonly organizationId: string; readonly rows: number }[] = []
    for (const organizationId of organizationIds)
      counts.push({ organizationId, rows: await tx.within({ organizationId }, (own) => countBefore(own, before)) })
    if ((await dropBefore(tx, before)) === 0) return
    for (const { organizationId, rows } of counts)
      if (rows > 0) await tx.within({ organizationId }, (own) => tell(deps, own, table, before, rows))
  })
}

async function deleteRows(deps: Deps, table: RetainedTable, organizationId: string, before: string): Promise<void> {
  let more = true
  while (more)
    more = await deps.store.transaction({ organizationId }, async (tx) => {
      const rows = await table.deleteBefore(tx, before, rowsPerStep)
      if (rows > 0) await tell(deps, tx, table, before, rows)
      return rows > 0
    })
}

async function tell(deps: Deps, tx: Tx, { name }: RetainedTable, before: string, rows: number): Promise<void> {
  const actor = { kind: 'system', id: 'retention' } as const
  const payload = { table: name, before, rows }
  await append(deps, tx, [{ type: 'retention.rows.deleted', subject: `table/${name}`, actor, payload }])
}
