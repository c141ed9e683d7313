import {
  type JudgedOrder,
  type JudgeKind,
  type JudgmentVerdict,
  QaAnswer,
  type QaEvent,
  type QaNotice,
  type QaScale,
  type QaSubject,
} from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import { ok, type Result } from '../../../../kernel/result.ts'
import { type Fault, faultsIn, refusedFor, whyNotPlain } from './faults.ts'
import { type AnsweredVerdict, readJudgeAnswer } from './judge-answer.ts'
import {
  aboutWhich,
  addressIn,
  contradictionInScore,
  impossibleTime,
  observationTime,
  readQaEvent,
} from './qa-event.ts'
import type { StatusWords } from './status-words.ts'

/** One judgment as it came in, by an event or within an answer. Its texts are not masked yet. */
export interface IncomingJudgment {
  readonly executionId: string | null
  readonly actionId: string | null
  readonly subject: QaSubject
  readonly metric: string
  readonly verdict: JudgmentVerdict | null
  readonly notice: QaNotice | null
  readonly score: number | null
  readonly scale: QaScale | null
  readonly confidence: number | null
  readonly order: JudgedOrder | null
  readonly label: string | null
  readonly explanation: string | null
  readonly judge: string
  readonly judgeKind: JudgeKind
  readonly correlationId: string
  readonly observedAt: Instant
  /** Null: nothing tells it from another one like it. */
  readonly idempotencyKey: string | null
}

interface Circumstances {
  readonly words: StatusWords
  /** For what has no correlation id and is about no run. */
  readonly correlationId: string
  readonly now: Instant
}

const refusedAnswer = refusedFor('QaAnswer')

/**
 * Reads what was posted as one QA event, from JSON of any origin; never throws. An event is one judgment; a judge's answer
 * is one for each verdict in it, and where it holds none, one abstention: no verdict and no score.
 *
 * Refused as `readQaEvent` and `readJudgeAnswer` refuse.
 */
export function readIncoming(value: unknown, given: Circumstances): Result<readonly IncomingJudgment[]> {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, 'answer')) return readAnswer(value, given)
  const read = readQaEvent(value, given)
  if (!read.ok) return read
  const { event, executionId, actionId, verdict, observedAt } = read.value
  const { subject, metric, label, explanation, judge, judgeKind, correlationId } = event
  const idempotencyKey = keyOf(judge, event.idempotencyKey)
  const said = { subject, metric, label, explanation, judge, judgeKind, correlationId, idempotencyKey }
  const notice = noticeOf(event)
  return ok([{ ...said, executionId, actionId, verdict, notice, observedAt, ...measuredIn(event) }])
}

function measuredIn(event: QaEvent): Pick<IncomingJudgment, 'score' | 'scale' | 'confidence' | 'order'> {
  if (!('score' in event)) return { score: null, scale: null, confidence: null, order: null }
  const { score, confidence, order } = event
  if (score === null) return { score: null, scale: null, confidence, order }
  const { value, ...scale } = score
  return { score: value, scale, confidence, order }
}

function noticeOf(event: QaEvent): QaNotice | null {
  switch (event.type) {
    case 'qa_success':
    case 'qa_failure':
      return null
    case 'qa_warning':
      return { type: event.type }
    case 'qa_exemption':
      return { type: event.type, expiresAt: event.expiresAt }
    case 'qa_disabled':
      return { type: event.type, change: event.change }
    case 'qa_coverage':
      return { type: event.type, ...event.coverage }
  }
}

/** No judge's keys meet those of another; neither part holds a line break. */
function keyOf(judge: string, key: string | null): string | null {
  return key === null ? null : `${judge}\n${key}`
}

// --- answers -------------------------------------------------------------------------------------------------------

const verdictOf = { pass: 'qa_success', fail: 'qa_failure', abstain: null } as const

/** The empty answer: the judge was asked and has no opinion. */
const abstention: Pick<AnsweredVerdict, 'meaning' | 'metric' | 'score' | 'confidence' | 'explanation'> & {
  readonly word: null
} = { meaning: 'abstain', word: null, metric: null, score: null, confidence: null, explanation: null }

function readAnswer(value: object, { words, correlationId, now }: Circumstances): Result<readonly IncomingJudgment[]> {
  const odd = whyNotPlain(value)
  if (odd !== null) return refusedAnswer('invalid-body', [odd])
  const parsed = QaAnswer.safeParse(value)
  if (!parsed.success) return refusedAnswer('invalid-body', faultsIn(parsed.error))
  const { answer, judge, judgeKind, subject, metric, scale, order } = parsed.data
  const address = addressIn(judge)
  if (address !== null) return refusedAnswer('invalid-body', [address])
  const observedAt = observationTime(parsed.data.observedAt, now)
  if (observedAt === null) return refusedAnswer('invalid-body', [impossibleTime])
  const read = readJudgeAnswer(answer, words)
  if (!read.ok) return read
  const about = aboutWhich(subject)
  const key = keyOf(judge, parsed.data.idempotencyKey)
  const common = { ...about, subject, judge, judgeKind, order, notice: null, observedAt }
  const verdicts = read.value.verdicts.length === 0 ? [abstention] : read.value.verdicts
  const judgments = verdicts.map(
    (said, index): IncomingJudgment => ({
      ...common,
      metric: said.metric ?? metric,
      verdict: verdictOf[said.meaning],
      score: said.score,
      scale: said.score === null ? null : scale,
      confidence: said.confidence,
      label: said.word,
      explanation: said.explanation,
      correlationId: parsed.data.correlationId ?? about.executionId ?? correlationId,
      idempotencyKey: key === null ? null : `${key}\n${index}`,
    }),
  )
  for (const judgment of judgments) {
    const fault = faultOf(judgment)
    if (fault !== null) return refusedAnswer('not-processable', [fault])
  }
  return ok(judgments)
}

/** As `QaScore` has it: differences and squares of scores stay finite. */
const scoreMost = 1e12

/** What an event of its own could not say either. */
function faultOf({ verdict, metric, score, scale }: IncomingJudgment): Fault | null {
  if (/\p{Cc}/u.test(metric))
    return { path: '/answer', message: 'names a metric that holds control characters. Ask the judge for one line' }
  if (score === null) return null
  if (scale !== null) return contradictionInScore(verdict ?? 'score', { value: score, ...scale })
  return Math.abs(score) <= scoreMost
    ? null
    : { path: '/answer', message: `holds a score beyond ${scoreMost}. Ask the judge for a score on a scale` }
}
