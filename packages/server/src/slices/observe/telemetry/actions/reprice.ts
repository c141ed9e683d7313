import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { openPriceBook, type PriceBook } from '../../prices/index.ts'
import { addDays, dayOf, daysFrom, executionWindow } from '../model/days.ts'
import { RollupSums } from '../model/rollup-sums.ts'
import { totalsOf } from '../model/totals.ts'
import { lockExecutionsOnDays } from '../store/executions.ts'
import {
  type CallScope,
  callsOf,
  type ExecutionCostChange,
  executionsWithCalls,
  firstDayFrom,
  moveExecutionCosts,
  type RepricedCall,
  writeCallCosts,
} from '../store/repricing.ts'

export type { CallScope } from '../store/repricing.ts'

/** Where a re-pricing stands: behind this execution on this day. */
export interface RepricingPosition {
  readonly day: string
  readonly executionId: string | null
}

/** What one step of a re-pricing did. Sums are over the calls that count, before and after. */
export interface RepricingStep {
  /** Null: everything in the scope has been priced. */
  readonly next: RepricingPosition | null
  readonly calls: number
  readonly changedCalls: number
  readonly newlyPricedCalls: number
  readonly noLongerPricedCalls: number
  readonly beforeNanoUsd: number
  readonly afterNanoUsd: number
}

const executionsPerStep = 200
const nothing = {
  calls: 0,
  changedCalls: 0,
  newlyPricedCalls: 0,
  noLongerPricedCalls: 0,
  beforeNanoUsd: 0,
  afterNanoUsd: 0,
}

/**
 * Prices the calls of up to 200 executions by what holds now, and corrects their totals and the rollups in the caller's
 * transaction. Running it again from the same position changes nothing. Locks are taken as ingest takes them: executions
 * by id, actions by key, sums with the commit.
 */
export async function repriceNext(
  deps: Deps,
  tx: Tx,
  scope: CallScope,
  position: RepricingPosition | null,
): Promise<RepricingStep> {
  const start = position ?? { day: dayOf(scope.from), executionId: null }
  const lastDay = dayOf(scope.until)
  const day = await firstDayFrom(tx, start.day, lastDay)
  if (day === null) return { ...nothing, next: null }
  const after = day === start.day ? start.executionId : null
  const executionIds = await executionsWithCalls(tx, scope, day, after, executionsPerStep)
  const last = executionIds.at(-1)
  if (last === undefined || executionIds.length < executionsPerStep) {
    const step = last === undefined ? nothing : await repriceExecutions(deps, tx, scope, day, executionIds)
    return { ...step, next: day < lastDay ? { day: addDays(day, 1), executionId: null } : null }
  }
  const step = await repriceExecutions(deps, tx, scope, day, executionIds)
  return { ...step, next: { day, executionId: last } }
}

async function repriceExecutions(
  deps: Deps,
  tx: Tx,
  scope: CallScope,
  day: string,
  executionIds: readonly string[],
): Promise<Omit<RepricingStep, 'next'>> {
  const locked = await lockedDays(tx, day, executionIds)
  const calls = await callsOf(tx, scope, day, executionIds)
  const prices = await openPriceBook(deps, tx)
  const changes = calls.flatMap((call) => changeOf(prices, call))
  const counted = calls.filter((call) => call.counted)
  const before = counted.reduce((sum, call) => sum + (call.costNanoUsd ?? 0), 0)
  const moves = changes.filter(({ call }) => call.counted)
  const moved = moves.reduce((sum, { call, nanoUsd }) => sum + (nanoUsd ?? 0) - (call.costNanoUsd ?? 0), 0)
  if (changes.length > 0) {
    await writeCallCosts(tx, changes)
    await moveSums(deps, tx, moves, locked)
  }
  return {
    calls: counted.length,
    changedCalls: moves.length,
    newlyPricedCalls: moves.filter(({ call, nanoUsd }) => call.costNanoUsd === null && nanoUsd !== null).length,
    noLongerPricedCalls: moves.filter(({ call, nanoUsd }) => call.costNanoUsd !== null && nanoUsd === null).length,
    beforeNanoUsd: before,
    afterNanoUsd: before + moved,
  }
}

/** Locks the executions and returns under which day each is stored; of two with the same id the earlier one is meant. */
async function lockedDays(tx: Tx, day: string, executionIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const days = daysFrom(addDays(day, -executionWindow.daysBefore), addDays(day, executionWindow.daysAfter))
  const found = new Map<string, string>()
  for (const { startedOn, state } of await lockExecutionsOnDays(tx, executionIds, days)) {
    const known = found.get(state.executionId)
    if (known === undefined || startedOn < known) found.set(state.executionId, startedOn)
  }
  return found
}

function changeOf(prices: PriceBook, call: RepricedCall['call']): readonly RepricedCall[] {
  const cost = prices.priceOf(call)
  const [nanoUsd, provenance] = cost === null ? [null, null] : [cost.nanoUsd, cost.provenance]
  const same = nanoUsd === call.costNanoUsd && sameProvenance(provenance, call.costProvenance)
  return same ? [] : [{ call, nanoUsd, provenance }]
}

function sameProvenance(now: string | null, stored: unknown): boolean {
  if (now === null || stored === null) return now === stored
  return canonicalJson(JSON.parse(now)) === canonicalJson(stored)
}

async function moveSums(
  deps: Deps,
  tx: Tx,
  moves: readonly RepricedCall[],
  locked: ReadonlyMap<string, string>,
): Promise<void> {
  const sums = new RollupSums()
  const byExecution = new Map<string, ExecutionCostChange>()
  for (const { call, nanoUsd } of moves) {
    const before = totalsOf(call, true, call.costNanoUsd)
    const after = totalsOf(call, true, nanoUsd)
    sums.addAction(call, call.endedAt, before, -1)
    sums.addAction(call, call.endedAt, after, 1)
    sums.costs.add(call, call, before, -1)
    sums.costs.add(call, call, after, 1)
    const startedOn = locked.get(call.executionId)
    // Actions of an execution that retention has dropped count in the rollups alone.
    if (startedOn === undefined) continue
    const known = byExecution.get(call.executionId)
    byExecution.set(call.executionId, {
      executionId: call.executionId,
      startedOn,
      costNanoUsd: (known?.costNanoUsd ?? 0) + (nanoUsd ?? 0) - (call.costNanoUsd ?? 0),
      pricedCalls: (known?.pricedCalls ?? 0) + after.pricedCalls - before.pricedCalls,
    })
  }
  if (byExecution.size > 0) await moveExecutionCosts(tx, [...byExecution.values()])
  await deps.writeRollups(tx, sums.deltas())
  deps.writeCosts(tx, sums.costs.deltas())
}
