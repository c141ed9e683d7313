import {
  AgentPerformance,
  AgentPerformanceQuery,
  PerformanceMetricsPage,
  PerformanceMetricsQuery,
  Recount,
  RecountOrder,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../ports/slice.ts'
import { recountDay } from './actions/compute.ts'
import { agentPerformance, readMetrics } from './actions/read.ts'

const tag = 'metrics'

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/performance-metrics',
    access: 'fleet:read',
    tag,
    operationId: 'listPerformanceMetrics',
    summary: 'Daily metrics per agent, environment and release, the newest day first',
    query: PerformanceMetricsQuery,
    reply: PerformanceMetricsPage,
    handle: (deps, { caller, query }) => readMetrics(deps, caller, query),
  }),
  route({
    method: 'POST',
    path: '/api/v1/performance-metrics/recounts',
    access: 'registry:write',
    tag,
    operationId: 'recountPerformanceMetrics',
    summary: 'Count a day again from the stored runs, and see whether the rollups agree',
    body: RecountOrder,
    reply: Recount,
    handle: (deps, { caller, body }) => recountDay(deps, caller, body.day),
  }),
  route({
    method: 'GET',
    path: '/api/v1/agents/:agentId/performance',
    access: 'fleet:read',
    tag,
    operationId: 'getAgentPerformance',
    summary: 'The last days of one agent, what is usual for it, and the trend',
    params: z.object({ agentId: Uuid }),
    query: AgentPerformanceQuery,
    reply: AgentPerformance,
    handle: (deps, { caller, params, query }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
        agentPerformance(deps, tx, params.agentId, query),
      ),
  }),
]
