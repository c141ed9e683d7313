/**
 * What a store throws. Slices rarely look at these: an expected conflict is asked for with `on conflict`, and the HTTP
 * shell turns `StoreUnavailable` into 503. The classes stand with the port, so that no slice needs an adapter's type.
 */

/** What the server said about a statement that it refused. Field names as in PostgreSQL's error protocol. */
export interface SqlErrorFields {
  readonly message: string
  /** The five-character SQLSTATE, `23505` for a unique violation. */
  readonly code: string
  readonly severity?: string | undefined
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  readonly where?: string | undefined
  readonly schema?: string | undefined
  readonly table?: string | undefined
  readonly column?: string | undefined
  readonly constraint?: string | undefined
}

/** A statement was refused by the database. The same class and fields on both stores. */
export class SqlError extends Error {
  override readonly name = 'SqlError'
  readonly code: string
  readonly fields: SqlErrorFields

  constructor(fields: SqlErrorFields, options?: ErrorOptions) {
    super(fields.message, options)
    this.code = fields.code
    this.fields = fields
  }
}

/** One statement took longer than the transaction allows; the transaction is rolled back. */
export class StatementTimeout extends Error {
  override readonly name = 'StatementTimeout'
  readonly limitMs: number

  constructor(limitMs: number, options?: ErrorOptions) {
    super(`a statement took longer than ${limitMs} ms; its transaction is rolled back`, options)
    this.limitMs = limitMs
  }
}

/**
 * A statement failed, the work swallowed the error and went on: the database has refused everything since and could
 * only roll back. `cause` is the first refused statement's error.
 */
export class TransactionAborted extends Error {
  override readonly name = 'TransactionAborted'

  constructor(options?: ErrorOptions) {
    super('an earlier statement of this transaction failed, so nothing of it was committed', options)
  }
}

/** The database cannot be reached, is shutting down or was closed. Nothing was acknowledged. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/** The store must not be served from as it is set up; the message says what is wrong and what to do. */
export class UnsafeStoreSetup extends Error {
  override readonly name = 'UnsafeStoreSetup'
}
