import { assertInvariant } from '../../../../kernel/assert.ts'
import type { RetainedTable } from '../../../../ports/retention.ts'
import type { TunableDefinition } from '../../../../ports/slice.ts'

/** What this program's slices declared, by name. Code, not state: every process has the same. */
const declared = new Map<string, RetainedTable>()

/** Ten years, the longest time that can be set. */
export const longestDays = 3_650

/** The tunable that sets how long a part is kept. */
export function tunableOf({ name }: Pick<RetainedTable, 'name'>): string {
  return `retention.${name}_days`
}

/** Makes parts known; registering the same one again changes nothing. Throws where two slices claim a name. */
export function registerRetained(tables: readonly RetainedTable[]): void {
  for (const table of tables) {
    const known = declared.get(table.name)
    assertInvariant(known === undefined || known === table, `the retained part ${table.name} is declared once`)
    declared.set(table.name, table)
  }
}

/** In the order in which the slices declared them: what hangs on something goes before it. */
export function retainedTables(): readonly RetainedTable[] {
  return [...declared.values()]
}

export function retainedTable(name: string): RetainedTable | null {
  return declared.get(name) ?? null
}

/** How long each part is kept, as parameters that are changed like every other: a shorter time deletes, so it is HIGH. */
export function retentionTunables(tables: readonly RetainedTable[]): readonly TunableDefinition[] {
  return tables.map((table) => ({
    key: tunableOf(table),
    description: `How long to keep: ${table.holds.charAt(0).toLowerCase()}${table.holds.slice(1)}.`,
    type: 'integer',
    unit: 'd',
    minimum: table.minimumDays,
    maximum: longestDays,
    choices: null,
    defaultValue: table.defaultDays,
    impact: 'HIGH',
    impactOfRaise: 'LOW',
  }))
}
