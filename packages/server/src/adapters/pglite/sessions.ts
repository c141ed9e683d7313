import { StatementTimeout } from '../../ports/store-errors.ts'
import { type Urgency, whoWaits } from '../../ports/urgency.ts'
import { encodeParameter } from '../sql/parameters.ts'
import {
  copyStatement,
  type SessionSettings,
  type SessionSource,
  type SqlOutcome,
  type SqlSession,
  type SqlStatement,
} from '../sql/session.ts'
import type { Engine } from './engine.ts'
import type { EngineHolder } from './engine-holder.ts'
import type { Beginning, WorkerAnswers, WorkerOperation } from './messages.ts'
import type { Line, Mutex } from './mutex.ts'
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
    const free = await this.#options.mutex.acquire(lineOf(whoWaits()))
    try {
      return new PgliteSession(await this.#options.engines.get(), free, this.#options.walSync, settings)
    } catch (error) {
      free()
      throw error
    }
  }
}

function lineOf(urgency: Urgency | null): Line {
  return urgency === 'privileged' ? 'first' : urgency === 'screen' ? 'urgent' : 'patient'
}

class PgliteSession implements SqlSession {
  readonly #engine: Engine
  readonly #free: () => void
  readonly #walSync: WalSync | null
  readonly #settings: SessionSettings
  /** The first operation carries it; null once the transaction is open. */
  #begin: Beginning | null
  #timedOut = false

  constructor(engine: Engine, free: () => void, walSync: WalSync | null, settings: SessionSettings) {
    this.#engine = engine
    this.#free = free
    this.#walSync = walSync
    this.#settings = settings
    this.#begin = settings
  }

  async query(statement: string, parameters: readonly unknown[]): Promise<SqlOutcome> {
    const encoded = parameters.map(encodeParameter)
    return await this.#limited({ op: 'query', statement, parameters: encoded, begin: this.#takeBegin() })
  }

  async exec(statements: string): Promise<void> {
    await this.#limited({ op: 'exec', statements, begin: this.#takeBegin() })
  }

  async copyIntoTemporary(table: string, columns: readonly string[], rows: Uint8Array): Promise<number> {
    const statement = copyStatement(table, columns, `'/dev/blob'`)
    const begin = this.#takeBegin()
    return await this.#limited({ op: 'copy', statement, rows: wholeBuffer(rows), role: this.#settings.role, begin })
  }

  #takeBegin(): Beginning | null {
    if (this.#begin === null) return null
    const { role, organizationId, scope, plans } = this.#begin
    this.#begin = null
    return { role, organizationId, scope, plans }
  }

  async #limited<Operation extends WorkerOperation>(operation: Operation): Promise<WorkerAnswers[Operation['op']]> {
    try {
      return await this.#engine.callWithin(operation, this.#settings.statementTimeoutMs)
    } catch (error) {
      if (error instanceof StatementTimeout) this.#timedOut = true
      throw error
    }
  }

  async commitAndRelease(last: readonly SqlStatement[]): Promise<void> {
    if (this.#begin !== null && last.length === 0) return this.#free() // nothing was ever asked
    const encoded = last.map(({ statement, parameters }) => ({
      statement,
      parameters: parameters.map(encodeParameter),
    }))
    const committing = this.#engine.call({ op: 'commit', last: encoded, begin: this.#takeBegin() })
    // The engine works in the order of the calls, so the next transaction may queue up behind this commit already. It
    // may also commit while this one waits for the disk, and then shares the sync or does the next.
    this.#free()
    const position = await committing
    if (!position.committed) throw new Error('broken invariant: an aborted transaction was to be committed')
    await this.#walSync?.upTo(position)
  }

  async rollbackAndRelease(): Promise<void> {
    try {
      // The statement would keep the only session to itself for as long as it likes. Ending the thread ends it; the
      // open transaction is undone by the recovery of the next start, about half a second.
      if (this.#timedOut) await this.#engine.terminate('a statement ran out of time')
      else if (this.#begin === null) await this.#engine.call({ op: 'rollback' })
    } catch {
      // The thread is gone, and the open transaction with it.
    } finally {
      this.#free()
    }
  }
}

/** The bytes as a buffer of their own, which can change hands between threads. */
function wholeBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength) return buffer
  return Uint8Array.from(bytes).buffer
}
