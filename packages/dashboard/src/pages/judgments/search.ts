import { ExecutionId, JudgeKind, JudgmentType, QaSubject } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'
import { instantOf } from '../telemetry/search.ts'

export const subjectKinds = ['execution', 'action', 'artifact', 'macro', 'series'] as const

/** What the address of the judgments page holds; every field is a filter of the API. */
export interface JudgmentsSearch {
  readonly type?: JudgmentType
  readonly judge?: string
  readonly judgeKind?: JudgeKind
  readonly metric?: string
  readonly subjectKind?: QaSubject['kind']
  readonly subjectId?: string
  readonly gold?: 'true' | 'false'
  /** A run: judgments of it and of its steps. */
  readonly executionId?: string
  readonly from?: string
  readonly to?: string
}

/** Reads the address; what the API would refuse is left out instead. */
export function judgmentsSearch(raw: Record<string, unknown>): JudgmentsSearch {
  const subjectKind = oneOf(raw['subjectKind'], subjectKinds)
  return defined({
    type: oneOf(raw['type'], JudgmentType.options),
    judge: textOf(raw['judge']),
    judgeKind: oneOf(raw['judgeKind'], JudgeKind.options),
    metric: textOf(raw['metric']),
    subjectKind,
    subjectId: subjectIdOf(subjectKind, textOf(raw['subjectId'], 300)),
    executionId: executionIdOf(raw['executionId']),
    gold: oneOf(raw['gold'], ['true', 'false'] as const),
    from: instantOf(raw['from']),
    to: instantOf(raw['to']),
  })
}

/** An id without its kind, or one that no subject of the kind has, finds nothing and would be refused. */
function subjectIdOf(kind: QaSubject['kind'] | undefined, id: string | undefined): string | undefined {
  return kind !== undefined && id !== undefined && QaSubject.safeParse({ kind, id }).success ? id : undefined
}

function executionIdOf(value: unknown): string | undefined {
  const text = textOf(value)
  return text !== undefined && ExecutionId.safeParse(text).success ? text : undefined
}
