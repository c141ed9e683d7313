import {
  BlastRadius,
  BlastRadiusQuery,
  Dependency,
  DependencyChange,
  DependencyGraph,
  DependencyQuery,
  DependencyTarget,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../ports/slice.ts'
import { changeDependency, readBlastRadius, readGraph, removeDependency } from './actions/graph.ts'

const tag = 'dependencies'
const AgentPath = z.object({ agentId: Uuid })

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/dependencies',
    access: 'fleet:read',
    tag,
    operationId: 'getDependencies',
    summary: 'Who calls what: agents, tools, models and providers, with the traffic of the last days',
    query: DependencyQuery,
    reply: DependencyGraph,
    handle: (deps, { caller, query }) => readGraph(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/blast-radius',
    access: 'fleet:read',
    tag,
    operationId: 'getBlastRadius',
    summary: 'Who is affected, over any number of calls, when something fails',
    query: BlastRadiusQuery,
    reply: BlastRadius,
    handle: (deps, { caller, query }) => readBlastRadius(deps, caller, query),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/agents/:agentId/dependencies',
    access: 'registry:write',
    tag,
    operationId: 'changeDependency',
    summary: 'Write a dependency down, or hide or annotate a known one',
    params: AgentPath,
    body: DependencyChange,
    reply: Dependency,
    handle: (deps, { caller, params, body }) => changeDependency(deps, caller, params.agentId, body),
  }),
  route({
    method: 'POST',
    path: '/api/v1/agents/:agentId/dependencies/removals',
    access: 'registry:write',
    tag,
    operationId: 'removeDependency',
    summary: 'Remove a dependency that was written down',
    params: AgentPath,
    body: DependencyTarget,
    reply: z.null(),
    status: 204,
    handle: (deps, { caller, params, body }) => removeDependency(deps, caller, params.agentId, body),
  }),
]
