import type { JudgeKind, JudgmentVerdict } from '@metaagent/contract'
import { type Instant, toIso } from '../../../kernel/instant.ts'

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
export function eventPayloadOf(judgmentId: string, row: ToldJudgment) {
  return {
    judgmentId,
    executionId: row.executionId,
    actionId: row.actionId,
    metric: row.metric,
    score: row.score,
    judge: row.judge,
    judgeKind: row.judgeKind,
    observedAt: toIso(row.observedAt),
  }
}
