import type { JsonValue, QaAnswerReport, QaEventReport } from '@metaagent/contract'
import { newExecutionId } from './ids.ts'
import { snapshot } from './snapshot.ts'

/** What a judge says: a QA event, or its answer as it wrote it, which MetaAgent reads by the organization's status words. */
export type JudgmentReport = QaEventReport | QaAnswerReport

type WithoutSubject<Report> = Report extends unknown ? Omit<Report, 'subject'> : never

/** The same about the run or the step that it is said to. */
export type OwnJudgmentReport = WithoutSubject<JudgmentReport>

/** As the contract has it; a long reason is worth more cut than refused. */
const explanationCharactersMax = 5_000

/**
 * A judgment as it is sent, copied now: with the time when it was said and, unless it has a key of its own, one that makes
 * sending it again after a lost reply count once.
 */
export function judgmentRow(report: JudgmentReport): JsonValue {
  const row = snapshot(report, Number.POSITIVE_INFINITY)
  // Told to nobody: the logger counts it as lost.
  if (typeof row !== 'object' || row === null || Array.isArray(row)) throw new TypeError('a judgment is an object')
  const { explanation } = row
  return {
    idempotencyKey: newExecutionId(),
    observedAt: new Date().toISOString(),
    ...row,
    ...(typeof explanation === 'string' && explanation.length > explanationCharactersMax
      ? { explanation: `${explanation.slice(0, explanationCharactersMax - 1).toWellFormed()}…` }
      : {}),
  }
}
