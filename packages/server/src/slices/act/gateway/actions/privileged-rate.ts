import type { Deps, TunableDefinition } from '../../../../ports/slice.ts'
import type { Store } from '../../../../ports/store.ts'
import { tunableNumber } from '../../../govern/tunables/index.ts'

export const privilegedRateTunable: TunableDefinition = {
  key: 'gateway.privileged_rate_factor',
  description: 'How many times the rate limits of others a privileged client has.',
  type: 'integer',
  unit: null,
  minimum: 1,
  maximum: 1_000,
  choices: null,
  defaultValue: 10,
  impact: 'MODERATE',
}

const longestMs = 10_000
const caches = new WeakMap<Store, Map<string, { readonly factor: number; readonly readAtMs: number }>>()

/** How many times the rate limits an organization's privileged clients have; remembered for ten seconds. */
export async function privilegedRateFactor(deps: Deps, organizationId: string): Promise<number> {
  const cache = caches.get(deps.store) ?? new Map<string, { factor: number; readAtMs: number }>()
  caches.set(deps.store, cache)
  const known = cache.get(organizationId)
  const nowMs = deps.clock.monotonicMs()
  if (known !== undefined && nowMs - known.readAtMs < longestMs) return known.factor
  const factor = await deps.store.transaction({ organizationId }, (tx) =>
    tunableNumber(deps, tx, privilegedRateTunable.key),
  )
  cache.set(organizationId, { factor, readAtMs: nowMs })
  return factor
}

/** Forgets what is remembered. */
export function forgetRateFactors(deps: Deps): void {
  caches.delete(deps.store)
}
