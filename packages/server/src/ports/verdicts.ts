import type { Instant } from '../kernel/instant.ts'
import type { Tx } from './store.ts'

/** A verdict of a judge about an execution, or a step of it, by when it was recorded. */
export interface RecordedVerdict {
  readonly executionId: string
  readonly recordedAt: Instant
  readonly isSuccess: boolean
}

/**
 * Verdicts that were recorded in a range, of one metric or of any (null). `app/` fills it with the judgments slice, which
 * stands after those that measure service levels.
 */
export type ReadVerdicts = (
  tx: Tx,
  question: { readonly metric: string | null; readonly from: Instant; readonly until: Instant },
) => Promise<readonly RecordedVerdict[]>
