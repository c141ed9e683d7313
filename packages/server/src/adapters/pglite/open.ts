import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Log } from '../../ports/log.ts'
import { bootstrapStatements } from '../schema/bootstrap.ts'
import { unpackArchive } from './archive.ts'
import { EngineHolder } from './engine-holder.ts'
import { FolderLock } from './folder-lock.ts'
import { Maintenance, type MaintenanceSettings } from './maintenance.ts'
import { Mutex } from './mutex.ts'
import { Hints, PgliteStore } from './pglite-store.ts'
import { WalSync } from './wal-sync.ts'

export interface PgliteOptions {
  /** The data folder; made when it is missing. Holds the lock and, in `pg/`, PostgreSQL's files. */
  readonly folder: string
  readonly log: Log
  /** A tarball to start an empty folder from, already checked by `findSeed`. Default none. */
  readonly seedFile?: string | null
  /**
   * `synced` (default): a commit is acknowledged when its log is on the disk. `relaxed`: when it is written, which
   * survives a crash of the process but not of the machine; for tests.
   */
  readonly durability?: 'synced' | 'relaxed'
  /** Null turns timed maintenance off. */
  readonly maintenance?: MaintenanceSettings | null
  /** Default 1,000. */
  readonly slowTransactionMs?: number
}

/** Where PostgreSQL's files lie in a data folder. */
export function pgliteDataDir(folder: string): string {
  return join(resolve(folder), 'pg')
}

/** Whether the data folder holds a database already. */
export function hasPgliteData(folder: string): boolean {
  return existsSync(join(pgliteDataDir(folder), 'PG_VERSION'))
}

/**
 * Opens the embedded database, making it when the folder is empty. The schema is left as it is: call `migrate`.
 *
 * Promises: a commit that was acknowledged survives a crash of the process. A loss of power is not proven safe: PGlite
 * syncs nothing itself, and this adapter
 * can sync its log before each acknowledgement but its data files only after a checkpoint.
 *
 * Throws FolderInUse when another process has the folder, StoreUnavailable when its files cannot be opened.
 */
export async function openPglite(options: PgliteOptions): Promise<PgliteStore> {
  const folder = resolve(options.folder)
  mkdirSync(folder, { recursive: true })
  const lock = await FolderLock.acquire(folder)
  let engines: EngineHolder | null = null
  try {
    const dataDir = pgliteDataDir(folder)
    const hints = new Hints()
    await prepareFolder(folder, options.seedFile ?? null)
    engines = await EngineHolder.open({ dataDir }, (channel, payload) => hints.deliver(channel, payload), options.log)
    const engine = await engines.get()
    await engine.call({ op: 'exec', statements: bootstrapStatements, begin: null })
    rmSync(beginningMark(folder), { force: true })
    const mutex = new Mutex()
    const { maintenance: settings = {}, log, slowTransactionMs } = options
    const synced = options.durability !== 'relaxed'
    const walSync = synced ? new WalSync(dataDir) : null
    const parts = { engines, mutex, log, syncedDataDir: synced ? dataDir : null }
    const maintenance = settings === null ? null : new Maintenance(parts, settings)
    return new PgliteStore({ folder, engines, mutex, walSync, lock, hints, maintenance, log, slowTransactionMs })
  } catch (error) {
    await engines?.close()
    lock.release()
    throw error
  }
}

function beginningMark(folder: string): string {
  return join(folder, 'initializing')
}

async function prepareFolder(folder: string, seedFile: string | null): Promise<void> {
  const mark = beginningMark(folder)
  // A first start that was cut short leaves half a database, which nobody has been given yet: begin anew.
  if (existsSync(mark)) rmSync(pgliteDataDir(folder), { recursive: true, force: true })
  if (hasPgliteData(folder)) return
  writeFileSync(mark, '')
  if (seedFile !== null) await unpackArchive(seedFile, pgliteDataDir(folder))
}
