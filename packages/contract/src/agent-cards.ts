import { z } from 'zod'
import { Json } from './primitives.ts'

/**
 * Documents by which agents and tools are found, as their specifications have them. Written by hand after the definitions
 * named at each, since what MetaAgent sends must hold to them and what it is sent need hold no more than what it reads.
 */

const Url = z.url({ protocol: /^(https?|grpcs?)$/ }).max(2_000)
const MediaTypes = z.array(z.string().min(1).max(200)).max(100)

/** A2A 1.0.1, `AgentInterface` (a2a.proto, Apache-2.0, Linux Foundation): url, protocolBinding and protocolVersion are required. */
export const AgentCardInterface = z
  .looseObject({
    url: Url,
    protocolBinding: z.string().min(1).max(500),
    protocolVersion: z.string().min(1).max(50),
    tenant: z.string().max(200).optional(),
  })
  .meta({ id: 'AgentCardInterface' })

/** `AgentExtension`: by one of these a card carries what governs the agent. */
export const AgentCardExtension = z
  .looseObject({
    uri: z.string().max(500),
    description: z.string().max(2_000).optional(),
    required: z.boolean().optional(),
    params: z.record(z.string(), Json).optional(),
  })
  .meta({ id: 'AgentCardExtension' })

/** `AgentSkill`: id, name, description and tags are required. */
export const AgentCardSkill = z
  .looseObject({
    id: z.string().min(1).max(200),
    name: z.string().min(1).max(200),
    description: z.string().min(1).max(10_000),
    tags: z.array(z.string().max(200)).max(100),
    examples: z.array(z.string().max(10_000)).max(100).optional(),
    inputModes: MediaTypes.optional(),
    outputModes: MediaTypes.optional(),
  })
  .meta({ id: 'AgentCardSkill' })

/** `AgentCardSignature`: a JWS (RFC 7515) over the card without `signatures` in canonical JSON (RFC 8785). */
export const AgentCardSignature = z
  .looseObject({
    protected: z.string().min(1).max(8_000),
    signature: z.string().min(1).max(8_000),
    header: z.record(z.string(), Json).optional(),
  })
  .meta({ id: 'AgentCardSignature' })
export type AgentCardSignature = z.infer<typeof AgentCardSignature>

/**
 * A2A 1.0.1, `AgentCard`: name, description, version, supportedInterfaces, capabilities, defaultInputModes,
 * defaultOutputModes and skills are required. `url` at the top is of 0.3 and not read.
 */
export const AgentCard = z
  .looseObject({
    name: z.string().min(1).max(200),
    description: z.string().min(1).max(10_000),
    version: z.string().min(1).max(100),
    supportedInterfaces: z.array(AgentCardInterface).min(1).max(100),
    provider: z.looseObject({ organization: z.string().max(200), url: z.string().max(2_000) }).optional(),
    documentationUrl: z.string().max(2_000).optional(),
    capabilities: z.looseObject({
      streaming: z.boolean().optional(),
      pushNotifications: z.boolean().optional(),
      extendedAgentCard: z.boolean().optional(),
      extensions: z.array(AgentCardExtension).max(100).optional(),
    }),
    securitySchemes: z.record(z.string(), Json).optional(),
    securityRequirements: z.array(Json).optional(),
    defaultInputModes: MediaTypes,
    defaultOutputModes: MediaTypes,
    skills: z.array(AgentCardSkill).max(500),
    signatures: z.array(AgentCardSignature).max(10).optional(),
  })
  .meta({ id: 'AgentCard' })
export type AgentCard = z.infer<typeof AgentCard>

/** MCP Registry, `server.json` of 2025-12-11 (MIT): name (one slash), description and version are required. */
export const McpServerJson = z
  .strictObject({
    $schema: z.literal('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'),
    name: z
      .string()
      .min(3)
      .max(200)
      .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
    title: z.string().min(1).max(100).optional(),
    description: z.string().min(1).max(100),
    version: z.string().min(1).max(255),
    websiteUrl: z.url().optional(),
    remotes: z.array(z.strictObject({ type: z.enum(['streamable-http', 'sse']), url: z.url() })).min(1),
    _meta: z
      .strictObject({
        'io.modelcontextprotocol.registry/publisher-provided': z.record(z.string(), Json),
      })
      .optional(),
  })
  .meta({ id: 'McpServerJson' })
export type McpServerJson = z.infer<typeof McpServerJson>

/**
 * An entry of an AI Catalog (Agent-Card/ai-catalog, `application/ai-catalog+json`): identifier, a media type and exactly one
 * of `url` and `data`. Drafts before June 2026 read the media type from `mediaType`, later ones from `type`: both are said.
 */
export const AiCatalogEntry = z
  .strictObject({
    identifier: z.string().min(1),
    type: z.string().min(1),
    mediaType: z.string().min(1),
    url: z.url(),
    version: z.string().min(1),
    tags: z.array(z.string()).optional(),
    updatedAt: z.iso.datetime().optional(),
    publisher: z.strictObject({ identifier: z.string(), displayName: z.string() }).optional(),
    extensions: z.record(z.string(), Json).optional(),
  })
  .meta({ id: 'AiCatalogEntry' })
export type AiCatalogEntry = z.infer<typeof AiCatalogEntry>

export const AiCatalog = z
  .strictObject({
    specVersion: z.literal('1.0'),
    host: z.strictObject({ displayName: z.string().min(1), identifier: z.string().optional() }),
    entries: z.array(AiCatalogEntry),
  })
  .meta({ id: 'AiCatalog' })
export type AiCatalog = z.infer<typeof AiCatalog>
