import pg from 'pg'
import type { Log } from '../../ports/log.ts'
import type { Scope, Store, StoreStatus, TransactionOptions, Tx } from '../../ports/store.ts'
import { TransactionRunner } from '../sql/transaction.ts'
import { fromPgError } from './errors.ts'
import { Listener } from './listener.ts'
import { assertServingRoleIsSafe } from './serving-role.ts'
import { PostgresSessions } from './sessions.ts'
import { sharedTypes } from './types.ts'

const connectTimeoutMs = 10_000
const statusTimeoutMs = 5_000

export interface PostgresOptions {
  /** `DATABASE_URL`: a login that is a member of `metaagent_app` and nothing more. */
  readonly connectionString: string
  readonly log: Log
  /** Most connections of this process. Default 10. */
  readonly poolSize?: number
  /** Default 1,000. */
  readonly slowTransactionMs?: number
}

/**
 * Opens the store on a PostgreSQL server whose schema has been migrated. Throws UnsafeStoreSetup when the login must
 * not serve, StoreUnavailable when the server cannot be reached.
 */
export async function openPostgres(options: PostgresOptions): Promise<Store> {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    application_name: 'metaagent',
    max: options.poolSize ?? 10,
    connectionTimeoutMillis: connectTimeoutMs,
    types: sharedTypes,
  })
  // An idle connection that the server ends must not end the process; the pool replaces it.
  pool.on('error', (error) => options.log.warn({ error: String(error) }, 'an idle database connection was lost'))
  try {
    await assertServingRoleIsSafe(pool)
  } catch (error) {
    await pool.end()
    throw fromPgError(error, connectTimeoutMs)
  }
  return new PostgresStore(pool, options)
}

class PostgresStore implements Store {
  readonly kind = 'postgres'
  readonly #pool: pg.Pool
  readonly #runner: TransactionRunner
  readonly #listener: Listener
  readonly #location: string
  #closing: Promise<void> | null = null

  constructor(pool: pg.Pool, options: PostgresOptions) {
    this.#pool = pool
    const slow = options.slowTransactionMs
    this.#runner = new TransactionRunner(new PostgresSessions(pool, options.log), {
      log: options.log,
      ...(slow === undefined ? {} : { slowTransactionMs: slow }),
    })
    this.#listener = new Listener(options.connectionString, options.log)
    this.#location = locationOf(options.connectionString)
  }

  async transaction<T>(scope: Scope, work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T> {
    return await this.#runner.run(scope, work, options)
  }

  async listen(channel: string, onHint: (payload: string) => void): Promise<() => Promise<void>> {
    try {
      return await this.#listener.listen(channel, onHint)
    } catch (error) {
      throw fromPgError(error, connectTimeoutMs)
    }
  }

  notify(channel: string, payload = ''): void {
    this.#listener.notify(channel, payload)
  }

  async status(): Promise<StoreStatus> {
    try {
      const { rows } = await this.#pool.query<{ version: string; vector: boolean }>(
        `select current_setting('server_version') as version,
          exists (select from pg_extension where extname = 'vector') as vector`,
      )
      const row = rows[0]
      return {
        kind: 'postgres',
        serverVersion: row?.version ?? 'unknown',
        hasVector: row?.vector === true,
        location: this.#location,
      }
    } catch (error) {
      throw fromPgError(error, statusTimeoutMs)
    }
  }

  async close(): Promise<void> {
    this.#closing ??= this.#listener.close().then(async () => await this.#pool.end())
    await this.#closing
  }
}

/** `host:port/database` of a connection string, without login and password. */
function locationOf(connectionString: string): string {
  const { host, port, database } = new pg.Client({ connectionString })
  return `${host}:${port}/${database ?? ''}`
}
