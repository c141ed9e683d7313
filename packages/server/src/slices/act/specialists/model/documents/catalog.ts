import type { AiCatalogEntry, McpServerJson } from '@metaagent/contract'
import { a2aEndpoints } from './agent-card.ts'
import {
  agentCardUrl,
  governanceExtension,
  governanceFacts,
  type PublishedVersion,
  type Publisher,
  publisherDomain,
  serverJsonUrl,
} from './published.ts'

export const aiCatalogType = 'application/ai-catalog+json'
export const agentCardType = 'application/a2a-agent-card+json'
export const serverJsonType = 'application/mcp-server-card+json'

const remoteTypes = { 'MCP-STREAMABLE-HTTP': 'streamable-http', 'MCP-SSE': 'sse' } as const
type McpBinding = keyof typeof remoteTypes

function isMcp(binding: string): binding is McpBinding {
  return binding in remoteTypes
}

/**
 * The `server.json` of 2025-12-11 for one version; null when no endpoint speaks MCP. The name is the publisher's domain
 * backwards, a slash and the specialist's name; the description is cut to the 100 characters that the schema takes.
 */
export function toServerJson(version: PublishedVersion, publisher: Publisher): McpServerJson | null {
  const { definition } = version
  const remotes = definition.endpoints.flatMap(({ url, binding }) =>
    isMcp(binding) ? [{ type: remoteTypes[binding], url }] : [],
  )
  if (remotes.length === 0) return null
  const namespace = publisherDomain(publisher).split('.').toReversed().join('.')
  return {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: `${namespace}/${version.name}`,
    title: cut(definition.title, 100),
    description: cut(definition.description, 100),
    version: version.version,
    ...(definition.documentationUrl === null ? {} : { websiteUrl: definition.documentationUrl }),
    remotes,
    _meta: {
      'io.modelcontextprotocol.registry/publisher-provided': { [governanceExtension]: governanceFacts(version) },
    },
  }
}

function cut(text: string, max: number): string {
  const characters = [...text.replaceAll(/\s+/g, ' ')]
  return characters.length <= max ? characters.join('') : `${characters.slice(0, max - 1).join('')}…`
}

/**
 * The entries of an AI Catalog for one version: one for its card, one for its `server.json`, each where it has one. With
 * a domain of its own the publisher names them by `urn:air`, else the address of the document does.
 */
export function toCatalogEntries(version: PublishedVersion, publisher: Publisher): readonly AiCatalogEntry[] {
  const { specialistId, name, definition } = version
  const tags = [...new Set(definition.skills.flatMap((skill) => skill.tags))].toSorted()
  const entry = (kind: 'agent' | 'mcp', type: string, url: string): AiCatalogEntry => ({
    identifier: publisher.domain === null ? url : `urn:air:${publisher.domain}:${kind}:${name}`,
    type,
    mediaType: type,
    url,
    version: version.version,
    tags,
    updatedAt: version.changedAt,
    ...(publisher.domain === null
      ? {}
      : { publisher: { identifier: `did:web:${publisher.domain}`, displayName: publisher.organization } }),
  })
  return [
    ...(a2aEndpoints(definition.endpoints).length === 0
      ? []
      : [entry('agent', agentCardType, agentCardUrl(publisher, specialistId))]),
    ...(definition.endpoints.some(({ binding }) => isMcp(binding))
      ? [entry('mcp', serverJsonType, serverJsonUrl(publisher, specialistId))]
      : []),
  ]
}
