import type { Because, GatewayDecision, GatewayDestination, GatewayRules, Sensitivity } from '@metaagent/contract'
import { decideRoute, type RouteDecision, type RoutingFacts, strictness } from './route.ts'

interface Outcome {
  readonly sensitivity: Sensitivity
  readonly decision: GatewayDecision
  readonly because: Because
}

export interface ChangedRoute {
  readonly agent: string
  readonly asked: GatewayDestination
  readonly count: number
  readonly effect: 'stricter' | 'looser' | 'elsewhere'
  readonly from: Outcome
  readonly to: Outcome
}

/**
 * What other rules would have decided on payloads that were routed before: those whose decision or destination differs,
 * alike ones together, the most frequent first.
 */
export function tryRules(asked: {
  readonly present: GatewayRules
  readonly proposed: GatewayRules
  readonly past: readonly RoutingFacts[]
}): readonly ChangedRoute[] {
  const changed = new Map<string, { route: ChangedRoute; count: number }>()
  for (const facts of asked.past) {
    const before = decideRoute(asked.present, facts)
    const after = decideRoute(asked.proposed, facts)
    const effect = effectOf(before, after)
    if (effect === null) continue
    const { agent, provider, model, region } = facts
    const from = outcomeOf(before)
    const to = outcomeOf(after)
    const key = JSON.stringify([agent, provider, model, region, from, to])
    const known = changed.get(key)
    if (known !== undefined) known.count += 1
    else
      changed.set(key, { count: 1, route: { agent, asked: { provider, model, region }, count: 1, effect, from, to } })
  }
  return [...changed.values()]
    .map(({ route, count }) => ({ ...route, count }))
    .toSorted((a, b) => b.count - a.count || (a.agent < b.agent ? -1 : 1))
}

function effectOf(before: RouteDecision, after: RouteDecision): ChangedRoute['effect'] | null {
  const difference = strictness[after.decision] - strictness[before.decision]
  if (difference !== 0) return difference > 0 ? 'stricter' : 'looser'
  return JSON.stringify(before.destination) === JSON.stringify(after.destination) ? null : 'elsewhere'
}

function outcomeOf({ judged, decision, because }: RouteDecision): Outcome {
  return { sensitivity: judged.sensitivity, decision, because }
}
