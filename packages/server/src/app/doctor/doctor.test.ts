import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FolderLock } from '../../adapters/pglite/folder-lock.ts'
import { openTestStore, postgresUrl } from '../../testkit/database.ts'
import { MemoryLog } from '../../testkit/memory-log.ts'
import { copyPgliteTemplate, createEmptyDatabase, databaseUrl, type TestStore } from '../../testkit/test-stores.ts'
import { type Config, readConfig } from '../config.ts'
import { usablePort } from '../free-port.ts'
import { collectMigrations } from '../migrations.ts'
import { checkClock, checkDatabase } from './database.ts'
import { examineDeployment } from './examine.ts'
import type { Finding } from './finding.ts'
import {
  checkArbitrationLog,
  checkDashboard,
  checkDataFolder,
  checkDisk,
  checkGovernanceRules,
  checkKey,
  checkNames,
  checkNode,
  checkPort,
  checkPrivilegedToken,
  checkPublicUrl,
} from './machine.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'metaagent-doctor-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const log = new MemoryLog()
const configured = (fields: Partial<Config>): Config => ({
  ...readConfig({}),
  dataDir: join(folder, 'none'),
  ...fields,
})
const states = (findings: readonly Finding[]) => Object.fromEntries(findings.map(({ name, state }) => [name, state]))
const newFolder = (name: string) => {
  const path = join(folder, name)
  mkdirSync(path)
  return path
}

describe('the machine', () => {
  test.each([
    ['20.20.2', 'fail'],
    ['24.0.0', 'ok'],
    ['26.1.0', 'ok'],
  ])('node %s: %s', (version, state) => expect(checkNode(version).state).toBe(state))

  test('names that nobody reads are named', () => {
    expect(checkNames([])).toMatchObject({ state: 'ok', advice: null })
    expect(checkNames(['METAAGENT_PROT'])).toMatchObject({ state: 'warn', detail: 'nobody reads METAAGENT_PROT' })
  })

  test('a data folder may be missing, must be a folder, and is told with whoever uses it', async () => {
    const missing = join(folder, 'not', 'yet')
    expect(checkDataFolder(configured({ dataDir: missing }))).toMatchObject({ state: 'ok' })
    expect(existsSync(join(folder, 'not'))).toBe(false)
    const file = join(folder, 'a file')
    writeFileSync(file, '')
    expect(checkDataFolder(configured({ dataDir: join(file, 'below') }))).toMatchObject({
      state: 'fail',
      detail: expect.stringContaining('is no folder'),
    })
    const dataDir = newFolder('used')
    expect(checkDataFolder(configured({ dataDir })).detail).toContain(', free')
    const lock = await FolderLock.acquire(dataDir)
    expect(checkDataFolder(configured({ dataDir })).detail).toContain(`in use by process ${process.pid}`)
    lock.release()
  })

  test('room on the disk is told for a folder that is not there yet, too', () => {
    expect(checkDisk(configured({ dataDir: join(folder, 'not', 'yet') })).detail).toMatch(/^\d+\.\d GiB free$/)
  })

  test('governance rules are as shipped, read, or at fault with the place', () => {
    expect(checkGovernanceRules(configured({})).detail).toBe('as shipped')
    const path = join(newFolder('rules'), 'rules.json')
    const check = (text: string) => {
      writeFileSync(path, text)
      return checkGovernanceRules(configured({ governanceRulesFile: path }))
    }
    const shipped = readFileSync(new URL('../../../config/governance_rules.json', import.meta.url), 'utf8')
    expect(check(shipped)).toMatchObject({ state: 'ok', detail: path })
    expect(check(shipped.replace('"priority": 1.2', '"priority": "high"'))).toMatchObject({
      state: 'fail',
      detail: expect.stringContaining('arbitration.agents.0.priority'),
    })
    expect(check('{')).toMatchObject({ state: 'fail' })
  })

  test('the file of arbitrations will be made, is as large as it is, or cannot be written', () => {
    const dataDir = newFolder('arbitrations')
    const check = () => checkArbitrationLog(configured({ dataDir }))
    expect(check()).toMatchObject({ state: 'ok', detail: expect.stringMatching(/arbitrations\.jsonl will be made/) })
    mkdirSync(join(dataDir, 'logs'))
    for (const name of ['arbitrations.jsonl', 'arbitrations.jsonl.1'])
      writeFileSync(join(dataDir, 'logs', name), Buffer.alloc(1024 ** 2))
    expect(check().detail).toMatch(/2\.0 MiB in 2 files; rotated at 64\.0 MiB, 5 kept$/)
    rmSync(join(dataDir, 'logs'), { recursive: true })
    writeFileSync(join(dataDir, 'logs'), '')
    expect(check()).toMatchObject({ state: 'fail', detail: expect.stringContaining('is no folder') })
    rmSync(join(dataDir, 'logs'))
    mkdirSync(join(dataDir, 'logs', 'arbitrations.jsonl'), { recursive: true })
    expect(check()).toMatchObject({ state: 'fail', detail: expect.stringContaining('no plain file') })
  })

  test('the master key is there, will be made, or is missed', () => {
    const dataDir = newFolder('keys')
    expect(checkKey(configured({ secretKey: new Uint8Array(32) })).state).toBe('ok')
    expect(checkKey(configured({ databaseUrl: 'postgres://h/d' }))).toMatchObject({
      state: 'fail',
      advice: expect.stringContaining('openssl rand -base64 32'),
    })
    expect(checkKey(configured({ dataDir })).detail).toBe('will be made at the first start')
    const path = join(dataDir, 'secret.key')
    writeFileSync(path, Buffer.alloc(32, 7).toString('base64'), { mode: 0o600 })
    expect(checkKey(configured({ dataDir })).state).toBe('ok')
    chmodSync(path, 0o644)
    expect(checkKey(configured({ dataDir }))).toMatchObject({ state: 'warn', advice: `Run: chmod 600 ${path}` })
    writeFileSync(path, 'short')
    expect(checkKey(configured({ dataDir })).state).toBe('fail')
  })

  test('a key that is gone while its database is there is a failure', () => {
    const dataDir = newFolder('keyless')
    mkdirSync(join(dataDir, 'pg'))
    writeFileSync(join(dataDir, 'pg', 'PG_VERSION'), '18')
    expect(checkKey(configured({ dataDir }))).toMatchObject({
      state: 'fail',
      detail: expect.stringContaining('is gone'),
    })
  })

  test('an address that leads nowhere from outside is pointed out', () => {
    expect(checkPublicUrl(configured({})).state).toBe('ok')
    expect(checkPublicUrl(configured({ host: '0.0.0.0' })).state).toBe('warn')
    expect(checkPublicUrl(configured({ host: '0.0.0.0', publicUrl: 'https://agents.example' })).state).toBe('ok')
  })

  test.each([
    [null, 'ok', 'nobody is privileged'],
    ['TerraQore', 'warn', 'which everybody knows'],
    ['fifteen-letters', 'warn', '15 characters'],
    ['sixteen-letters!', 'ok', 'set'],
  ])('the secret of privileged clients %s: %s', (privilegedToken, state, detail) => {
    const found = checkPrivilegedToken({ privilegedToken })
    expect(found).toMatchObject({ state, detail: expect.stringContaining(detail) })
  })

  test('a dashboard that was built is found', () => {
    const dashboardDir = newFolder('dashboard')
    writeFileSync(join(dashboardDir, 'index.html'), '')
    expect(checkDashboard(configured({ dashboardDir }))).toMatchObject({ state: 'ok', detail: dashboardDir })
  })
})

describe('the port', () => {
  const whileServing = async (reply: string, work: (port: number) => Promise<void>) => {
    const server = createServer((_request, response) => response.end(reply))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await work((server.address() as AddressInfo).port)
    await new Promise((resolve) => server.close(resolve))
  }
  const host = '127.0.0.1'
  const health = (status: string) =>
    JSON.stringify({ status, version: '9.9.9', store: 'postgres', startedAt: '2026-01-05T00:00:00.000Z', checks: [] })

  test('is free', async () => {
    const port = await usablePort(host, 0)
    expect(await checkPort({ host, port })).toMatchObject({ state: 'ok', detail: `127.0.0.1:${port} is free` })
    expect(await checkPort({ host, port: 0 })).toMatchObject({ state: 'ok' })
  })

  test('is MetaAgent’s own', async () =>
    await whileServing(health('ok'), async (port) => {
      expect(await checkPort({ host, port })).toMatchObject({
        state: 'ok',
        detail: `MetaAgent 9.9.9 (postgres) serves at 127.0.0.1:${port}`,
      })
    }))

  test('is MetaAgent’s, which is not well', async () =>
    await whileServing(health('degraded'), async (port) => {
      expect((await checkPort({ host, port })).state).toBe('warn')
    }))

  test.each(['<html>', '{"status":"ok"}'])(
    'is somebody else’s who answers %s',
    async (reply) =>
      await whileServing(reply, async (port) => {
        expect(await checkPort({ host, port })).toMatchObject({
          state: 'fail',
          detail: `another program listens at 127.0.0.1:${port}`,
        })
      }),
  )

  test('cannot be had at an address that is not this machine’s', async () => {
    expect(await checkPort({ host: '192.0.2.1', port: 8001 })).toMatchObject({
      state: 'fail',
      detail: '192.0.2.1:8001 cannot be bound (EADDRNOTAVAIL)',
    })
  })
})

describe('the clock', () => {
  const now = new Date('2026-11-21T10:00:00.000Z')
  const at = (text: string) => new Date(text)
  test.each([
    ['alone and plausible', now, null, 'ok'],
    ['never set', at('1970-01-01T00:01:00.000Z'), null, 'fail'],
    ['as the database has it', now, { databaseNow: now, appliedAt: null }, 'ok'],
    ['five seconds off', now, { databaseNow: at('2026-11-21T10:00:05.000Z'), appliedAt: null }, 'warn'],
    ['five minutes off', now, { databaseNow: at('2026-11-21T09:55:00.000Z'), appliedAt: null }, 'fail'],
    ['before the schema was made', now, { databaseNow: now, appliedAt: at('2026-11-22T00:00:00.000Z') }, 'warn'],
  ] as const)('%s', (_name, reading, database, state) => {
    expect(checkClock(reading, database).state).toBe(state)
  })
})

describe('an embedded database', () => {
  const migrations = collectMigrations()
  const [last] = migrations.slice(-1)
  const withData = async (made: typeof migrations, work: (config: Config) => Promise<void>) => {
    const dataDir = await copyPgliteTemplate(made)
    await work(configured({ dataDir }))
    rmSync(dataDir, { recursive: true, force: true })
  }

  test('that is not there yet will be made, not by the doctor', async () => {
    const dataDir = newFolder('empty')
    expect(states(await checkDatabase(configured({ dataDir }), log))).toEqual({ database: 'ok', clock: 'ok' })
    expect(readdirSync(dataDir)).toEqual([])
  })

  test('that is up to date', async () =>
    await withData(migrations, async (config) => {
      const findings = await checkDatabase(config, log)
      expect(states(findings)).toEqual({ database: 'ok', schema: 'ok', vector: 'ok', clock: 'ok' })
      expect(readdirSync(config.dataDir).filter((name) => name.startsWith('lock.'))).toEqual([])
    }))

  test('that somebody has open is left alone', async () =>
    await withData(migrations, async (config) => {
      const lock = await FolderLock.acquire(config.dataDir)
      const findings = await checkDatabase(config, log)
      lock.release()
      expect(states(findings)).toEqual({ database: 'ok', clock: 'ok' })
      expect(findings[0]?.detail).toContain(`open in process ${process.pid}`)
    }))

  test('that a start will bring up to date', async () =>
    await withData(migrations.slice(0, -1), async (config) => {
      const [, schema] = await checkDatabase(config, log)
      expect(schema).toMatchObject({ name: 'schema', state: 'warn', detail: expect.stringContaining('1 migrations') })
      expect(schema?.detail).toContain(`${last?.slice}/${last?.file}`)
    }))

  test('whose migrations were changed after they were applied', async () => {
    const changed = migrations.map((one) => (one === last ? { ...one, sql: `${one.sql}-- edited` } : one))
    await withData(changed, async (config) => {
      expect((await checkDatabase(config, log))[1]).toMatchObject({ name: 'schema', state: 'fail' })
    })
  })

  test('that a newer program has migrated', async () => {
    const newer = [...migrations, { slice: 'later', file: 'schema.sql', sql: 'select 1;' }]
    await withData(newer, async (config) => {
      const [, schema] = await checkDatabase(config, log)
      expect(schema).toMatchObject({ state: 'warn', detail: 'a newer MetaAgent has been here: later/schema.sql' })
    })
  })

  test('whose files are broken is a failure and no crash', async () => {
    const dataDir = newFolder('broken')
    mkdirSync(join(dataDir, 'pg'))
    appendFileSync(join(dataDir, 'pg', 'PG_VERSION'), 'nonsense')
    const findings = await examineDeployment(configured({ dataDir, port: 0 }), log)
    expect(states(findings)).toMatchObject({ 'master key': 'fail', database: 'fail', port: 'ok' })
  })
})

describe.skipIf(postgresUrl() === null)('a PostgreSQL server', () => {
  let opened: TestStore
  beforeAll(async () => {
    opened = await openTestStore('postgres')
  })
  afterAll(async () => await opened.close())

  const look = async (databaseUrlGiven: string, fields: Partial<Config> = {}) =>
    await checkDatabase(configured({ databaseUrl: databaseUrlGiven, ...fields }), log)

  test('that is ready; pgvector may be missing', async () => {
    const findings = await look(opened.location)
    expect(states(findings)).toMatchObject({ database: 'ok', schema: 'ok', clock: 'ok' })
    expect(findings[0]?.detail).toMatch(/^postgres \d+.* 127\.0\.0\.1:\d+\//)
    expect(['ok', 'warn']).toContain(states(findings)['vector'])
  })

  test('a login that must not serve is refused with what to do', async () => {
    const asSuperuser = databaseUrl(postgresUrl() ?? '', new URL(opened.location).pathname.slice(1))
    expect(await look(asSuperuser)).toMatchObject([{ state: 'fail', advice: expect.stringContaining('superuser') }])
  })

  test('a database without a schema wants to be migrated', async () => {
    const empty = await createEmptyDatabase(postgresUrl() ?? '')
    const url = await empty.asLogin('doctor', 'in role metaagent_app')
    expect(await look(url)).toMatchObject([{ state: 'fail', advice: expect.stringContaining('metaagent migrate') }])
    await empty.drop()
  })

  test('a server that is away is said to be', async () => {
    const port = await usablePort('127.0.0.1', 0)
    const [finding] = await look(`postgres://app:hush@127.0.0.1:${port}/metaagent`)
    expect(finding).toMatchObject({ state: 'fail', advice: expect.stringContaining('DATABASE_URL') })
    expect(JSON.stringify(finding)).not.toContain('hush')
  })
})
