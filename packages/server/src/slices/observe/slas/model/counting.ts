import type { SlaIndicator } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Counted } from './compliance.ts'
import { slotMs } from './windows.ts'

/** What the rollups say of one slot, all agents of the scope together. */
export interface SlotFigures {
  readonly slotAt: number
  readonly successes: number
  readonly failures: number
  readonly costNanoUsd: number
  readonly pricedCalls: number
  readonly unpricedCalls: number
  readonly within: number
  readonly timed: number
}

export type Slot = Counted & { readonly slotAt: number }

/** Good and bad events of one slot; slots without any are left out. */
export function countSlots(indicator: SlaIndicator, figures: readonly SlotFigures[]): readonly Slot[] {
  return figures
    .map((slot) => ({ slotAt: slot.slotAt, ...eventsOf(indicator, slot) }))
    .filter(({ good, bad, unknown }) => good + bad + unknown > 0)
}

function eventsOf(indicator: SlaIndicator, slot: SlotFigures): Counted {
  switch (indicator.kind) {
    case 'success':
      return { good: slot.successes, bad: slot.failures, unknown: 0 }
    case 'latency':
      return { good: slot.within, bad: slot.timed - slot.within, unknown: 0 }
    case 'cost':
      return costEvents(slot, indicator.limitNanoUsd)
    case 'quality':
    case 'freshness':
      // Counted from verdicts and from the times of successes, not from the figures of a slot.
      return { good: 0, bad: 0, unknown: 0 }
  }
}

/**
 * A slot's executions are good together when its successes cost at most the limit each, on average. Money that bought no
 * success is too much; with a call that has no price nobody knows.
 */
function costEvents(slot: SlotFigures, limitNanoUsd: number): Counted {
  const executions = slot.successes + slot.failures
  if (slot.unpricedCalls > 0) return { good: 0, bad: 0, unknown: Math.max(1, executions) }
  if (slot.pricedCalls === 0) return { good: 0, bad: 0, unknown: 0 }
  // Calls of a run that ends in a later slot: their run is counted there.
  if (executions === 0) return { good: 0, bad: 0, unknown: 0 }
  const isGood = slot.costNanoUsd <= limitNanoUsd * slot.successes
  return { good: isGood ? executions : 0, bad: isGood ? 0 : executions, unknown: 0 }
}

/**
 * Slots of a range by freshness: good while the last success is no older than the limit at the slot's end. Successes are
 * slots in which one ended, ascending, from before the range on. Before anything was ever heard there is no event.
 */
export function freshnessSlots(
  successSlots: readonly number[],
  range: { readonly from: Instant; readonly until: Instant },
  maxAgeMs: number,
  /** True when a success older than the given ones is known, so that a slot before the first one is stale, not early. */
  isOlderKnown: boolean,
): readonly Slot[] {
  const slots: Slot[] = []
  let next = 0
  let last: number | null = null
  for (let slotAt: number = range.from; slotAt < range.until; slotAt += slotMs) {
    while (next < successSlots.length && (successSlots[next] ?? Number.POSITIVE_INFINITY) <= slotAt) {
      last = successSlots[next] ?? last
      next += 1
    }
    if (last === null && !isOlderKnown) continue
    const isFresh = last !== null && slotAt - last <= maxAgeMs
    slots.push({ slotAt, good: isFresh ? 1 : 0, bad: isFresh ? 0 : 1, unknown: 0 })
  }
  return slots
}

/** What decides how events are counted; when it changes, all is counted anew. */
export function countingOf(definition: { readonly indicator: SlaIndicator; readonly scope: unknown }): string {
  return JSON.stringify([definition.indicator, definition.scope])
}
