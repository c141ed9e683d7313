import { Agent, AgentPage, AgentPatch, AgentQuery, EnvironmentList, ReleaseList, Uuid } from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../ports/slice.ts'
import { changeAgent, listAgents, readAgent, readEnvironments, readReleases } from './actions/agents.ts'

const tag = 'registry'
const AgentPath = z.object({ agentId: Uuid })

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/agents',
    access: 'fleet:read',
    tag,
    operationId: 'listAgents',
    summary: 'Agents by name',
    query: AgentQuery,
    reply: AgentPage,
    handle: (deps, { caller, query }) => listAgents(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/agents/:agentId',
    access: 'fleet:read',
    tag,
    operationId: 'getAgent',
    summary: 'One agent',
    params: AgentPath,
    reply: Agent,
    handle: (deps, { caller, params }) => readAgent(deps, caller, params.agentId),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/agents/:agentId',
    access: 'registry:write',
    tag,
    operationId: 'changeAgent',
    summary: 'Change the domain, owner or description of an agent, pause or archive it',
    params: AgentPath,
    body: AgentPatch,
    reply: Agent,
    handle: (deps, { caller, params, body }) => changeAgent(deps, caller, params.agentId, body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/agents/:agentId/releases',
    access: 'fleet:read',
    tag,
    operationId: 'listReleases',
    summary: 'Releases of an agent, the one that worked last first',
    params: AgentPath,
    reply: ReleaseList,
    handle: (deps, { caller, params }) => readReleases(deps, caller, params.agentId),
  }),
  route({
    method: 'GET',
    path: '/api/v1/environments',
    access: 'fleet:read',
    tag,
    operationId: 'listEnvironments',
    summary: 'Environments in which agents have worked',
    reply: EnvironmentList,
    handle: (deps, { caller }) => readEnvironments(deps, caller),
  }),
]
