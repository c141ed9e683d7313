import pg from 'pg'
import { SqlError, StatementTimeout, StoreUnavailable } from '../../ports/store-errors.ts'

const queryCanceled = '57014'
/** Connection trouble (but not 08P01, a wrong count of parameters), too many connections, shutdown, idle too long. */
const unavailableCode = /^(08[0-9]..|53300|57P0[1235]|25P03)$/
/** A migration ran while this process serves: the statement is prepared anew, the request may come again. */
const changedResult = 'cached plan must not change result type'
const networkCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
])

/** The port's error for what `pg` threw. `statementTimeoutMs` is the limit that was set, for the message. */
export function fromPgError(error: unknown, statementTimeoutMs: number): unknown {
  if (error instanceof pg.DatabaseError) {
    const { message, code = '', severity, detail, hint, where, schema, table, column, constraint } = error
    if (code === queryCanceled && message.includes('statement timeout')) {
      return new StatementTimeout(statementTimeoutMs, { cause: error })
    }
    if (unavailableCode.test(code) || message === changedResult)
      return new StoreUnavailable(`the database is not available: ${message}`, { cause: error })
    return new SqlError(
      { message, code, severity, detail, hint, where, schema, table, column, constraint },
      { cause: error },
    )
  }
  return isConnectionError(error)
    ? new StoreUnavailable(`the database cannot be reached: ${(error as Error).message}`, { cause: error })
    : error
}

function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = (error as NodeJS.ErrnoException).code
  if (code !== undefined && networkCodes.has(code)) return true
  // `pg` throws these as plain errors.
  return /Connection terminated|timeout exceeded when trying to connect|not queryable|Cannot use a pool after/.test(
    error.message,
  )
}
