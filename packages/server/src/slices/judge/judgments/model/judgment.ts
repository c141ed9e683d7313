import type {
  JudgedOrder,
  JudgedPayload,
  JudgeKind,
  Judgment,
  JudgmentDetails,
  JudgmentType,
  JudgmentVerdict,
  QaNotice,
  QaScale,
  QaSubject,
} from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { type Instant, toIso } from '../../../../kernel/instant.ts'

/** The part of a judgment that its event tells. */
export interface ToldJudgment {
  readonly judgmentId: string
  readonly type: JudgmentType
  readonly subject: QaSubject
  readonly executionId: string | null
  readonly actionId: string | null
  readonly metric: string
  readonly score: number | null
  readonly scale: QaScale | null
  readonly confidence: number | null
  readonly order: JudgedOrder | null
  readonly judge: string
  readonly judgeKind: JudgeKind
  readonly details: JudgmentDetails | null
  readonly gold: boolean
  readonly synthetic: boolean
  readonly observedAt: Instant
}

interface Keyed {
  readonly source: string
  readonly idempotencyKey: string
}

/** Where a batch holds the same source and key more than once, the first one; the others are duplicates. */
export function withoutRepeats<Judgment extends Keyed>(rows: readonly Judgment[]): readonly Judgment[] {
  const first = new Map<string, Judgment>()
  for (const row of rows) {
    const key = `${row.source}\u0000${row.idempotencyKey}`
    if (!first.has(key)) first.set(key, row)
  }
  return [...first.values()]
}

/** What a judgment is about that names a run. */
export function subjectOfRun(executionId: string, actionId: string | null): QaSubject {
  return actionId === null
    ? { kind: 'execution', id: executionId }
    : { kind: 'action', id: `${executionId}/${actionId}` }
}

/** What a judgment is: its verdict, else its notice, else a score. */
export function typeOf(verdict: JudgmentVerdict | null, notice: QaNotice | null): JudgmentType {
  return verdict ?? notice?.type ?? 'score'
}

/** What a notice tells beside its type; null where that is nothing. */
export function detailsOf(notice: QaNotice | null): JudgmentDetails | null {
  if (notice === null || notice.type === 'qa_warning') return null
  const { type: _, ...details } = notice
  return details
}

/** What the event says: who judged what and how. Texts stay in the row, which can be erased. */
export function eventOf(told: ToldJudgment) {
  const { judgmentId, type, details, observedAt } = told
  const { subject, executionId, actionId, metric, judge, judgeKind, synthetic } = told
  const said = { judgmentId, subject, executionId, actionId, metric, judge, judgeKind, synthetic }
  const common = { ...said, observedAt: toIso(observedAt) }
  switch (type) {
    case 'qa_exemption':
      assertInvariant(details !== null && 'expiresAt' in details, 'an exemption tells its end')
      return { type, payload: { ...common, ...details } }
    case 'qa_disabled':
      assertInvariant(details !== null && 'change' in details, 'a disabled check tells what became of it')
      return { type, payload: { ...common, ...details } }
    case 'qa_coverage':
      assertInvariant(details !== null && 'covered' in details, 'a coverage has both counts')
      return { type, payload: { ...common, ...details } }
    case 'qa_success':
    case 'qa_failure':
    case 'qa_warning':
    case 'score': {
      const { score, scale, confidence, order, gold } = told
      const payload: JudgedPayload = { ...common, score, scale, confidence, order, gold }
      return { type: type === 'score' ? ('judgments.score.recorded' as const) : type, payload }
    }
  }
}

/**
 * A judgment as the log record that OpenTelemetry's GenAI conventions write for it, the event `gen_ai.evaluation.result`,
 * in OTLP/JSON. What they have no name for stands under `metaagent.*`, so that sending it back loses nothing.
 */
export function evaluationRecord(judgment: Judgment) {
  const { verdict, score, label, explanation } = judgment
  const said = label ?? (verdict === null ? null : verdict === 'qa_success' ? 'pass' : 'fail')
  const texts: [key: string, value: string | null][] = [
    ['gen_ai.evaluation.name', judgment.metric],
    ['gen_ai.evaluation.score.label', said],
    ['gen_ai.evaluation.explanation', explanation],
    ['metaagent.verdict', verdict],
    ['metaagent.judge', judgment.judge],
    ['metaagent.judge.kind', judgment.judgeKind],
    ['metaagent.judgment.id', judgment.judgmentId],
  ]
  const attributes = texts.flatMap(([key, value]) => (value === null ? [] : [{ key, value: { stringValue: value } }]))
  const scored = score === null ? [] : [{ key: 'gen_ai.evaluation.score.value', value: { doubleValue: score } }]
  return {
    timeUnixNano: nanosOf(judgment.observedAt),
    observedTimeUnixNano: nanosOf(judgment.recordedAt),
    eventName: 'gen_ai.evaluation.result',
    ...(judgment.executionId === null ? {} : { traceId: judgment.executionId }),
    ...(judgment.actionId === null ? {} : { spanId: judgment.actionId }),
    attributes: [...attributes, ...scored],
  }
}

const nanosOf = (time: string): string => `${Date.parse(time)}000000`
