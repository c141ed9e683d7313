/** A row as it comes from the database, already decoded by `decode.ts`. */
export type SqlRow = Readonly<Record<string, unknown>>

export interface SqlOutcome {
  readonly rows: readonly SqlRow[]
  /** The command tag's first word: SELECT, INSERT, … */
  readonly command: string
  /** Rows that INSERT, UPDATE, DELETE, MERGE or COPY changed; 0 for every other command. */
  readonly affectedRows: number
}

/**
 * One reserved connection, from begin to release. PostgreSQL: a client of the pool. PGlite: the only session there
 * is, held under its mutex. Errors are those of `ports/store-errors.ts`.
 */
export interface SqlSession {
  query(statement: string, parameters: readonly unknown[]): Promise<SqlOutcome>
  /** Several statements, no parameters, results thrown away. */
  exec(statements: string): Promise<void>
  /** Text-format COPY rows into a temporary table of this session; returns the count. */
  copyIntoTemporary(table: string, columns: readonly string[], rows: Uint8Array): Promise<number>
  /**
   * Runs the last statements and commits, in one round trip; resolves when the commit is durable. Rejects with what
   * refused one of them after a rollback. The session is released in every case.
   */
  commitAndRelease(last: readonly SqlStatement[]): Promise<void>
  /** Rolls back and releases. Never throws: a session that cannot roll back is thrown away. */
  rollbackAndRelease(): Promise<void>
}

export interface SqlStatement {
  readonly statement: string
  readonly parameters: readonly unknown[]
}

/** What a transaction needs to know before its first statement. */
export interface SessionSettings {
  readonly role: 'metaagent_app' | 'metaagent_owner'
  /** A lower-case UUID, or '' in the deployment scope. */
  readonly organizationId: string
  readonly scope: 'organization' | 'deployment'
  readonly statementTimeoutMs: number
  readonly plans: 'fresh' | 'kept'
}

/**
 * PostgreSQL's `plan_cache_mode`. A look-up whose plan was kept since the day's partition was empty would read all of it
 * once it is full (190 ms for one row by its key in place of 0.2 ms), so what is kept is inserts only: see `mayKeepPlan`.
 */
export const planCacheMode = { fresh: 'force_custom_plan', kept: 'force_generic_plan' } as const

const anInsert = /^\s*insert into /

/** Whether a statement may stay prepared under these settings. */
export function mayKeepPlan(plans: SessionSettings['plans'], statement: string): boolean {
  return plans === 'fresh' || anInsert.test(statement)
}

/** Reserves sessions, each with its transaction begun under the given settings. */
export interface SessionSource {
  begin(settings: SessionSettings): Promise<SqlSession>
}

/** Quotes an identifier. Throws a TypeError on an empty one or one with a NUL. */
export function quoteIdentifier(name: string): string {
  if (name.length === 0 || name.includes('\0')) throw new TypeError('not an SQL identifier')
  return `"${name.replaceAll('"', '""')}"`
}

/** `copy pg_temp."t" ("a", "b") from …`: only a temporary table can be meant, so row-level security cannot be evaded. */
export function copyStatement(table: string, columns: readonly string[], source: string): string {
  return `copy pg_temp.${quoteIdentifier(table)} (${columns.map(quoteIdentifier).join(', ')}) from ${source}`
}
