import {
  AgentHealth,
  AgentHealthQuery,
  FleetGroups,
  FleetHealth,
  FleetQuery,
  HealthSeries,
  HealthSeriesQuery,
  HealthStreamEvent,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../kernel/result.ts'
import { type Route, route, streamRoute } from '../../../ports/slice.ts'
import { watchFleet } from './actions/feed.ts'
import { agentHealth, fleetHealth, fleetPicture, healthSeries } from './actions/judge.ts'

const AgentPath = z.object({ agentId: Uuid })

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/fleet/health',
    operationId: 'getFleetHealth',
    access: 'fleet:read',
    tag: 'health',
    summary: 'Health of every agent in a window, the most urgent first',
    query: FleetQuery,
    reply: FleetHealth,
    handle: async (deps, { caller, query }) =>
      ok(await deps.store.transaction({ organizationId: caller.organizationId }, (tx) => fleetHealth(deps, tx, query))),
  }),
  route({
    method: 'GET',
    path: '/api/v1/fleet/groups',
    operationId: 'getFleetGroups',
    access: 'fleet:read',
    tag: 'health',
    summary: 'Health of every domain and environment in a window, the most urgent first',
    query: FleetQuery,
    reply: FleetGroups,
    handle: async (deps, { caller, query }) =>
      ok(
        await deps.store.transaction(
          { organizationId: caller.organizationId },
          async (tx) => (await fleetPicture(deps, tx, query)).groups,
        ),
      ),
  }),
  streamRoute({
    path: '/api/v1/fleet/stream',
    operationId: 'streamFleetHealth',
    access: 'fleet:read',
    tag: 'health',
    summary: 'Live health: the whole fleet first, then what changes',
    description:
      'Server-sent events: `fleet` (FleetHealth) and `groups` (FleetGroups) at the start and when agents come or go, then `agent` (AgentHealth) and `groups` for changes.',
    query: FleetQuery,
    event: HealthStreamEvent,
    open: (deps, { caller, query, signal }) => watchFleet(deps, caller.organizationId, query, signal),
  }),
  route({
    method: 'GET',
    path: '/api/v1/agents/:agentId/health',
    operationId: 'getAgentHealth',
    access: 'fleet:read',
    tag: 'health',
    summary: 'Health of one agent, with every part of the score explained',
    params: AgentPath,
    query: AgentHealthQuery,
    reply: AgentHealth,
    handle: (deps, { caller, params, query }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
        agentHealth(deps, tx, params.agentId, query),
      ),
  }),
  route({
    method: 'GET',
    path: '/api/v1/agents/:agentId/health/series',
    operationId: 'getAgentHealthSeries',
    access: 'fleet:read',
    tag: 'health',
    summary: 'Figures of one agent over time, for charts',
    params: AgentPath,
    query: HealthSeriesQuery,
    reply: HealthSeries,
    handle: (deps, { caller, params, query }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
        healthSeries(deps, tx, params.agentId, query),
      ),
  }),
]
