import type { JudgeKind } from '@metaagent/contract'
import { equalOutcomesMin, type Finding, judgeSameAnswers, judgeSilence } from './silence.ts'

/** What one judge said under one metric of one agent's executions, newest first. */
export interface JudgedBy {
  readonly judgeKind: JudgeKind
  readonly said: readonly Said[]
}

export interface Said {
  readonly executionId: string
  /** Null: no verdict was given. */
  readonly isSuccess: boolean | null
  readonly score: number | null
}

/**
 * Whether a judge stopped telling cases apart: its newest verdicts are all equal, by the rule for an agent's outcomes, or
 * its newest scores are one and the same number, by the rule for a tool's answers. `others` are what other judges said
 * under the same metric.
 *
 * Code and outcomes that are told (a delivery that arrives) may pass for ever and be in order, so they are held against
 * their own past alone; a person or a model that never once objects is held against others too.
 */
export function judgeJudge({ judgeKind, said }: JudgedBy, others: readonly JudgedBy[]): Finding | null {
  const verdicts = said.flatMap(({ isSuccess }) => isSuccess ?? [])
  const needsPast = judgeKind === 'code' || judgeKind === 'outcome'
  const varied = new Set(verdicts).size > 1
  if (verdicts.length >= equalOutcomesMin)
    return needsPast && !varied ? null : judgeSilence(verdicts, others.map(totalOf), 'verdicts')
  const scores = said.flatMap(({ executionId, score }) =>
    score === null ? [] : [{ input: executionId, output: String(score) }],
  )
  return judgeSameAnswers(scores, [], 'executions got one and the same score')
}

function totalOf({ said }: JudgedBy) {
  const verdicts = said.flatMap(({ isSuccess }) => isSuccess ?? [])
  return { runs: verdicts.length, successes: verdicts.filter(Boolean).length }
}
