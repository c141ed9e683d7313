import { StatementTimeout } from '../../ports/store-errors.ts'
import { encodeParameter } from '../sql/parameters.ts'
import {
  copyStatement,
  type SessionSettings,
  type SessionSource,
  type SqlOutcome,
  type SqlSession,
} from '../sql/session.ts'
import type { Engine } from './engine.ts'
import type { EngineHolder } from './engine-holder.ts'
import type { WorkerAnswers, WorkerOperation } from './messages.ts'
import type { Mutex } from './mutex.ts'
import type { WalSync } from './wal-sync.ts'

export interface PgliteSessionsOptions {
  readonly engines: EngineHolder
  readonly mutex: Mutex
  /** Null: commits are acknowledged before they are on the disk. */
  readonly walSync: WalSync | null
}

/** Hands out PGlite's one session, to one transaction at a time. */
export class PgliteSessions implements SessionSource {
  readonly #options: PgliteSessionsOptions

  constructor(options: PgliteSessionsOptions) {
    this.#options = options
  }

  async begin(settings: SessionSettings): Promise<SqlSession> {
    const free = await this.#options.mutex.acquire()
    let engine: Engine
    try {
      engine = await this.#options.engines.get()
    } catch (error) {
      free()
      throw error
    }
    const session = new PgliteSession(engine, free, this.#options.walSync, settings)
    try {
      // PGlite's session is its superuser: without the role no policy would hold. The values are a closed set and a
      // checked UUID, never input.
      await engine.call({
        op: 'exec',
        statements:
          `begin; select set_config('role', '${settings.role}', true), ` +
          `set_config('metaagent.organization_id', '${settings.organizationId}', true), ` +
          `set_config('metaagent.scope', '${settings.scope}', true)`,
      })
    } catch (error) {
      await session.rollbackAndRelease()
      throw error
    }
    return session
  }
}

class PgliteSession implements SqlSession {
  readonly #engine: Engine
  readonly #free: () => void
  readonly #walSync: WalSync | null
  readonly #settings: SessionSettings
  #timedOut = false

  constructor(engine: Engine, free: () => void, walSync: WalSync | null, settings: SessionSettings) {
    this.#engine = engine
    this.#free = free
    this.#walSync = walSync
    this.#settings = settings
  }

  async query(statement: string, parameters: readonly unknown[]): Promise<SqlOutcome> {
    const encoded = parameters.map(encodeParameter)
    return await this.#limited({ op: 'query', statement, parameters: encoded })
  }

  async exec(statements: string): Promise<void> {
    await this.#limited({ op: 'exec', statements })
  }

  async copyIntoTemporary(table: string, columns: readonly string[], rows: Uint8Array): Promise<number> {
    const statement = copyStatement(table, columns, `'/dev/blob'`)
    const blob = new Blob([rows as Uint8Array<ArrayBuffer>])
    return await this.#limited({ op: 'copy', statement, rows: blob, role: this.#settings.role })
  }

  async #limited<Operation extends WorkerOperation>(operation: Operation): Promise<WorkerAnswers[Operation['op']]> {
    try {
      return await this.#engine.callWithin(operation, this.#settings.statementTimeoutMs)
    } catch (error) {
      if (error instanceof StatementTimeout) this.#timedOut = true
      throw error
    }
  }

  async commitAndRelease(): Promise<void> {
    try {
      const position = await this.#engine.call({ op: 'commit' })
      if (!position.committed) throw new Error('broken invariant: an aborted transaction was to be committed')
      // The next transaction may begin while this one waits for the disk; it then shares the sync or does the next.
      this.#free()
      await this.#walSync?.upTo(position)
    } finally {
      this.#free()
    }
  }

  async rollbackAndRelease(): Promise<void> {
    try {
      // The statement would keep the only session to itself for as long as it likes. Ending the thread ends it; the
      // open transaction is undone by the recovery of the next start, about half a second.
      if (this.#timedOut) await this.#engine.terminate('a statement ran out of time')
      else await this.#engine.call({ op: 'exec', statements: 'rollback' })
    } catch {
      // The thread is gone, and the open transaction with it.
    } finally {
      this.#free()
    }
  }
}
