import { AgentCard, AiCatalog, JsonWebKeySet, McpServerJson, Uuid } from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../../kernel/result.ts'
import { type Route, route } from '../../../../ports/slice.ts'
import { readCatalog, readDeploymentCard, readPublicCard, readPublicServerJson } from '../actions/documents.ts'
import { publicCardKeys } from '../actions/signing.ts'
import { aiCatalogType } from '../model/documents/catalog.ts'

const open = { tag: 'specialists', access: null } as const
const one = z.object({ specialistId: Uuid })
const shown = 'Open where the organization shows its specialists to the world, else not found.'

/** What anybody may read. */
export const publicRoutes: readonly Route[] = [
  route({
    ...open,
    method: 'GET',
    path: '/.well-known/agent-card.json',
    operationId: 'getDeploymentCard',
    summary: 'The signed A2A card of this deployment',
    reply: AgentCard,
    handle: (deps) => readDeploymentCard(deps),
  }),
  route({
    ...open,
    method: 'GET',
    path: '/.well-known/ai-catalog.json',
    operationId: 'getDeploymentCatalog',
    summary: 'The AI Catalog of this deployment and its first organization',
    reply: AiCatalog,
    otherTypes: [aiCatalogType],
    handle: (deps) => readCatalog(deps, null),
  }),
  route({
    ...open,
    method: 'GET',
    path: '/api/v1/ai-catalogs/:organizationId',
    operationId: 'getOrganizationCatalog',
    summary: 'The AI Catalog of an organization',
    description: shown,
    params: z.object({ organizationId: Uuid }),
    reply: AiCatalog,
    otherTypes: [aiCatalogType],
    handle: (deps, { params }) => readCatalog(deps, params.organizationId),
  }),
  route({
    ...open,
    method: 'GET',
    path: '/api/v1/specialists/:specialistId/agent-card.json',
    operationId: 'getAgentCard',
    summary: 'The signed A2A card of an active specialist',
    description: shown,
    params: one,
    reply: AgentCard,
    handle: (deps, { params }) => readPublicCard(deps, params.specialistId),
  }),
  route({
    ...open,
    method: 'GET',
    path: '/api/v1/specialists/:specialistId/server.json',
    operationId: 'getServerJson',
    summary: 'The MCP server.json of an active specialist',
    description: shown,
    params: one,
    reply: McpServerJson,
    handle: (deps, { params }) => readPublicServerJson(deps, params.specialistId),
  }),
  route({
    ...open,
    method: 'GET',
    path: '/api/v1/agent-card-keys',
    operationId: 'getAgentCardKeys',
    summary: 'The public keys that verify this deployment’s cards (RFC 7517)',
    reply: JsonWebKeySet,
    handle: async (deps) => {
      const headers = { 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=300' }
      return { ...ok(await publicCardKeys(deps)), headers }
    },
  }),
]
