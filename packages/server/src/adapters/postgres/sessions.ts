import { finished } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Log } from '../../ports/log.ts'
import { encodeParameter } from '../sql/parameters.ts'
import {
  copyStatement,
  mayKeepPlan,
  planCacheMode,
  type SessionSettings,
  type SessionSource,
  type SqlOutcome,
  type SqlSession,
  type SqlStatement,
} from '../sql/session.ts'
import { StatementNames } from '../sql/statement-names.ts'
import { fromPgError } from './errors.ts'
import { StatementPipeline } from './statement-pipeline.ts'

/** Longer waits inside an open transaction mean that somebody awaits a network call in it. */
const idleInTransactionTimeoutMs = 60_000

/** Hands out clients of a pool, each with its transaction begun. */
export class PostgresSessions implements SessionSource {
  readonly #pool: pg.Pool
  readonly #log: Log
  /** Null: nothing is kept prepared. */
  #names: StatementNames | null = new StatementNames()

  constructor(pool: pg.Pool, log: Log) {
    this.#pool = pool
    this.#log = log
  }

  async begin(settings: SessionSettings): Promise<SqlSession> {
    let client: pg.PoolClient
    try {
      client = await this.#pool.connect()
    } catch (error) {
      throw fromPgError(error, settings.statementTimeoutMs)
    }
    const session = new PostgresSession(client, settings, this.#names, (code) => this.#onStale(code))
    try {
      await session.exec(beginStatements(settings))
    } catch (error) {
      await session.rollbackAndRelease()
      throw error
    }
    return session
  }

  #onStale(code: string): void {
    if (code === changedResult || this.#names === null) return
    // Between here and the server sits a pooler that hands our statements another connection.
    this.#names = null
    this.#log.warn({ code }, 'the connection pooler does not keep prepared statements; going on without them')
  }
}

const changedResult = '0A000'
/**
 * A prepared statement whose result has other columns since a migration, which the server does not know, or which it
 * knows already. The connection is given up, and its statements with it.
 */
const staleStatement: ReadonlySet<string> = new Set([changedResult, '26000', '42P05'])

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
    plan_cache_mode: planCacheMode[settings.plans],
    // Statements here take milliseconds; compiling one whose rows were overestimated took 480 ms.
    jit: 'off',
    'metaagent.organization_id': settings.organizationId,
    'metaagent.scope': settings.scope,
    role: settings.role,
  }
  const calls = Object.entries(values).map(([name, value]) => `set_config('${name}', '${value}', true)`)
  return `begin; select ${calls.join(', ')}`
}

class PostgresSession implements SqlSession {
  readonly #client: pg.PoolClient
  readonly #settings: SessionSettings
  readonly #names: StatementNames | null
  readonly #onStale: (code: string) => void
  #stale = false

  constructor(
    client: pg.PoolClient,
    settings: SessionSettings,
    names: StatementNames | null,
    onStale: (code: string) => void,
  ) {
    this.#client = client
    this.#settings = settings
    this.#names = names
    this.#onStale = onStale
    // A connection that dies between two statements emits this; the next statement reports it.
    client.on('error', ignore)
  }

  async query(statement: string, parameters: readonly unknown[]): Promise<SqlOutcome> {
    return await this.#mapped(async () => {
      const name = this.#nameOf(statement)
      const result = await this.#client.query<Record<string, unknown>>({
        text: statement,
        values: parameters.map(encodeParameter),
        ...(name === null ? {} : { name }),
      })
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

  async commitAndRelease(last: readonly SqlStatement[]): Promise<void> {
    let command: string
    try {
      command = await this.#mapped(async () => await this.#commit(last))
    } catch (error) {
      // One of the last statements was refused, or nobody knows what became of the commit.
      if (last.length > 0) await this.rollbackAndRelease()
      else this.#release(true)
      throw error
    }
    this.#release(false)
    if (command === 'ROLLBACK') throw new Error('broken invariant: an aborted transaction was to be committed')
  }

  async #commit(last: readonly SqlStatement[]): Promise<string> {
    if (last.length === 0) return (await this.#client.query('commit')).command
    const steps = last.map(({ statement, parameters }) => ({
      name: this.#nameOf(statement),
      text: statement,
      values: parameters.map(encodeParameter),
    }))
    const pipeline = new StatementPipeline([...steps, { name: this.#nameOf('commit'), text: 'commit', values: [] }])
    this.#client.query(pipeline)
    return (await pipeline.finished).at(-1) ?? ''
  }

  #nameOf(statement: string): string | null {
    return mayKeepPlan(this.#settings.plans, statement) ? (this.#names?.nameOf(statement) ?? null) : null
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
    this.#client.release(broken || this.#stale)
  }

  async #mapped<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      const code = (error as { readonly code?: string }).code ?? ''
      if (staleStatement.has(code)) {
        this.#stale = true
        this.#onStale(code)
      }
      throw fromPgError(error, this.#settings.statementTimeoutMs)
    }
  }
}

function ignore(): void {}
