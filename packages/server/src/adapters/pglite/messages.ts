import type { SqlErrorFields } from '../../ports/store-errors.ts'
import type { SessionSettings, SqlOutcome } from '../sql/session.ts'

/** What the worker thread is started with. */
export interface WorkerStart {
  /** The folder of PostgreSQL's files. */
  readonly dataDir: string
}

export type EncodedParameter = string | Uint8Array | null

export interface EncodedStatement {
  readonly statement: string
  readonly parameters: readonly EncodedParameter[]
}

/** Begins a transaction under these settings right before the operation that carries it. */
export type Beginning = Pick<SessionSettings, 'role' | 'organizationId' | 'scope' | 'plans'>

interface InTransaction {
  /** Given with the first operation of a transaction, which spares a message of its own. */
  readonly begin: Beginning | null
}

export type WorkerOperation =
  | ({
      readonly op: 'query'
      readonly statement: string
      readonly parameters: readonly EncodedParameter[]
    } & InTransaction)
  | ({ readonly op: 'exec'; readonly statements: string } & InTransaction)
  /** Runs as the session's superuser, since reading a file is not for the serving role; only into `pg_temp`. */
  | ({
      readonly op: 'copy'
      readonly statement: string
      readonly rows: ArrayBuffer
      readonly role: string
    } & InTransaction)
  /** Runs the last statements and commits; when one is refused, the transaction is rolled back. */
  | ({ readonly op: 'commit'; readonly last: readonly EncodedStatement[] } & InTransaction)
  | { readonly op: 'rollback' }
  | { readonly op: 'close' }

export interface WorkerAnswers {
  readonly query: SqlOutcome
  readonly exec: null
  readonly copy: number
  readonly commit: WalPosition & { readonly committed: boolean }
  readonly rollback: null
  readonly close: null
}

/** How far the write-ahead log has been written. */
export interface WalPosition {
  /** A log sequence number, `0/1A2B3C4D`. */
  readonly lsn: string
  /** The name of the segment file that holds it. */
  readonly segment: string
}

export type WorkerRequest = WorkerOperation & { readonly id: number }

export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: SqlErrorFields }
  | { readonly kind: 'notification'; readonly channel: string; readonly payload: string }
  | { readonly kind: 'answer'; readonly id: number; readonly value: WorkerAnswers[keyof WorkerAnswers] }
  | { readonly kind: 'refused'; readonly id: number; readonly error: SqlErrorFields }
