import { sql } from 'kysely'
import { openPglite } from '../adapters/pglite/open.ts'
import { migrate } from '../adapters/schema/migrate.ts'
import { type FixtureTables, fixtureSchema } from './fixture-schema.ts'
import { MemoryLog } from './memory-log.ts'

// A process that opens an embedded database and writes until it is killed; tells its parent each acknowledged note.
// In the mode `hold` it only opens and waits.
const [folder, mode] = process.argv.slice(2)
if (folder === undefined || process.send === undefined) throw new Error('usage: forked with a folder and a mode')
const tell = process.send.bind(process)
const organizationId = '01890b8e-7b3a-7cc3-98c4-dc0c0c07398f'

try {
  const store = await openPglite({ folder, log: new MemoryLog() })
  await migrate(store, [fixtureSchema])
  tell({ ready: true })
  for (let noteId = await nextNote(); mode === 'write'; noteId++) {
    await store.transaction({ organizationId }, async (tx) => {
      await tx
        .tables<FixtureTables>()
        .insertInto('notes')
        .values({ organization_id: organizationId, note_id: noteId, body: 'x'.repeat(500) })
        .execute()
    })
    tell({ acknowledged: noteId })
  }

  async function nextNote(): Promise<number> {
    return await store.transaction({ organizationId }, async (tx) => {
      const { rows } = await sql<{ next: number }>`select coalesce(max(note_id), 0) + 1 as next from notes`.execute(
        tx.tables(),
      )
      return rows[0]?.next ?? 1
    })
  }
} catch (error) {
  tell({ refused: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
  process.disconnect()
}
