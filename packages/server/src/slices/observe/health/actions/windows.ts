import type { HealthFigures, HealthState } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { coverOfSeconds, figuresOf, type RollupSums } from '../model/figures.ts'
import { type HealthPolicy, judgeHealth } from '../model/score.ts'
import * as store from '../store.ts'
import { healthPolicy } from './judge.ts'

// For rules that look at windows which health itself does not judge, now and in the past.

const nothingOpen = { running: 0, waiting: 0 }

/** Sums per agent of a window of any length that ends now; agents without rollups in it are missing. */
export async function sumsByAgent(
  deps: Deps,
  tx: Tx,
  window: { readonly minutes: number; readonly environment: string | null },
): Promise<ReadonlyMap<string, RollupSums>> {
  const filter = { agentId: null, environment: window.environment, releaseId: null }
  return await store.sumsByAgent(tx, filter, coverOfSeconds(window.minutes * 60, deps.clock.now()))
}

/** The figures of sums, as people read them; runs that are open now are not in sums. */
export function figuresOfSums(sums: RollupSums): HealthFigures {
  return figuresOf(sums, nothingOpen)
}

/** Sums per agent and step, by the start of the step in epoch milliseconds; empty steps are missing. */
export async function sumsByAgentInSteps(
  _deps: Deps,
  tx: Tx,
  environment: string | null,
  range: {
    readonly from: Instant
    readonly until: Instant
    readonly grain: 'minute' | 'hour'
    readonly stepSeconds: number
  },
): Promise<ReadonlyMap<string, ReadonlyMap<number, RollupSums>>> {
  return await store.sumsByAgentAndStep(tx, { agentId: null, environment, releaseId: null }, range)
}

/** When each agent was heard last. */
export async function heardAt(_deps: Deps, tx: Tx): Promise<ReadonlyMap<string, Instant>> {
  return await store.lastHeard(tx, null)
}

/** The lines that the organization measures health against. */
export async function healthPolicyOf(deps: Deps, tx: Tx): Promise<HealthPolicy> {
  return await healthPolicy(deps, tx)
}

/** Judges figures as the health of a window that ended at `now`. */
export function judgeWindow(input: {
  readonly figures: HealthFigures
  readonly lastExecutionAt: Instant | null
  readonly policy: HealthPolicy
  readonly now: Instant
}): { readonly state: HealthState; readonly score: number | null; readonly why: string } {
  const { state, score, because } = judgeHealth(input)
  return { state, score, why: because[0]?.text ?? '' }
}
