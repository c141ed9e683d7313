import type { CompiledQuery, Kysely } from 'kysely'

/**
 * Who a transaction acts for. Row-level security reads it from the session settings
 * `metaagent.organization_id` and `metaagent.scope`.
 *
 * - `{ organizationId }`: sees and writes the rows of one organization only.
 * - `'deployment'`: sees the deployment's own tables (subscriber cursors, the directory of
 *   credentials, the list of organizations) and, for reading, the journal of all organizations.
 *   For jobs, sign-in and start-up; never opened by a request that carries a caller.
 */
export type Scope = { readonly organizationId: string } | 'deployment'

/** One open transaction. Valid until the work that it was handed to has ended. */
export interface Tx {
  readonly scope: Scope
  /** The organization this transaction acts for; throws in the deployment scope. */
  readonly organizationId: string
  /** Typed access to the tables that a slice owns: `tx.tables<JournalTables>()`. */
  tables<Tables>(): Kysely<Tables>
  /** Runs `work` in the same transaction but under another scope, then restores this one. */
  within<T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T>
  /**
   * Copies text-format COPY rows (tab separated, `\N` for null, newline terminated, UTF-8) into a table without
   * row-level security: the temporary staging tables of bulk ingest. Returns the count of rows. The bytes are handed over
   * and must not be used afterwards.
   */
  copyInto(table: string, columns: readonly string[], rows: Uint8Array): Promise<number>
  /**
   * Runs a statement whose result nobody needs right before the commit and in one round trip with it (at the end of
   * `within`, when it was asked for there). For rows that many transactions change, such as sums: they stay locked no
   * longer than the commit takes. Statements run in the order in which they were given.
   */
  atCommit(statement: CompiledQuery): void
  /** Runs `effect` once after this transaction has committed durably; never after a rollback. */
  afterCommit(effect: () => void): void
}

export interface TransactionOptions {
  /** Ends the transaction with `StatementTimeout` when one statement takes longer. Default 30,000. */
  readonly statementTimeoutMs?: number
  /**
   * `kept`: inserts that come again are planned once for all parameters, a tenth of the cost of a bulk insert, whose plan
   * does not depend on the sizes of tables. Default `fresh`: every statement is planned for its parameters.
   */
  readonly plans?: 'fresh' | 'kept'
}

export interface StoreStatus {
  readonly kind: 'pglite' | 'postgres'
  readonly serverVersion: string
  readonly hasVector: boolean
  /** Where the data is: a folder or host:port/database, never a password. */
  readonly location: string
}

/** The one door to the database. Two adapters: PGlite (embedded) and PostgreSQL (server). */
export interface Store {
  readonly kind: 'pglite' | 'postgres'
  /**
   * Runs `work` in one transaction as the serving role and under row-level security; commits when it resolves,
   * rolls back when it rejects. When it returns, the commit is durable. On PGlite there is one session: keep
   * transactions short and never await a network or LLM call inside.
   */
  transaction<T>(scope: Scope, work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Hints from `notify` on a channel; a missed one is legal (polling is the truth). Returns the stop function. */
  listen(channel: string, onHint: (payload: string) => void): Promise<() => Promise<void>>
  /** Sends a coalesced hint on a channel, outside any transaction. Never throws. */
  notify(channel: string, payload?: string): void
  status(): Promise<StoreStatus>
  close(): Promise<void>
}

/** A connection that owns the schema: migrations and maintenance only, never a request. */
export interface SchemaOwner {
  /** Runs `work` with bare SQL as `metaagent_owner` in one transaction, holding the deployment's migration lock. */
  migrate<T>(work: (sql: OwnerSql) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface OwnerSql {
  /** Several statements, no parameters. */
  exec(statements: string): Promise<void>
  query<Row>(statement: string, parameters?: readonly unknown[]): Promise<readonly Row[]>
}
