import type { AgentHealth, HealthState } from '@metaagent/contract'
import type { FleetSearch, FleetSortKey } from './search.ts'

/** How urgent a state is; the most urgent first. */
export const urgency: Readonly<Record<HealthState, number>> = {
  failing: 0,
  degraded: 1,
  silent: 2,
  unknown: 3,
  healthy: 4,
}

/** The agents that the search text and the state let through, in the chosen order. */
export function fleetRows(agents: readonly AgentHealth[], search: FleetSearch): readonly AgentHealth[] {
  const text = (search.q ?? '').toLowerCase()
  const shown = agents.filter(
    ({ agent, domain, state }) =>
      (search.state === undefined || state === search.state) &&
      (text === '' || agent.toLowerCase().includes(text) || domain.toLowerCase().includes(text)),
  )
  const key = search.sort ?? 'state'
  const direction = search.desc === 'true' ? -1 : 1
  return shown.sort((a, b) => compare(sortValue(a, key), sortValue(b, key), direction) || byName(a, b))
}

function sortValue(health: AgentHealth, key: FleetSortKey): number | string | null {
  switch (key) {
    case 'state':
      // Within a state, the lower score is the more urgent.
      return urgency[health.state] * 1000 + (health.score ?? 500)
    case 'agent':
      return health.agent.toLowerCase()
    case 'score':
      return health.score
    case 'success':
      return health.figures.successRate
    case 'p95':
      return health.figures.latencyP95Ms
    case 'cost':
      return health.figures.costNanoUsd
    case 'executions':
      return health.figures.executions
    case 'seen':
      return health.lastExecutionAt
  }
}

// Unknown stands at the end in both directions: it is neither small nor large.
function compare(a: number | string | null, b: number | string | null, direction: number): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return (a < b ? -1 : a > b ? 1 : 0) * direction
}

function byName(a: AgentHealth, b: AgentHealth): number {
  return a.agent < b.agent ? -1 : a.agent > b.agent ? 1 : 0
}
