import type {
  EventActor,
  JudgedOrder,
  JudgeKind,
  JudgmentVerdict,
  QaNotice,
  QaScale,
  QaSubject,
} from '@metaagent/contract'
import type { Instant } from '../kernel/instant.ts'
import type { Tx } from './store.ts'

/** What one judge said about one metric of one subject, as whoever received it hands it over. */
export interface NewJudgment {
  /** Null: `subject` says what it is about. */
  readonly executionId: string | null
  /** Null: about the whole execution. */
  readonly actionId: string | null
  /** Left out: the execution, or its action. */
  readonly subject?: QaSubject
  /** What was judged, in the judge's words: `helpfulness`, `delivery`. At most 200 characters. */
  readonly metric: string
  /** Null when the judge gave a score or a label but did not say whether that is good enough. */
  readonly verdict: JudgmentVerdict | null
  /** Goes with `verdict` null. */
  readonly notice?: QaNotice
  readonly score: number | null
  /** Left out or null: the judge did not tell it. */
  readonly scale?: QaScale | null
  /** 0 to 1. */
  readonly confidence?: number | null
  /** In which order the judge saw what it compared. */
  readonly order?: JudgedOrder | null
  readonly label: string | null
  /** Masked by the caller, as all text from outside is. */
  readonly explanation: string | null
  /** The judge's stable name. A person is named by id (`user:0190…`), never by address. */
  readonly judge: string
  readonly judgeKind: JudgeKind
  /**
   * Whether this verdict is the truth of its subject and metric. Left out: it is where a person or the world judged, so
   * who lets anybody say `human` must say it.
   */
  readonly gold?: boolean
  /** Of a chaos experiment. Left out: as the execution is. */
  readonly synthetic?: boolean
  /** The way by which it came in: `qa`, `otlp`, `outcomes`, `webhook:0190…`. Scopes the idempotency key. */
  readonly source: string
  /** Ties together all that follows from it. Left out: the execution's id, else a new one. At most 200 characters. */
  readonly correlationId?: string
  readonly observedAt: Instant
  /** The same key from the same source is the same judgment. At most 600 characters. */
  readonly idempotencyKey: string
  /** Whose credential brought it. */
  readonly recordedBy: EventActor
}

/**
 * Stores judgments and journals each new one as the event of its verdict or notice or, with neither, as
 * `judgments.score.recorded`, in the caller's transaction. A key that is there already changes nothing and is counted as a
 * duplicate. `app/` fills it with the judgments slice, which stands after those that receive judgments.
 */
export type RecordJudgments = (
  tx: Tx,
  rows: readonly NewJudgment[],
) => Promise<{ readonly accepted: number; readonly duplicates: number }>
