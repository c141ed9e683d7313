import type { JudgedPayload, JudgeKind, Judgment, JudgmentVerdict } from '@metaagent/contract'
import { type Instant, toIso } from '../../../../kernel/instant.ts'

/** The part of a judgment that its event tells. */
export interface ToldJudgment {
  readonly executionId: string
  readonly actionId: string | null
  readonly metric: string
  readonly score: number | null
  readonly judge: string
  readonly judgeKind: JudgeKind
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

/** The type of the event that tells of a judgment. */
export function eventTypeOf(verdict: JudgmentVerdict | null) {
  return verdict ?? ('judgments.score.recorded' as const)
}

/** What the event says: who judged what and how. Texts stay in the row, which can be erased. */
export function eventPayloadOf(judgmentId: string, row: ToldJudgment): JudgedPayload {
  return {
    judgmentId,
    subject:
      row.actionId === null
        ? { kind: 'execution', id: row.executionId }
        : { kind: 'action', id: `${row.executionId}/${row.actionId}` },
    executionId: row.executionId,
    actionId: row.actionId,
    metric: row.metric,
    score: row.score,
    scale: null,
    confidence: null,
    order: null,
    judge: row.judge,
    judgeKind: row.judgeKind,
    // What the world answered and what a person found are what judges are measured against.
    gold: row.judgeKind === 'outcome' || row.judgeKind === 'human',
    synthetic: false,
    observedAt: toIso(row.observedAt),
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
    traceId: judgment.executionId,
    ...(judgment.actionId === null ? {} : { spanId: judgment.actionId }),
    attributes: [...attributes, ...scored],
  }
}

const nanosOf = (time: string): string => `${Date.parse(time)}000000`
