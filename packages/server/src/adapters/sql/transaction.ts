import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import { assertInvariant } from '../../kernel/assert.ts'
import type { Log } from '../../ports/log.ts'
import type { Scope, TransactionOptions, Tx } from '../../ports/store.ts'
import { SqlError, StatementTimeout, TransactionAborted } from '../../ports/store-errors.ts'
import type { SessionSettings, SessionSource, SqlOutcome, SqlSession, SqlStatement } from './session.ts'

const defaultStatementTimeoutMs = 30_000
const defaultSlowTransactionMs = 1_000

export interface TransactionRunnerOptions {
  readonly log: Log
  /** A transaction that takes longer is logged as a warning. Default 1,000. */
  readonly slowTransactionMs?: number
}

/** Runs transactions over any session source: the one implementation behind both stores. */
export class TransactionRunner {
  readonly #source: SessionSource
  readonly #log: Log
  readonly #slowTransactionMs: number

  constructor(source: SessionSource, options: TransactionRunnerOptions) {
    this.#source = source
    this.#log = options.log
    this.#slowTransactionMs = options.slowTransactionMs ?? defaultSlowTransactionMs
  }

  /** See `Store.transaction`. */
  async run<T>(scope: Scope, work: (tx: Tx) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const statementTimeoutMs = options.statementTimeoutMs ?? defaultStatementTimeoutMs
    const askedAt = performance.now()
    const session = await this.#source.begin(settingsOf(scope, statementTimeoutMs, options.plans))
    const begunAt = performance.now()
    const transaction = new OpenTransaction(session)
    let value: T
    try {
      value = await transaction.run(scope, work)
      await transaction.assertNotAborted()
    } catch (error) {
      await session.rollbackAndRelease()
      throw error
    } finally {
      transaction.end()
    }
    await session.commitAndRelease(transaction.last)
    this.#warnIfSlow(scope, transaction.statements, begunAt - askedAt, performance.now() - begunAt)
    for (const effect of transaction.effects) this.#fire(effect)
    return value
  }

  #warnIfSlow(scope: Scope, statements: number, waitedMs: number, tookMs: number): void {
    if (tookMs < this.#slowTransactionMs) return
    const organizationId = scope === 'deployment' ? null : scope.organizationId
    const fields = { organizationId, statements, waitedMs: Math.round(waitedMs), tookMs: Math.round(tookMs) }
    this.#log.warn(fields, 'slow transaction')
  }

  #fire(effect: () => void): void {
    try {
      effect()
    } catch (error) {
      this.#log.error({ error: String(error) }, 'an effect after commit failed; the commit stands')
    }
  }
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Throws a TypeError when the organization's id is not a UUID: it is written into the statement that begins. */
export function settingsOf(
  scope: Scope,
  statementTimeoutMs: number,
  plans: SessionSettings['plans'] = 'fresh',
): SessionSettings {
  if (!Number.isSafeInteger(statementTimeoutMs) || statementTimeoutMs <= 0) {
    throw new RangeError(`not a statement timeout in whole milliseconds: ${statementTimeoutMs}`)
  }
  if (scope === 'deployment') {
    return { role: 'metaagent_app', organizationId: '', scope: 'deployment', statementTimeoutMs, plans }
  }
  if (!uuidPattern.test(scope.organizationId)) throw new TypeError('the organization id of a transaction is not a UUID')
  const organizationId = scope.organizationId.toLowerCase()
  return { role: 'metaagent_app', organizationId, scope: 'organization', statementTimeoutMs, plans }
}

/** The state of one transaction, shared by its handles: the outer one and those of `within`. */
class OpenTransaction {
  readonly effects: (() => void)[] = []
  /** Statements that run with the commit. */
  readonly last: SqlStatement[] = []
  statements = 0
  readonly #session: SqlSession
  /** The handle whose scope the session has now; handles below it wait until `within` has restored theirs. */
  #current: TxHandle | null = null
  #firstError: unknown = null

  constructor(session: SqlSession) {
    this.#session = session
  }

  /** Runs `work` with a handle for `scope`, which the session has been set to already. */
  async run<T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> {
    const outer = new TxHandle(this, scope)
    this.#current = outer
    const value = await work(outer)
    this.last.push(...outer.takeLast())
    return value
  }

  end(): void {
    this.#current = null
  }

  async within<T>(outer: TxHandle, scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> {
    await this.#switchTo(outer, scope)
    const inner = new TxHandle(this, scope)
    this.#current = inner
    try {
      const value = await work(inner)
      for (const { statement, parameters } of inner.takeLast()) await this.query(inner, statement, parameters)
      return value
    } finally {
      assertInvariant(this.#current === inner, 'a scope ends after the scopes inside it')
      await this.#switchTo(inner, outer.scope).catch((error: unknown) => {
        // Only an aborted transaction refuses this, and it can do nothing any more but roll back.
        if (!(error instanceof SqlError)) throw error
      })
      this.#current = outer
    }
  }

  async #switchTo(from: TxHandle, scope: Scope): Promise<void> {
    const settings = settingsOf(scope, 1)
    await this.query(
      from,
      `select set_config('metaagent.organization_id', $1, true), set_config('metaagent.scope', $2, true)`,
      [settings.organizationId, settings.scope],
    )
  }

  async query(handle: TxHandle, statement: string, parameters: readonly unknown[]): Promise<SqlOutcome> {
    return await this.#guarded(handle, () => this.#session.query(statement, parameters))
  }

  async copy(handle: TxHandle, table: string, columns: readonly string[], rows: Uint8Array): Promise<number> {
    return await this.#guarded(handle, () => this.#session.copyIntoTemporary(table, columns, rows))
  }

  async #guarded<T>(handle: TxHandle, act: () => Promise<T>): Promise<T> {
    assertInvariant(this.#current !== null, 'a transaction is used only until its work has ended')
    assertInvariant(this.#current === handle, 'a transaction is not used while its `within` runs in another scope')
    this.statements++
    try {
      return await act()
    } catch (error) {
      this.#firstError ??= error
      throw error
    }
  }

  /** Work that swallowed an SQL error must not look committed: PostgreSQL answers COMMIT with a silent ROLLBACK. */
  async assertNotAborted(): Promise<void> {
    if (this.#firstError === null) return
    if (this.#firstError instanceof StatementTimeout) throw this.#firstError
    try {
      await this.#session.query('select 1', []) // succeeds after a rollback to a savepoint
    } catch {
      throw new TransactionAborted({ cause: this.#firstError })
    }
  }
}

class TxHandle implements Tx {
  readonly scope: Scope
  readonly #transaction: OpenTransaction
  readonly #last: SqlStatement[] = []
  #kysely: Kysely<unknown> | null = null

  constructor(transaction: OpenTransaction, scope: Scope) {
    this.#transaction = transaction
    this.scope = scope
  }

  get organizationId(): string {
    if (this.scope === 'deployment') throw new Error('broken invariant: the deployment scope acts for no organization')
    return this.scope.organizationId
  }

  tables<Tables>(): Kysely<Tables> {
    this.#kysely ??= new Kysely<unknown>({
      dialect: handleDialect((query) => this.#transaction.query(this, query.sql, query.parameters)),
    })
    // The type parameter names tables only for the compiler; the object is the same for all of them.
    return this.#kysely as Kysely<Tables>
  }

  async within<T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> {
    return await this.#transaction.within(this, scope, work)
  }

  async copyInto(table: string, columns: readonly string[], rows: Uint8Array): Promise<number> {
    return await this.#transaction.copy(this, table, columns, rows)
  }

  atCommit({ sql, parameters }: CompiledQuery): void {
    this.#last.push({ statement: sql, parameters })
  }

  takeLast(): readonly SqlStatement[] {
    return this.#last.splice(0)
  }

  afterCommit(effect: () => void): void {
    this.#transaction.effects.push(effect)
  }
}

const countingCommands: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

/** Kysely's PostgreSQL dialect over the statements of one transaction handle; it can neither begin nor end one. */
function handleDialect(query: (compiled: CompiledQuery) => Promise<SqlOutcome>): Dialect {
  const connection: DatabaseConnection = {
    async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
      const outcome = await query(compiled)
      const rows = outcome.rows as unknown as R[]
      return countingCommands.has(outcome.command) ? { rows, numAffectedRows: BigInt(outcome.affectedRows) } : { rows }
    },
    // biome-ignore lint/correctness/useYield: there is no cursor to read from
    async *streamQuery() {
      throw new Error('broken invariant: results are read whole, in pages')
    },
  }
  const refuse = async (): Promise<never> => {
    throw new Error('broken invariant: only the store begins and ends transactions')
  }
  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => connection,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    releaseConnection: async () => {},
    destroy: async () => {},
  }
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}
