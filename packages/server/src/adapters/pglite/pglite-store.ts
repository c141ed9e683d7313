import type { Log } from '../../ports/log.ts'
import type { OwnerSql, SchemaOwner, Scope, Store, StoreStatus, TransactionOptions, Tx } from '../../ports/store.ts'
import { TransactionRunner } from '../sql/transaction.ts'
import type { EngineHolder } from './engine-holder.ts'
import type { FolderLock } from './folder-lock.ts'
import type { Maintenance } from './maintenance.ts'
import type { Mutex } from './mutex.ts'
import { PgliteSessions } from './sessions.ts'
import type { WalSync } from './wal-sync.ts'

const readStatus = `select current_setting('server_version') as version,
  exists (select from pg_extension where extname = 'vector') as vector`

/** Migrations may rewrite tables. */
const migrationTimeoutMs = 600_000

export interface PgliteParts {
  readonly folder: string
  readonly engines: EngineHolder
  readonly mutex: Mutex
  readonly walSync: WalSync | null
  readonly lock: FolderLock
  readonly hints: Hints
  readonly maintenance: Maintenance | null
  readonly log: Log
  readonly slowTransactionMs?: number | undefined
}

/** Listeners by channel. One process owns the folder, so hints never leave it. */
export class Hints {
  readonly #listeners = new Map<string, Set<(payload: string) => void>>()
  readonly #pending = new Set<string>()

  /** Whether this is the channel's first listener. */
  add(channel: string, onHint: (payload: string) => void): boolean {
    const listeners = this.#listeners.get(channel) ?? new Set()
    this.#listeners.set(channel, listeners)
    listeners.add(onHint)
    return listeners.size === 1
  }

  remove(channel: string, onHint: (payload: string) => void): void {
    this.#listeners.get(channel)?.delete(onHint)
  }

  deliver(channel: string, payload: string): void {
    for (const onHint of this.#listeners.get(channel) ?? []) onHint(payload)
  }

  /** Delivers soon; the same hint sent again before then is delivered once. */
  deliverSoon(channel: string, payload: string): void {
    const key = JSON.stringify([channel, payload])
    if (this.#pending.has(key)) return
    this.#pending.add(key)
    setImmediate(() => {
      this.#pending.delete(key)
      this.deliver(channel, payload)
    })
  }
}

/** The embedded store and, since its session is the superuser, the owner of its schema. */
export class PgliteStore implements Store, SchemaOwner {
  readonly kind = 'pglite'
  readonly #parts: PgliteParts
  readonly #runner: TransactionRunner
  readonly #sessions: PgliteSessions
  #closing: Promise<void> | null = null

  constructor(parts: PgliteParts) {
    this.#parts = parts
    this.#sessions = new PgliteSessions(parts)
    const slow = parts.slowTransactionMs
    this.#runner = new TransactionRunner(this.#sessions, {
      log: parts.log,
      ...(slow === undefined ? {} : { slowTransactionMs: slow }),
    })
  }

  async transaction<T>(scope: Scope, work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T> {
    return await this.#runner.run(scope, work, options)
  }

  async listen(channel: string, onHint: (payload: string) => void): Promise<() => Promise<void>> {
    const { engines, hints, mutex } = this.#parts
    // `pg_notify` in a statement comes through the database, `notify` goes straight to the listeners.
    if (hints.add(channel, onHint)) await mutex.hold(async () => await engines.listen(channel))
    return async () => hints.remove(channel, onHint)
  }

  notify(channel: string, payload = ''): void {
    this.#parts.hints.deliverSoon(channel, payload)
  }

  async status(): Promise<StoreStatus> {
    const { engines, mutex } = this.#parts
    const { rows } = await mutex.hold(async () => {
      const engine = await engines.get()
      return await engine.call({ op: 'query', statement: readStatus, parameters: [], begin: null })
    })
    const row = rows[0] as { version: string; vector: boolean } | undefined
    const serverVersion = `${row?.version ?? 'unknown'} (PGlite)`
    return { kind: 'pglite', serverVersion, hasVector: row?.vector === true, location: this.#parts.folder }
  }

  async migrate<T>(work: (sql: OwnerSql) => Promise<T>): Promise<T> {
    // The folder's lock keeps other processes out and the mutex everybody else in this one.
    const session = await this.#sessions.begin({
      role: 'metaagent_owner',
      organizationId: '',
      scope: 'deployment',
      statementTimeoutMs: migrationTimeoutMs,
      plans: 'fresh',
    })
    let value: T
    try {
      value = await work({
        exec: async (statements) => await session.exec(statements),
        query: async <Row>(statement: string, parameters: readonly unknown[] = []) =>
          (await session.query(statement, parameters)).rows as readonly Row[],
      })
    } catch (error) {
      await session.rollbackAndRelease()
      throw error
    }
    await session.commitAndRelease([])
    return value
  }

  /** Checkpoints, vacuums and analyses what is due, instead of waiting for the timer. */
  async maintain(): Promise<void> {
    await this.#parts.maintenance?.run()
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    const { engines, lock, maintenance, mutex, walSync } = this.#parts
    maintenance?.stop()
    await mutex.hold(async () => await engines.close())
    await walSync?.close()
    lock.release()
  }
}
