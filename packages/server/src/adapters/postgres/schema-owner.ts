import pg from 'pg'
import type { OwnerSql, SchemaOwner } from '../../ports/store.ts'
import { UnsafeStoreSetup } from '../../ports/store-errors.ts'
import { bootstrapStatements } from '../schema/bootstrap.ts'
import { encodeParameter } from '../sql/parameters.ts'
import { fromPgError } from './errors.ts'
import { beginStatements } from './sessions.ts'
import { sharedTypes } from './types.ts'

/** One key for the whole deployment; any 64-bit number that nobody else uses: "metaagnt" in ASCII. */
const migrationLock = '7882834684376739444'
const migrationTimeoutMs = 600_000
const insufficientPrivilege = '42501'

/**
 * Opens the connection that owns the schema. The login of `METAAGENT_MIGRATION_URL` is a superuser (who then acts as
 * `metaagent_owner` and makes the roles when they are missing), or `metaagent_owner` itself, or a member of it.
 */
export function openSchemaOwner(connectionString: string): SchemaOwner {
  return new PostgresSchemaOwner(connectionString)
}

class PostgresSchemaOwner implements SchemaOwner {
  readonly #connectionString: string

  constructor(connectionString: string) {
    this.#connectionString = connectionString
  }

  async migrate<T>(work: (sql: OwnerSql) => Promise<T>): Promise<T> {
    const client = new pg.Client({
      connectionString: this.#connectionString,
      application_name: 'metaagent migrate',
      types: sharedTypes,
    })
    client.on('error', () => {})
    try {
      await client.connect()
      // Waits for another process that is migrating; released with the transaction.
      await client.query('begin')
      await client.query(`select pg_advisory_xact_lock(${migrationLock})`)
      await becomeOwner(client)
      const value = await work(ownerSql(client))
      await client.query('commit')
      return value
    } catch (error) {
      throw fromPgError(error, migrationTimeoutMs)
    } finally {
      // Ending the connection rolls back what is open.
      await client.end().catch(() => {})
    }
  }

  async close(): Promise<void> {}
}

/** Makes roles and rights where they are missing, then takes the owner's role for the rest of the transaction. */
async function becomeOwner(client: pg.Client): Promise<void> {
  try {
    await client.query(bootstrapStatements)
    const settings = {
      role: 'metaagent_owner',
      organizationId: '',
      scope: 'deployment',
      statementTimeoutMs: migrationTimeoutMs,
      plans: 'fresh',
    } as const
    await client.query(beginStatements(settings).replace(/^begin; /, ''))
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== insufficientPrivilege) throw error
    throw new UnsafeStoreSetup(
      `the login of METAAGENT_MIGRATION_URL may not prepare the database (${error.message}). Use a superuser once, or ` +
        'let one run: create role metaagent_owner; create role metaagent_app; grant usage, create on schema public to ' +
        'metaagent_owner; grant usage on schema public to metaagent_app; grant metaagent_owner to <login>',
      { cause: error },
    )
  }
}

function ownerSql(client: pg.Client): OwnerSql {
  const mapped = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act()
    } catch (error) {
      throw fromPgError(error, migrationTimeoutMs)
    }
  }
  return {
    exec: async (statements) => {
      await mapped(async () => await client.query(statements))
    },
    query: async <Row>(statement: string, parameters: readonly unknown[] = []) => {
      const result = await mapped(async () => await client.query(statement, parameters.map(encodeParameter)))
      return result.rows as readonly Row[]
    },
  }
}
