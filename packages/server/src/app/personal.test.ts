import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../testkit/database.ts'
import { startTestServer, type TestServer } from '../testkit/test-server.ts'
import { slices } from './slices.ts'

const tables = slices.flatMap((slice) => slice.personal ?? [])

/** Tables that name an execution and hold nothing of the person whose it is, and why. */
const namesNobody: Readonly<Record<string, string>> = {
  ended_executions: 'ids alone, until somebody has read them',
  execution_search_queue: 'ids alone, until their words were read',
  probe_results: 'synthetic runs, whose person is nobody',
  privacy_deletion_executions: 'ids alone, and gone when the request is closed',
}

describeOnStores('what is kept of people', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  const columnsOf = async () =>
    await server.testStore.owner.migrate(async (owner) => {
      const rows = await owner.query<{ table: string; column: string }>(
        `select c.relname::text as table, a.attname::text as column
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`,
      )
      return Map.groupBy(rows, ({ table }) => table)
    })

  test('every table with an execution is declared by its slice, or names nobody for a reason', async () => {
    const columns = await columnsOf()
    const withExecution = [...columns].filter(([, all]) => all.some(({ column }) => column === 'execution_id'))
    expect(withExecution.length).toBeGreaterThan(5)
    const declared = new Set(tables.map(({ table }) => table))
    const open = withExecution
      .map(([table]) => table)
      .filter((table) => !declared.has(table) && !(table in namesNobody))
    expect(open, 'declare them in Slice.personal, or give the reason above').toEqual([])
  })

  test('every declared column is there, and nothing but these is blanked', async () => {
    const columns = await columnsOf()
    for (const { table, erase, subjectColumn } of tables) {
      const blanked = typeof erase === 'object' && 'blank' in erase ? Object.keys(erase.blank) : []
      const own = columns.get(table)?.map(({ column }) => column)
      for (const column of [...blanked, ...(subjectColumn === undefined ? [] : [subjectColumn])])
        expect(own, table).toContain(column)
    }
  })
})
