import {
  AgentHealth,
  FleetGroups,
  FleetHealth,
  FleetTotals,
  type HealthFigures,
  type HealthState,
} from '@metaagent/contract'
import { wilsonInterval } from '../charts/wilson.ts'
import type { ServerSentEvent } from './sse.ts'

/** Which picture of the fleet a page shows. */
export interface FleetFilter {
  readonly window: FleetHealth['window']
  readonly environment?: string
  readonly domain?: string
}

/** The fleet as the live stream has told it so far. */
export interface LiveFleet {
  readonly fleet: FleetHealth | null
  /** Its domains and environments, which the server sums up. */
  readonly groups: FleetGroups | null
  /** Ids already applied, newest last; a server that resends after a reconnection changes nothing twice. */
  readonly appliedIds: readonly string[]
  /** Agents that came before the first whole picture; they are applied to it. */
  readonly early: readonly AgentHealth[]
  /** Agents whose state turned while this page was open, newest first. */
  readonly turns: readonly StateTurn[]
  /** How many agent events changed something; pages use it to notice that there is news. */
  readonly revision: number
  /** Events that could not be read, for the reader to know that the picture may be incomplete. */
  readonly unreadable: number
}

export interface StateTurn {
  readonly agentId: string
  readonly agent: string
  readonly from: HealthState
  readonly to: HealthState
}

export const emptyLiveFleet: LiveFleet = {
  fleet: null,
  groups: null,
  appliedIds: [],
  early: [],
  turns: [],
  revision: 0,
  unreadable: 0,
}

const REMEMBERED_IDS = 512
const REMEMBERED_TURNS = 20

/**
 * The fleet after one more event: `fleet` replaces the picture unless it is older than the one shown, `agent` replaces
 * one agent in it, `totals` what the whole fleet came to. An id that was applied before, an agent of another filter and an event that does not fit the contract
 * change nothing but the counters.
 */
export function applyEvent(state: LiveFleet, event: ServerSentEvent, filter: FleetFilter): LiveFleet {
  if (event.id !== null && event.id !== '' && state.appliedIds.includes(event.id)) return state
  const read = readEvent(event)
  if (read === null) return schemas.has(event.event) ? { ...state, unreadable: state.unreadable + 1 } : state
  const next =
    'domains' in read
      ? { ...state, groups: read }
      : 'agents' in read
        ? applyPicture(state, read)
        : 'totals' in read
          ? applyTotals(state, read)
          : applyAgent(state, read, filter)
  if (event.id === null || event.id === '') return next
  return { ...next, appliedIds: [...next.appliedIds, event.id].slice(-REMEMBERED_IDS) }
}

function applyPicture(state: LiveFleet, fleet: FleetHealth): LiveFleet {
  if (state.fleet !== null && state.fleet.window === fleet.window && fleet.asOf < state.fleet.asOf) return state
  const turns = state.fleet === null ? [] : fleet.agents.flatMap((agent) => turnOf(state.fleet, agent))
  const whole = { ...state, fleet, early: [], turns: [...turns, ...state.turns].slice(0, REMEMBERED_TURNS) }
  return state.early.reduce<LiveFleet>((held, agent) => replaceAgent(held, agent), whole)
}

function applyTotals(state: LiveFleet, { window, asOf, totals }: FleetTotals): LiveFleet {
  const { fleet } = state
  return fleet === null || fleet.window !== window || asOf < fleet.asOf
    ? state
    : { ...state, fleet: { ...fleet, asOf, totals } }
}

function applyAgent(state: LiveFleet, agent: AgentHealth, filter: FleetFilter): LiveFleet {
  const fits =
    agent.window === filter.window &&
    (agent.environment ?? undefined) === filter.environment &&
    (filter.domain === undefined || agent.domain === filter.domain)
  if (!fits) return state
  if (state.fleet === null)
    return { ...state, early: [...state.early.filter((a) => a.agentId !== agent.agentId), agent] }
  return replaceAgent(state, agent)
}

function replaceAgent(state: LiveFleet, agent: AgentHealth): LiveFleet {
  const { fleet } = state
  if (fleet === null) return state
  const others = fleet.agents.filter(({ agentId }) => agentId !== agent.agentId)
  const place = fleet.agents.findIndex(({ agentId }) => agentId === agent.agentId)
  const agents = place < 0 ? [...others, agent] : fleet.agents.with(place, agent)
  return {
    ...state,
    fleet: { ...fleet, agents, totals: totalsOf(agents, fleet.totals), states: statesOf(agents) },
    turns: [...turnOf(fleet, agent), ...state.turns].slice(0, REMEMBERED_TURNS),
    revision: state.revision + 1,
  }
}

function turnOf(fleet: FleetHealth | null, agent: AgentHealth): StateTurn[] {
  const before = fleet?.agents.find(({ agentId }) => agentId === agent.agentId)
  if (before === undefined || before.state === agent.state) return []
  return [{ agentId: agent.agentId, agent: agent.agent, from: before.state, to: agent.state }]
}

function statesOf(agents: readonly AgentHealth[]): FleetHealth['states'] {
  const states = { healthy: 0, degraded: 0, failing: 0, silent: 0, unknown: 0 }
  for (const { state } of agents) states[state] += 1
  return states
}

/**
 * Totals from the agents' own figures. What cannot be added up (percentiles) is kept until the stream tells it; a
 * cost is the sum of the known ones, and unknown only when none is known.
 */
function totalsOf(agents: readonly AgentHealth[], before: HealthFigures): HealthFigures {
  const sum = (key: CountKey) => agents.reduce((total, { figures }) => total + figures[key], 0)
  const known = agents.flatMap(({ figures }) => (figures.costNanoUsd === null ? [] : [figures.costNanoUsd]))
  const cost = known.length === 0 ? null : known.reduce((total, nano) => total + nano, 0)
  const [successes, failures] = [sum('successes'), sum('failures')]
  const interval = wilsonInterval(successes, successes + failures)
  return {
    ...before,
    executions: sum('executions'),
    successes,
    failures,
    running: sum('running'),
    waiting: sum('waiting'),
    cancelled: sum('cancelled'),
    successRate: interval?.rate ?? null,
    successRateLow: interval?.low ?? null,
    successRateHigh: interval?.high ?? null,
    actions: sum('actions'),
    actionErrors: sum('actionErrors'),
    inputTokens: sum('inputTokens'),
    outputTokens: sum('outputTokens'),
    unpricedCalls: sum('unpricedCalls'),
    costNanoUsd: cost,
    costPerSuccessNanoUsd: cost === null || successes === 0 ? null : Math.round(cost / successes),
  }
}

type CountKey = {
  [Key in keyof HealthFigures]: null extends HealthFigures[Key] ? never : Key
}[keyof HealthFigures]

const schemas = new Map<string, typeof FleetHealth | typeof AgentHealth | typeof FleetGroups | typeof FleetTotals>([
  ['fleet', FleetHealth],
  ['agent', AgentHealth],
  ['groups', FleetGroups],
  ['totals', FleetTotals],
])

function readEvent({ event, data }: ServerSentEvent): FleetHealth | AgentHealth | FleetGroups | FleetTotals | null {
  const schema = schemas.get(event) ?? null
  if (schema === null) return null
  try {
    const parsed = schema.safeParse(JSON.parse(data))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
