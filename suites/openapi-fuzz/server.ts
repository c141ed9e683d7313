import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../packages/server/src/app/config.ts'
import { startMetaAgent } from '../../packages/server/src/app/main.ts'
import { collectMigrations } from '../../packages/server/src/app/migrations.ts'
import { addMs, instantFromEpochMs } from '../../packages/server/src/kernel/instant.ts'
import type { Log, LogFields } from '../../packages/server/src/ports/log.ts'
import { makeOneOfEverything } from '../../packages/server/src/testkit/one-of-everything.ts'
import { openPgliteTestStore } from '../../packages/server/src/testkit/test-stores.ts'
import { startServerOn } from '../../packages/server/src/testkit/whole-server.ts'
import { freePort } from '../../tools/free-port.ts'
import type { KnownValues } from './schemathesis.ts'

/** A whole server with one of everything in it. */
export interface FuzzedServer {
  readonly url: string
  readonly adminKey: string
  readonly readerKey: string
  readonly known: KnownValues
  /** Requests that failed by a mistake of ours, and jobs that did. */
  readonly faults: readonly string[]
  close(): Promise<void>
}

/** Fills an embedded database as the access test does, then starts a server of its own on it, with its jobs and real time. */
export async function startFuzzedServer(): Promise<FuzzedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-openapi-fuzz-'))
  const secretKey = randomBytes(32)
  const filled = await fill(folder, secretKey)
  const log = new FaultLog()
  const rateLimit = { enabled: false, apiPerMinute: 1, ingestPerMinute: 1 }
  const config = { ...readConfig({}), dataDir: folder, secretKey, port: await freePort(), rateLimit }
  const running = await startMetaAgent({ ...config, durability: 'relaxed' }, log)
  const close = async () => {
    await running.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { url: `http://127.0.0.1:${config.port}`, ...filled, faults: log.faults, close }
}

async function fill(folder: string, secretKey: Uint8Array) {
  const testStore = await openPgliteTestStore({ migrations: collectMigrations() })
  const startsAt = addMs(instantFromEpochMs(Date.now()), -3_600_000)
  const server = await startServerOn(testStore, { secretKey, startsAt })
  const { params } = await makeOneOfEverything(server)
  const readerKey = await server.keyFor('viewer')
  // Copied before it is thrown away with its store, and after the last write is on disk.
  await server.composed.close()
  await testStore.store.close()
  cpSync(testStore.location, folder, { recursive: true })
  rmSync(testStore.location, { recursive: true, force: true })
  return { adminKey: server.adminKey, readerKey, known: params }
}

/** Keeps what is logged as an error. */
class FaultLog implements Log {
  readonly faults: string[] = []
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(fields: LogFields, message: string): void {
    this.faults.push(`${message}: ${JSON.stringify(fields)}`)
  }
}
