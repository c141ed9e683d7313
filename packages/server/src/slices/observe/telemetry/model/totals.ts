import type { ActionKind, ActionStatus } from '@metaagent/contract'
import { hasUsage, type TokenCounts } from './rows.ts'

/** Sums over the actions of one execution; null where no action reported anything. */
export interface Totals {
  readonly actions: number
  readonly llmCalls: number
  readonly toolCalls: number
  readonly actionErrors: number
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly costNanoUsd: number | null
  readonly pricedCalls: number
  readonly unpricedCalls: number
  readonly reportedCostNanoUsd: number | null
}

export const noTotals: Totals = {
  actions: 0,
  llmCalls: 0,
  toolCalls: 0,
  actionErrors: 0,
  inputTokens: null,
  outputTokens: null,
  costNanoUsd: null,
  pricedCalls: 0,
  unpricedCalls: 0,
  reportedCostNanoUsd: null,
}

/** What an action adds to sums, besides who it is counted for. */
export interface Countable extends Pick<TokenCounts, 'inputTokens' | 'outputTokens'> {
  readonly kind: ActionKind
  readonly status: ActionStatus
  readonly reportedCostNanoUsd: number | null
}

/**
 * The totals of one action. Tokens and cost count once, where they were used: `counted` is false for a parent whose
 * tokens are those of its descendants.
 */
export function totalsOf(action: Countable, counted: boolean, costNanoUsd: number | null): Totals {
  const { kind } = action
  const used = counted && hasUsage(action)
  const tokens = used ? (action.inputTokens ?? 0) + (action.outputTokens ?? 0) : 0
  const priced = used && costNanoUsd !== null
  return {
    actions: 1,
    llmCalls: kind === 'llm' && counted ? 1 : 0,
    toolCalls: kind === 'tool' ? 1 : 0,
    actionErrors: action.status === 'failure' ? 1 : 0,
    inputTokens: used ? action.inputTokens : null,
    outputTokens: used ? action.outputTokens : null,
    costNanoUsd: priced ? costNanoUsd : null,
    pricedCalls: priced ? 1 : 0,
    unpricedCalls: tokens > 0 && !priced ? 1 : 0,
    reportedCostNanoUsd: counted ? action.reportedCostNanoUsd : null,
  }
}

export function addTotals(a: Totals, b: Totals): Totals {
  return {
    actions: a.actions + b.actions,
    llmCalls: a.llmCalls + b.llmCalls,
    toolCalls: a.toolCalls + b.toolCalls,
    actionErrors: a.actionErrors + b.actionErrors,
    inputTokens: addKnown(a.inputTokens, b.inputTokens),
    outputTokens: addKnown(a.outputTokens, b.outputTokens),
    costNanoUsd: addKnown(a.costNanoUsd, b.costNanoUsd),
    pricedCalls: a.pricedCalls + b.pricedCalls,
    unpricedCalls: a.unpricedCalls + b.unpricedCalls,
    reportedCostNanoUsd: addKnown(a.reportedCostNanoUsd, b.reportedCostNanoUsd),
  }
}

function addKnown(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : a + b
}
