import type { FleetGroups, GroupHealth, Overview, OverviewWindow } from '@metaagent/contract'
import { fleetOf } from './fleet.ts'
import { iso, uuid } from './random.ts'

const because = {
  rule: 'cost-above-baseline',
  observed: 4e9,
  limit: 15e8,
  text: '$4.00 in the last 24 hours; usual is $1.00.',
}

/** The home page: two agents that need a look, one of each thing that burns, changes with and without an effect. */
export function overviewOf(window: OverviewWindow, nowMs: number): Overview {
  const { totals, states, agents } = fleetOf(window, null, null, nowMs)
  const day = 86_400_000
  const side = { executions: 400, successRate: 0.98, latencyP95Ms: 1_200, costPerSuccessNanoUsd: 11e6 }
  const span = (from: number, until: number) => ({ from: iso(nowMs + from * day), until: iso(nowMs + until * day) })
  const nothing = { agentId: null, exhaustionAt: null, since: null }
  const by = `user:${uuid(1)}`
  const change = { at: iso(nowMs - 3_600_000), by, because: null, agentId: null, agent: null, effect: null }
  return {
    window,
    asOf: iso(nowMs),
    fleet: {
      states,
      totals,
      worst: agents.filter(({ state }) => state === 'failing' || state === 'degraded').slice(0, 2),
    },
    burning: [
      {
        ...nothing,
        kind: 'alert',
        severity: 'critical',
        title: 'Claims fail',
        because: { ...because, text: 'failureRate of the last 5m is 0.5.' },
        since: iso(nowMs - 60_000),
        link: `/alerts/${uuid(700)}`,
      },
      {
        ...nothing,
        kind: 'budget',
        severity: 'warning',
        title: 'fast answers: 12 % of its budget left',
        because: { ...because, text: 'It burns six times too fast.' },
        exhaustionAt: iso(nowMs + day),
        link: `/slas/${uuid(800)}`,
      },
      {
        ...nothing,
        kind: 'cost',
        severity: 'warning',
        title: 'telecom-care costs 4.0 times what is usual',
        because,
        link: '/costs',
      },
    ],
    burningLeftOut: 0,
    changes: [
      {
        ...change,
        eventId: uuid(901),
        kind: 'release',
        title: 'Release v2 of airline-desk ran for the first time',
        agentId: uuid(2),
        agent: 'airline-desk',
        link: `/agents/${uuid(2)}?release=v2`,
        effect: {
          verdict: 'worse',
          before: { ...span(-1, 0), ...side },
          after: { ...span(0, 1), ...side, successRate: 0.7, costPerSuccessNanoUsd: null },
          because: [{ ...because, rule: 'success-difference', text: 'Success 98.0 % → 70.0 %: worse.' }],
        },
      },
      {
        ...change,
        eventId: uuid(902),
        kind: 'setting',
        title: 'health.success_target: 0.98 → 0.95',
        because: { ...because, text: 'as agreed' },
        link: `/ledger/events/${uuid(902)}`,
      },
    ],
    changesLeftOut: 0,
    withheld: [],
  }
}

/** The fleet by domain and environment. */
export function groupsOf(window: FleetGroups['window'], nowMs: number): FleetGroups {
  const { agents, totals } = fleetOf(window, null, null, nowMs)
  const group = (
    kind: GroupHealth['kind'],
    name: string,
    state: GroupHealth['state'],
    score: number | null,
  ): GroupHealth => ({
    kind,
    name,
    window,
    state,
    score,
    because: [{ ...because, text: `1 of ${agents.length} ${state}, first airline-desk.` }],
    agents: agents.length,
    states: { failing: state === 'failing' ? 1 : 0, degraded: 0, silent: 0, unknown: 0, healthy: 1 },
    figures: totals,
    lastExecutionAt: iso(nowMs - 60_000),
  })
  return {
    window,
    asOf: iso(nowMs),
    domains: [group('domain', 'support', 'failing', 41), group('domain', 'infra', 'healthy', null)],
    environments: [group('environment', 'production', 'failing', 63)],
  }
}
