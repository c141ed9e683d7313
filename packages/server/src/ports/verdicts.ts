import type { JudgeKind } from '@metaagent/contract'
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

/** What one judge said of one execution, or of a step of it. */
export interface JudgesVerdict {
  readonly judge: string
  readonly judgeKind: JudgeKind
  readonly metric: string
  readonly executionId: string
  /** Null: the judge gave no verdict. */
  readonly isSuccess: boolean | null
  readonly score: number | null
}

/**
 * The latest judgments, newest first: of the organization's newest 20,000 at most so many of each judge and metric. `app/`
 * fills it with the judgments slice, which stands after the one that asks whether judges still tell cases apart.
 */
export type ReadLatestVerdicts = (tx: Tx, eachMax: number) => Promise<readonly JudgesVerdict[]>
