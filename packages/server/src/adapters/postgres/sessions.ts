import { finished } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { encodeParameter } from '../sql/parameters.ts'
import {
  copyStatement,
  type SessionSettings,
  type SessionSource,
  type SqlOutcome,
  type SqlSession,
} from '../sql/session.ts'
import { fromPgError } from './errors.ts'

/** Longer waits inside an open transaction mean that somebody awaits a network call in it. */
const idleInTransactionTimeoutMs = 60_000

/** Hands out clients of a pool, each with its transaction begun. */
export class PostgresSessions implements SessionSource {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  async begin(settings: SessionSettings): Promise<SqlSession> {
    let client: pg.PoolClient
    try {
      client = await this.#pool.connect()
    } catch (error) {
      throw fromPgError(error, settings.statementTimeoutMs)
    }
    const session = new PostgresSession(client, settings.statementTimeoutMs)
    try {
      await session.exec(beginStatements(settings))
    } catch (error) {
      await session.rollbackAndRelease()
      throw error
    }
    return session
  }
}

/**
 * One round trip. Everything is local to the transaction, so that it holds behind a pooler that hands each transaction
 * another connection. The values are a closed set, numbers and a checked UUID, never input.
 */
export function beginStatements(settings: SessionSettings): string {
  const values: Readonly<Record<string, string>> = {
    statement_timeout: String(settings.statementTimeoutMs),
    idle_in_transaction_session_timeout: String(idleInTransactionTimeoutMs),
    datestyle: 'ISO, YMD',
    intervalstyle: 'postgres',
    timezone: 'UTC',
    'metaagent.organization_id': settings.organizationId,
    'metaagent.scope': settings.scope,
    role: settings.role,
  }
  const calls = Object.entries(values).map(([name, value]) => `set_config('${name}', '${value}', true)`)
  return `begin; select ${calls.join(', ')}`
}

class PostgresSession implements SqlSession {
  readonly #client: pg.PoolClient
  readonly #statementTimeoutMs: number

  constructor(client: pg.PoolClient, statementTimeoutMs: number) {
    this.#client = client
    this.#statementTimeoutMs = statementTimeoutMs
    // A connection that dies between two statements emits this; the next statement reports it.
    client.on('error', ignore)
  }

  async query(statement: string, parameters: readonly unknown[]): Promise<SqlOutcome> {
    return await this.#mapped(async () => {
      const result = await this.#client.query<Record<string, unknown>>(statement, parameters.map(encodeParameter))
      const affectedRows = result.command === 'SELECT' ? 0 : (result.rowCount ?? 0)
      return { rows: result.rows, command: result.command, affectedRows }
    })
  }

  async exec(statements: string): Promise<void> {
    await this.#mapped(async () => {
      await this.#client.query(statements)
    })
  }

  async copyIntoTemporary(table: string, columns: readonly string[], rows: Uint8Array): Promise<number> {
    return await this.#mapped(async () => {
      const stream = this.#client.query(copyFrom(copyStatement(table, columns, 'stdin')))
      stream.end(rows)
      await finished(stream)
      return stream.rowCount ?? 0
    })
  }

  async commitAndRelease(): Promise<void> {
    let failed: unknown = null
    try {
      const ended = await this.#mapped(async () => await this.#client.query('commit'))
      if (ended.command === 'ROLLBACK') throw new Error('broken invariant: an aborted transaction was to be committed')
    } catch (error) {
      failed = error
      throw error
    } finally {
      this.#release(failed !== null)
    }
  }

  async rollbackAndRelease(): Promise<void> {
    let broken = false
    try {
      await this.#client.query('rollback')
    } catch {
      broken = true
    }
    this.#release(broken)
  }

  #release(broken: boolean): void {
    this.#client.off('error', ignore)
    this.#client.release(broken)
  }

  async #mapped<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw fromPgError(error, this.#statementTimeoutMs)
    }
  }
}

function ignore(): void {}
