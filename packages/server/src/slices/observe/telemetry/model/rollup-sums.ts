import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { bucketOf } from '../../../../kernel/latency-histogram.ts'
import type { ExecutionState } from './executions.ts'
import { type Countable, totalsOf } from './totals.ts'

/** Whom a count belongs to. */
export interface RollupOwner {
  readonly agentId: string
  readonly releaseId: string | null
  readonly environment: string
}

const counters = [
  'successes',
  'failures',
  'cancelled',
  'actions',
  'actionErrors',
  'llmCalls',
  'toolCalls',
  'inputTokens',
  'outputTokens',
  'costNanoUsd',
  'pricedCalls',
  'unpricedCalls',
] as const
type Counter = (typeof counters)[number]

/** The shape that rollup writers take (ports/rollups.ts): what one minute of one owner gains, or loses. */
export type MinuteSum = RollupOwner & {
  readonly minute: Instant
  readonly executionLatency: ReadonlyMap<number, number>
} & Readonly<Record<Counter, number>>

type OpenSum = RollupOwner & { readonly minute: Instant; readonly executionLatency: Map<number, number> } & Record<
    Counter,
    number
  >

/** Sums what a commit adds to the minutes. Adding something and taking it back leaves nothing. */
export class RollupSums {
  readonly #sums = new Map<string, OpenSum>()

  /** Counts an action that ended at `endedAt`, once (`times` 1) or takes it back (-1). */
  addAction(owner: RollupOwner, endedAt: Instant, action: Countable, times: 1 | -1): void {
    const sum = this.#sumOf(owner, endedAt)
    const totals = totalsOf(action)
    sum.actions += times
    sum.actionErrors += times * totals.actionErrors
    sum.llmCalls += times * totals.llmCalls
    sum.toolCalls += times * totals.toolCalls
    sum.inputTokens += times * (totals.inputTokens ?? 0)
    sum.outputTokens += times * (totals.outputTokens ?? 0)
    sum.costNanoUsd += times * (totals.costNanoUsd ?? 0)
    sum.pricedCalls += times * totals.pricedCalls
    sum.unpricedCalls += times * totals.unpricedCalls
  }

  /** Counts an execution that has ended; an open one counts nowhere. One whose end is unknown counts when it began. */
  addExecution(
    owner: RollupOwner,
    state: Pick<ExecutionState, 'status' | 'startedAt' | 'endedAt'>,
    times: 1 | -1,
  ): void {
    const outcome = outcomeOf(state.status)
    if (outcome === null) return
    const sum = this.#sumOf(owner, state.endedAt ?? state.startedAt)
    sum[outcome] += times
    if (state.endedAt === null) return
    const bucket = bucketOf(Math.max(0, state.endedAt - state.startedAt))
    sum.executionLatency.set(bucket, (sum.executionLatency.get(bucket) ?? 0) + times)
  }

  /** The sums that are not zero. */
  deltas(): readonly MinuteSum[] {
    return [...this.#sums.values()].filter(
      (sum) =>
        counters.some((counter) => sum[counter] !== 0) ||
        [...sum.executionLatency.values()].some((count) => count !== 0),
    )
  }

  #sumOf(owner: RollupOwner, at: Instant): OpenSum {
    const minute = instantFromEpochMs(Math.floor(at / 60_000) * 60_000)
    const key = `${owner.agentId}|${owner.releaseId ?? ''}|${minute}|${owner.environment}`
    let sum = this.#sums.get(key)
    if (sum === undefined) {
      // Field by field: what is passed as the owner may be a whole row, with counters of its own.
      const { agentId, releaseId, environment } = owner
      sum = { ...emptySum(), agentId, releaseId, environment, minute, executionLatency: new Map() }
      this.#sums.set(key, sum)
    }
    return sum
  }
}

function outcomeOf(status: ExecutionState['status']): 'successes' | 'failures' | 'cancelled' | null {
  switch (status) {
    case 'success':
      return 'successes'
    case 'failure':
      return 'failures'
    case 'cancelled':
      return 'cancelled'
    case 'running':
    case 'waiting':
      return null
  }
}

function emptySum(): Record<Counter, number> {
  return {
    successes: 0,
    failures: 0,
    cancelled: 0,
    actions: 0,
    actionErrors: 0,
    llmCalls: 0,
    toolCalls: 0,
    inputTokens: 0,
    outputTokens: 0,
    costNanoUsd: 0,
    pricedCalls: 0,
    unpricedCalls: 0,
  }
}
