import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { bucketOf } from '../../../../kernel/latency-histogram.ts'
import { CostSums } from './cost-sums.ts'
import { type ExecutionState, effectiveStatus } from './executions.ts'
import type { Totals } from './totals.ts'

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
  'toolErrors',
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

type SumsByMinute = Map<number, OpenSum>

/** Sums what a commit adds to the minutes. Adding something and taking it back leaves nothing. */
export class RollupSums {
  // Agent, release, environment, minute: names that are shared objects are looked up faster one by one than as one text.
  readonly #byAgent = new Map<string, Map<string | null, Map<string, SumsByMinute>>>()
  readonly #sums: OpenSum[] = []
  /** The same actions by model. */
  readonly costs = new CostSums()

  /** Counts the totals of an action that ended at `endedAt`, once (`times` 1) or takes them back (-1). */
  addAction(owner: RollupOwner, endedAt: Instant, totals: Totals, times: 1 | -1): void {
    const sum = this.#sumOf(owner, endedAt)
    sum.actions += times
    sum.actionErrors += times * totals.actionErrors
    sum.llmCalls += times * totals.llmCalls
    sum.toolCalls += times * totals.toolCalls
    sum.inputTokens += times * (totals.inputTokens ?? 0)
    sum.outputTokens += times * (totals.outputTokens ?? 0)
    sum.costNanoUsd += times * (totals.costNanoUsd ?? 0)
    // The totals of one action: it is a tool call or it is none.
    sum.toolErrors += times * (totals.toolCalls > 0 ? totals.actionErrors : 0)
    sum.pricedCalls += times * totals.pricedCalls
    sum.unpricedCalls += times * totals.unpricedCalls
  }

  /** Counts an execution that has ended; an open one counts nowhere. One whose end is unknown counts when it began. */
  addExecution(
    owner: RollupOwner,
    state: Pick<ExecutionState, 'status' | 'outcome' | 'startedAt' | 'endedAt'> &
      Partial<Pick<ExecutionState, 'synthetic'>>,
    times: 1 | -1,
  ): void {
    const outcome = outcomeOf(effectiveStatus(state))
    // Nobody asked for a synthetic run: its steps cost what they cost, its end is no success and no failure.
    if (outcome === null || state.synthetic === true) return
    const sum = this.#sumOf(owner, state.endedAt ?? state.startedAt)
    sum[outcome] += times
    if (state.endedAt === null) return
    const bucket = bucketOf(Math.max(0, state.endedAt - state.startedAt))
    sum.executionLatency.set(bucket, (sum.executionLatency.get(bucket) ?? 0) + times)
  }

  /** The sums that are not zero. */
  deltas(): readonly MinuteSum[] {
    return this.#sums.filter(
      (sum) =>
        counters.some((counter) => sum[counter] !== 0) ||
        [...sum.executionLatency.values()].some((count) => count !== 0),
    )
  }

  #sumOf({ agentId, releaseId, environment }: RollupOwner, at: Instant): OpenSum {
    const byRelease = entryOf(this.#byAgent, agentId, () => new Map<string | null, Map<string, SumsByMinute>>())
    const byEnvironment = entryOf(byRelease, releaseId, () => new Map<string, SumsByMinute>())
    const byMinute = entryOf(byEnvironment, environment, () => new Map<number, OpenSum>())
    const minute = Math.floor(at / 60_000)
    const known = byMinute.get(minute)
    if (known !== undefined) return known
    const start = instantFromEpochMs(minute * 60_000)
    // Field by field: what is passed as the owner may be a whole row, with counters of its own.
    const sum: OpenSum = { ...emptySum(), agentId, releaseId, environment, minute: start, executionLatency: new Map() }
    byMinute.set(minute, sum)
    this.#sums.push(sum)
    return sum
  }
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
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
    toolErrors: 0,
    pricedCalls: 0,
    unpricedCalls: 0,
  }
}
