import { TrustStanding } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'

/** What the address of the list of judges holds. */
export interface JudgesSearch {
  readonly metric?: string
  readonly standing?: TrustStanding
}

export function judgesSearch(raw: Record<string, unknown>): JudgesSearch {
  return defined({ metric: textOf(raw['metric']), standing: oneOf(raw['standing'], TrustStanding.options) })
}

/** On which metric a judge is looked at; without one, the first by name. */
export interface JudgeSearch {
  readonly metric?: string
}

export function judgeSearch(raw: Record<string, unknown>): JudgeSearch {
  return defined({ metric: textOf(raw['metric']) })
}
