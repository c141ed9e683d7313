import type { Because, BurnStatus, SlaState } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import { addMs } from '../../../../kernel/instant.ts'
import type { Events } from './burn.ts'

/** What was counted of a window; unknown events can be judged neither way. */
export interface Counted extends Events {
  readonly unknown: number
}

export interface Budget {
  readonly total: number
  readonly spent: number
  readonly remaining: number
  readonly remainingShare: number | null
  readonly exhaustionAt: Instant | null
}

export interface Compliance {
  readonly state: SlaState
  readonly attainment: number | null
  readonly budget: Budget
  readonly because: Because
}

/**
 * How a window stands. A breach is a fact, not an estimate: more bad events than the objective allows among those seen.
 * Within the objective it is burning while an alert fires; without any event nothing is claimed.
 */
export function judgeCompliance(input: {
  readonly counted: Counted
  readonly objective: number
  readonly burn: readonly BurnStatus[]
  /** Events of the last stretch, by which the budget's end is projected. */
  readonly pace: Events & { readonly durationMs: number }
  readonly now: Instant
  /** Where the projection ends: the end of the period, or one window from now. */
  readonly horizon: Instant
}): Compliance {
  const { counted, objective } = input
  const events = counted.good + counted.bad
  const budget = budgetOf(input)
  if (events === 0) return { state: 'unknown', attainment: null, budget, because: nothingSeen }
  const attainment = counted.good / events
  const firing = input.burn.find((alert) => alert.firing)
  const seen = `${percent(attainment)} of ${events} events were good, ${counted.bad} were bad; ${budget.total.toFixed(1)} may be (objective ${percent(objective)}).`
  const of = (state: SlaState, rule: string, text: string): Compliance => ({
    state,
    attainment,
    budget,
    because: { rule, observed: attainment, limit: objective, text },
  })
  // In whole events: the rounding of a quotient must not decide.
  if (budget.remaining < -1e-12 * events) return of('breached', 'budget-overspent', seen)
  if (firing !== undefined) return of('burning', 'budget-burning', `${firing.because.text} So far ${seen}`)
  return of('met', 'within-objective', seen)
}

const nothingSeen: Because = {
  rule: 'no-events',
  observed: 0,
  limit: 1,
  text: 'Nothing that counts has happened in this window.',
}

function budgetOf(input: Parameters<typeof judgeCompliance>[0]): Budget {
  const { counted, objective, pace } = input
  const total = (1 - objective) * (counted.good + counted.bad)
  const remaining = total - counted.bad
  return {
    total,
    spent: counted.bad,
    remaining,
    remainingShare: total === 0 ? null : remaining / total,
    exhaustionAt: exhaustion(remaining, pace, input),
  }
}

/**
 * When the budget is spent if the pace goes on: every event adds to the budget, every bad one takes from it. What drops
 * out of a rolling window is left out, so that the projection is early rather than late.
 */
function exhaustion(
  remaining: number,
  pace: Events & { readonly durationMs: number },
  { objective, now, horizon }: { readonly objective: number; readonly now: Instant; readonly horizon: Instant },
): Instant | null {
  if (remaining < 0) return null
  const lossPerMs = (pace.bad - (1 - objective) * (pace.good + pace.bad)) / pace.durationMs
  if (lossPerMs <= 0) return null
  const durationMs = remaining / lossPerMs
  return durationMs > horizon - now ? null : addMs(now, durationMs)
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`
