import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StoreUnavailable } from '../../ports/store-errors.ts'
import { type FixtureTables, fixtureSchema } from '../../testkit/fixture-schema.ts'
import { MemoryLog } from '../../testkit/memory-log.ts'
import { copyPgliteTemplate } from '../../testkit/test-stores.ts'
import { migrate } from '../schema/migrate.ts'
import { packFolder } from './archive.ts'
import { syncDataFiles } from './data-sync.ts'
import { FolderInUse } from './folder-lock.ts'
import { openPglite } from './open.ts'
import type { PgliteStore } from './pglite-store.ts'
import { describeSeed, findSeed, seedManifest, seedTarball } from './seed.ts'

const organization = { organizationId: '01890b8e-7b3a-7cc3-98c4-dc0c0c07398f' }
const program = fileURLToPath(new URL('../../testkit/pglite-process.ts', import.meta.url))

interface Told {
  readonly ready?: boolean
  readonly acknowledged?: number
  readonly refused?: string
}

async function notesIn(store: PgliteStore): Promise<readonly number[]> {
  return await store.transaction(organization, async (tx) => {
    const rows = await tx.tables<FixtureTables>().selectFrom('notes').select('note_id').orderBy('note_id').execute()
    return rows.map((row) => row.note_id)
  })
}

async function addNote(store: PgliteStore, noteId: number): Promise<void> {
  await store.transaction(organization, async (tx) => {
    await tx
      .tables<FixtureTables>()
      .insertInto('notes')
      .values({ organization_id: organization.organizationId, note_id: noteId, body: '' })
      .execute()
  })
}

describe('the embedded store', () => {
  let folder: string
  const children: ChildProcess[] = []
  beforeEach(async () => {
    folder = await copyPgliteTemplate([fixtureSchema])
  })
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const start = (mode: 'hold' | 'write'): ChildProcess => {
    const child = fork(program, [folder, mode], { stdio: 'pipe' })
    children.push(child)
    return child
  }
  const firstWord = async (child: ChildProcess): Promise<Told> => ((await once(child, 'message')) as [Told])[0]
  const kill = async (child: ChildProcess) => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  const open = async () => await openPglite({ folder, log: new MemoryLog(), maintenance: null })

  test('of two processes on one folder the second is refused, by the process id of the first', async () => {
    const first = start('hold')
    expect(await firstWord(first)).toEqual({ ready: true })
    const second = start('hold')
    const { refused } = await firstWord(second)
    expect(refused).toMatch(/^FolderInUse: /)
    expect(refused).toContain(`in use by process ${first.pid}`)
    await expect(open()).rejects.toThrow(FolderInUse)
  })

  test('kill -9 while writing loses nothing that was acknowledged, and the dead lock is taken over', async () => {
    for (const round of [1, 2]) {
      const writer = start('write')
      let acknowledged = 0
      await new Promise<void>((resolve) =>
        writer.on('message', (told: Told) => {
          acknowledged = told.acknowledged ?? acknowledged
          if (acknowledged >= 50 * round) resolve()
        }),
      )
      await kill(writer)
      const store = await open()
      const notes = await notesIn(store)
      expect(notes.length).toBeGreaterThanOrEqual(acknowledged)
      expect(notes).toEqual(Array.from(notes, (_noteId, index) => index + 1))
      await store.close()
    }
    expect(readdirSync(folder).filter((name) => name.startsWith('lock.'))).toEqual([])
  })

  test('what was committed is there after reopening, and a closed store is unavailable', async () => {
    const store = await open()
    await addNote(store, 1)
    await store.close()
    await store.close()
    await expect(addNote(store, 2)).rejects.toThrow(StoreUnavailable)
    const again = await open()
    expect(await notesIn(again)).toEqual([1])
    expect((await migrate(again, [fixtureSchema])).applied).toEqual([])
    await again.close()
  })

  test('a first start that was cut short begins anew instead of failing for ever', async () => {
    rmSync(join(folder, 'pg', 'global'), { recursive: true })
    writeFileSync(join(folder, 'initializing'), '')
    const store = await open()
    await migrate(store, [fixtureSchema])
    await store.close()
    expect(existsSync(join(folder, 'initializing'))).toBe(false)
  })

  test('an empty folder starts from a fitting seed, and from nothing when the seed does not fit', async () => {
    const seed = join(folder, 'seed')
    mkdirSync(seed)
    writeFileSync(join(seed, seedTarball), gzipSync(await packFolder(join(folder, 'pg'))))
    const manifest = describeSeed([fixtureSchema])
    const write = (changed: object) =>
      writeFileSync(join(seed, seedManifest), JSON.stringify({ ...manifest, ...changed }))

    expect(findSeed(folder, [fixtureSchema])).toBeNull()
    write({})
    const seedFile = findSeed(seed, [fixtureSchema])
    expect(seedFile).not.toBeNull()
    const store = await openPglite({ folder: join(folder, 'data'), log: new MemoryLog(), seedFile, maintenance: null })
    const later = { slice: 'later', file: 'schema.sql', sql: 'create table laters (id integer);' }
    expect((await migrate(store, [fixtureSchema, later])).applied).toEqual(['later/schema.sql'])
    await addNote(store, 1)
    await store.close()

    expect(findSeed(seed, [fixtureSchema, later])).toBe(seedFile)
    expect(findSeed(seed, [{ ...fixtureSchema, sql: 'changed' }])).toBeNull()
    expect(findSeed(seed, [])).toBeNull()
    write({ pglite: '0.0.1' })
    expect(findSeed(seed, [fixtureSchema])).toBeNull()
  })

  test('maintenance checkpoints a grown log and analyses tables that changed, between transactions', async () => {
    const settings = { everyMs: 3_600_000, checkpointAfterBytes: 1 }
    const store = await openPglite({ folder, log: new MemoryLog(), maintenance: settings })
    await store.maintain()
    await store.transaction(organization, async (tx) => {
      await sql`insert into notes select ${organization.organizationId}, n, 'text' from generate_series(1, 5000) n`.execute(
        tx.tables(),
      )
    })
    const before = await checkpointPosition(store)
    await store.maintain()
    expect(await checkpointPosition(store)).not.toBe(before)
    expect(await estimatedRows(store)).toBe(5000)
    expect(await syncDataFiles(join(folder, 'pg'), 0)).toBeGreaterThan(100)
    expect(await syncDataFiles(join(folder, 'pg'), Date.now() + 60_000)).toBe(0)
    await store.close()
  })

  test('an engine that fails is replaced, committed rows stay, listeners still hear', async () => {
    const log = new MemoryLog()
    const store = await openPglite({ folder, log, maintenance: null })
    await addNote(store, 1)
    const heard: string[] = []
    await store.listen('restart', (payload) => heard.push(payload))
    const endless = 'select count(*) from generate_series(1, 2000000000)'
    const stuck = store.transaction(
      organization,
      async (tx) => {
        await tx.tables<FixtureTables>().deleteFrom('notes').execute()
        await sql.raw(endless).execute(tx.tables())
      },
      { statementTimeoutMs: 100 },
    )
    await expect(stuck).rejects.toThrow('longer than 100 ms')
    expect(await notesIn(store)).toEqual([1])
    expect(log.lines.map((line) => line.message)).toContain('the embedded database was started again')
    await store.transaction(
      organization,
      async (tx) => await sql`select pg_notify('restart', 'again')`.execute(tx.tables()),
    )
    await expect.poll(() => heard).toEqual(['again'])
    await store.close()
  })
})

async function checkpointPosition(store: PgliteStore): Promise<unknown> {
  return await store.migrate(async (owner) => {
    await owner.exec('set local role none')
    return (await owner.query<{ lsn: string }>('select checkpoint_lsn::text as lsn from pg_control_checkpoint()'))[0]
      ?.lsn
  })
}

async function estimatedRows(store: PgliteStore): Promise<unknown> {
  return await store.migrate(
    async (owner) =>
      (await owner.query<{ n: number }>(`select reltuples as n from pg_class where relname = 'notes'`))[0]?.n,
  )
}
