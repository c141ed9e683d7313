import { MacroExecutionStatus } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'

export const macroStates = ['ready', 'blocked', 'disabled'] as const
export const runKinds = ['real', 'simulated'] as const

/** What the address of the list of macros holds. */
export interface PlaybooksSearch {
  readonly state?: (typeof macroStates)[number]
}

export function playbooksSearch(raw: Record<string, unknown>): PlaybooksSearch {
  return defined({ state: oneOf(raw['state'], macroStates) })
}

/** What the address of the list of executions holds. */
export interface ExecutionsSearch {
  readonly macro?: string
  readonly status?: MacroExecutionStatus
  readonly runs?: (typeof runKinds)[number]
}

export function executionsSearch(raw: Record<string, unknown>): ExecutionsSearch {
  return defined({
    macro: textOf(raw['macro'], 100),
    status: oneOf(raw['status'], MacroExecutionStatus.options),
    runs: oneOf(raw['runs'], runKinds),
  })
}
