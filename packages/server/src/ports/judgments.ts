import type { EventActor, JudgeKind, JudgmentVerdict } from '@metaagent/contract'
import type { Instant } from '../kernel/instant.ts'
import type { Tx } from './store.ts'

/** One judge's verdict about one metric of one execution or action, as whoever received it hands it over. */
export interface NewJudgment {
  readonly executionId: string
  /** Null: about the whole execution. */
  readonly actionId: string | null
  /** What was judged, in the judge's words: `helpfulness`, `delivery`. At most 200 characters. */
  readonly metric: string
  /** Null when the judge gave a score or a label but did not say whether that is good enough. */
  readonly verdict: JudgmentVerdict | null
  readonly score: number | null
  readonly label: string | null
  /** Masked by the caller, as all text from outside is. */
  readonly explanation: string | null
  /** The judge's stable name. A person is named by id (`user:0190…`), never by address. */
  readonly judge: string
  readonly judgeKind: JudgeKind
  /** The way by which it came in: `otlp`, `outcomes`, `webhook:0190…`. Scopes the idempotency key. */
  readonly source: string
  readonly observedAt: Instant
  /** The same key from the same source is the same judgment. At most 300 characters. */
  readonly idempotencyKey: string
  /** Whose credential brought it. */
  readonly recordedBy: EventActor
}

/**
 * Stores judgments and journals each new one as `qa_success`, `qa_failure` or, without a verdict,
 * `judgments.score.recorded`, in the caller's transaction. A key that is there already changes nothing and is counted as a
 * duplicate. `app/` fills it with the judgments slice, which stands after those that receive judgments.
 */
export type RecordJudgments = (
  tx: Tx,
  rows: readonly NewJudgment[],
) => Promise<{ readonly accepted: number; readonly duplicates: number }>
