import { z } from 'zod'
import { AgentCard, AiCatalogEntry, McpServerJson } from './agent-cards.ts'
import { Impact } from './approvals.ts'
import { Because } from './because.ts'
import { Sensitivity } from './gateway.ts'
import { PageQuery, pageOf } from './paging.ts'
import { CostNanoUsd, IsoInstant, Uuid } from './primitives.ts'
import { address, line, prose } from './texts.ts'

export const SpecialistState = z
  .enum(['proposed', 'training', 'evaluated', 'active', 'retired'])
  .meta({ id: 'SpecialistState' })
export type SpecialistState = z.infer<typeof SpecialistState>

/** What moves a version on. `return` sends one in training back to where it was proposed. */
export const SpecialistVerb = z
  .enum(['train', 'evaluate', 'activate', 'return', 'retire'])
  .meta({ id: 'SpecialistVerb' })
export type SpecialistVerb = z.infer<typeof SpecialistVerb>

/** Stands in addresses, catalog identifiers and names of MCP servers. */
export const SpecialistName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?$/, 'has lower-case letters, digits, dots, dashes and underscores')
export const SpecialistVersionNumber = z
  .string()
  .max(100)
  .regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/, 'is an exact semantic version, such as 1.0.0')

const MediaType = z.string().regex(/^[\w.+-]+\/[\w.+*-]+(; ?[\w.+=-]+)*$/, 'is a media type, such as text/plain')
const Tag = line(60)

export const SpecialistSkill = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'has letters, digits, dots, dashes and underscores'),
    name: line(200),
    description: prose(2_000),
    tags: z.array(Tag).min(1).max(20),
    examples: z.array(prose(1_000)).max(10).default([]),
    inputModes: z.array(MediaType).max(20).default([]).meta({ description: 'None: those of the specialist.' }),
    outputModes: z.array(MediaType).max(20).default([]),
  })
  .meta({ id: 'SpecialistSkill' })
export type SpecialistSkill = z.infer<typeof SpecialistSkill>

export const SpecialistBinding = z
  .enum(['JSONRPC', 'GRPC', 'HTTP+JSON', 'MCP-STREAMABLE-HTTP', 'MCP-SSE'])
  .meta({ id: 'SpecialistBinding', description: 'The first three are those of A2A, the others reach an MCP server.' })
export type SpecialistBinding = z.infer<typeof SpecialistBinding>

export const SpecialistEndpoint = z
  .strictObject({
    url: address(/^(https?|grpcs?)$/),
    binding: SpecialistBinding,
    protocolVersion: line(50).meta({ description: 'Of A2A (`1.0`) or of MCP (`2025-11-25`).' }),
    tenant: line(200).nullable().default(null),
  })
  .meta({ id: 'SpecialistEndpoint' })
export type SpecialistEndpoint = z.infer<typeof SpecialistEndpoint>

/** What a version says of itself. Never changed: something else is another version. */
export const SpecialistDefinition = z
  .strictObject({
    title: line(200).meta({ description: 'How people call it.' }),
    description: prose(5_000),
    skills: z
      .array(SpecialistSkill)
      .min(1)
      .max(100)
      .refine((skills) => new Set(skills.map(({ id }) => id)).size === skills.length, 'two skills have the same id'),
    endpoints: z.array(SpecialistEndpoint).min(1).max(20),
    inputModes: z.array(MediaType).min(1).max(20).default(['text/plain']),
    outputModes: z.array(MediaType).min(1).max(20).default(['text/plain']),
    streaming: z.boolean().default(false),
    pushNotifications: z.boolean().default(false),
    sensitivityCeiling: Sensitivity.meta({ description: 'The most sensitive data that it may be given.' }),
    costPerTaskNanoUsd: CostNanoUsd.default(null),
    documentationUrl: address(/^https?$/)
      .nullable()
      .default(null),
  })
  .meta({ id: 'SpecialistDefinition' })
export type SpecialistDefinition = z.output<typeof SpecialistDefinition>

export const SpecialistOrder = z
  .strictObject({
    name: SpecialistName,
    owner: line(200).meta({ description: 'Who answers for it: a team, or a role.' }),
    version: SpecialistVersionNumber,
    definition: SpecialistDefinition,
    reason: prose(2_000),
  })
  .meta({ id: 'SpecialistOrder' })
export type SpecialistOrder = z.output<typeof SpecialistOrder>
export const SpecialistVersionOrder = SpecialistOrder.pick({ version: true, definition: true, reason: true }).meta({
  id: 'SpecialistVersionOrder',
})
export type SpecialistVersionOrder = z.output<typeof SpecialistVersionOrder>
export const SpecialistPatch = z.strictObject({ owner: line(200), reason: prose(2_000) })

export const SpecialistRemoval = z.strictObject({ reason: prose(2_000).default('Removed.') })

/** What an evaluation found: a score from 0 to 1, or null where none was measured. */
export const SpecialistEvaluation = z
  .strictObject({
    score: z.number().min(0).max(1).nullable(),
    suite: line(200).meta({ description: 'What it was evaluated by.' }),
    evidence: prose(2_000).nullable().default(null).meta({ description: 'Where it can be looked up.' }),
  })
  .meta({ id: 'SpecialistEvaluation' })
export type SpecialistEvaluation = z.output<typeof SpecialistEvaluation>

export const SpecialistMoveOrder = z
  .strictObject({
    version: SpecialistVersionNumber,
    verb: SpecialistVerb,
    reason: prose(2_000),
    trainingRun: line(300).nullable().default(null).meta({ description: 'With `train`: what trains it.' }),
    evaluation: SpecialistEvaluation.nullable().default(null).meta({ description: 'With `evaluate`, and only then.' }),
    approvalId: Uuid.optional(),
  })
  .meta({ id: 'SpecialistMoveOrder' })
export type SpecialistMoveOrder = z.output<typeof SpecialistMoveOrder>

export const SpecialistVersion = z
  .object({
    version: z.string(),
    state: SpecialistState,
    definition: SpecialistDefinition,
    digest: z.string().meta({ description: 'SHA-256 of the definition in canonical JSON.' }),
    trainingRun: z.string().nullable(),
    evaluation: SpecialistEvaluation.nullable(),
    approvalId: Uuid.nullable().meta({
      description: 'Of its activation; null: the rules asked for none, or not active.',
    }),
    createdAt: IsoInstant,
    createdBy: z.string(),
    changedAt: IsoInstant,
  })
  .meta({ id: 'SpecialistVersion' })
export type SpecialistVersion = z.infer<typeof SpecialistVersion>

const specialist = {
  specialistId: Uuid,
  name: z.string(),
  owner: z.string(),
  revision: z.int().meta({ description: 'Counts every change; what the ETag says.' }),
  createdAt: IsoInstant,
  changedAt: IsoInstant,
}

export const Specialist = z
  .object({
    ...specialist,
    versions: z.array(SpecialistVersion).meta({ description: 'The newest first.' }),
    isListed: z.boolean().meta({ description: 'Whether discovery finds it: a version is active.' }),
  })
  .meta({ id: 'Specialist' })
export type Specialist = z.infer<typeof Specialist>

/** A specialist in a list: with its active version, or else its newest. */
export const SpecialistSummary = z
  .object({
    ...specialist,
    version: z.string(),
    state: SpecialistState,
    title: z.string(),
    description: z.string(),
    skills: z.array(z.object({ id: z.string(), name: z.string(), tags: z.array(z.string()) })),
    sensitivityCeiling: Sensitivity,
    evaluationScore: z.number().nullable(),
    costPerTaskNanoUsd: CostNanoUsd,
    versionCount: z.int(),
  })
  .meta({ id: 'SpecialistSummary' })
export type SpecialistSummary = z.infer<typeof SpecialistSummary>
export const SpecialistPage = pageOf(SpecialistSummary).meta({ id: 'SpecialistPage' })
export const SpecialistQuery = PageQuery.extend({
  state: SpecialistState.optional(),
  skill: line(200).optional().meta({ description: 'The id of a skill.' }),
  tag: line(60).optional(),
  owner: line(200).optional(),
  q: z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'Words that all occur in name, title, description or skills.' }),
})

/** How a version came from one state to another, the newest first. */
export const SpecialistMove = z
  .object({
    moveId: Uuid,
    version: z.string(),
    verb: z.enum([...SpecialistVerb.options, 'propose', 'supersede']),
    from: SpecialistState.nullable(),
    to: SpecialistState,
    reason: z.string(),
    because: Because,
    evaluation: SpecialistEvaluation.nullable(),
    trainingRun: z.string().nullable(),
    approvalId: Uuid.nullable(),
    by: z.string(),
    at: IsoInstant,
  })
  .meta({ id: 'SpecialistMove' })
export type SpecialistMove = z.infer<typeof SpecialistMove>
export const SpecialistMovePage = pageOf(SpecialistMove).meta({ id: 'SpecialistMovePage' })

/** The documents of one version as the world gets them, whether it does or not. Null: it has no endpoint for them. */
export const SpecialistDocuments = z
  .object({
    version: z.string(),
    agentCard: AgentCard.nullable(),
    serverJson: McpServerJson.nullable(),
    catalogEntries: z.array(AiCatalogEntry),
    isPublic: z.boolean().meta({ description: 'Whether they can be fetched without a credential now.' }),
    agentCardUrl: z.string(),
    serverJsonUrl: z.string(),
  })
  .meta({ id: 'SpecialistDocuments' })
export type SpecialistDocuments = z.infer<typeof SpecialistDocuments>

const governed = { reason: prose(2_000), approvalId: Uuid.optional() }

/** Whether the world may read the cards of the organization's active specialists. */
export const SpecialistListing = z
  .object({
    isPublic: z.boolean(),
    publisherDomain: z.string().nullable(),
    catalogUrl: z.string(),
    isDeploymentDefault: z.boolean().meta({
      description: 'Whether /.well-known/agent-card.json and ai-catalog.json speak of this organization.',
    }),
    revision: z.int(),
    changedAt: IsoInstant.nullable(),
    changedBy: z.string().nullable(),
  })
  .meta({ id: 'SpecialistListing' })
export type SpecialistListing = z.infer<typeof SpecialistListing>
export const SpecialistListingChange = z
  .strictObject({
    isPublic: z.boolean(),
    publisherDomain: z
      .string()
      .max(253)
      .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'is a domain name, such as example.com')
      .nullable()
      .default(null)
      .meta({ description: 'The organization’s own domain, by which catalogs name its specialists.' }),
    ...governed,
  })
  .meta({ id: 'SpecialistListingChange' })

/** What a task needs. Every filter must hold; `like` ranks what is left. */
export const DiscoveryQuery = PageQuery.extend({
  skill: line(200).optional().meta({ description: 'The id of a skill.' }),
  tag: line(60).optional(),
  q: line(200).optional().meta({ description: 'Words that all occur in name, description or skills.' }),
  like: prose(4_000).optional().meta({ description: 'The task in words: the most alike come first.' }),
  sensitivity: Sensitivity.optional().meta({ description: 'Of the data: only who may be given it.' }),
  inputMode: line(200).optional(),
  outputMode: line(200).optional(),
  origin: z.enum(['own', 'foreign']).optional(),
  similarityMin: z.coerce.number().min(-1).max(1).optional(),
})
export type DiscoveryQuery = z.output<typeof DiscoveryQuery>

export const DiscoveredSpecialist = z
  .object({
    origin: z.enum(['own', 'foreign']),
    id: Uuid.meta({ description: 'Of the specialist, or of the foreign card.' }),
    name: z.string(),
    title: z.string(),
    version: z.string(),
    description: z.string(),
    skills: z.array(z.object({ id: z.string(), name: z.string(), tags: z.array(z.string()) })),
    endpoints: z.array(z.object({ url: z.string(), binding: z.string(), protocolVersion: z.string() })),
    sensitivityCeiling: Sensitivity,
    evaluationScore: z.number().nullable(),
    costPerTaskNanoUsd: CostNanoUsd,
    similarity: z.number().nullable().meta({ description: 'Cosine with `like`; null: not asked, or no vector yet.' }),
    because: Because.meta({ description: 'Why it is here at this place.' }),
  })
  .meta({ id: 'DiscoveredSpecialist' })
export type DiscoveredSpecialist = z.infer<typeof DiscoveredSpecialist>
export const DiscoveryPage = pageOf(DiscoveredSpecialist)
  .extend({
    embedder: z
      .string()
      .nullable()
      .meta({ description: 'What likeness was measured with; null: it was not asked for.' }),
    withoutVector: z.int().meta({ description: 'Found ones whose likeness is not known yet; they come last.' }),
  })
  .meta({ id: 'DiscoveryPage' })

/** What is told of specialists; texts of definitions stay in their rows. */
export const SpecialistMovedPayload = z.object({
  specialistId: Uuid,
  name: z.string(),
  version: z.string(),
  digest: z.string(),
  from: SpecialistState.nullable(),
  to: SpecialistState,
  impact: Impact.nullable(),
  because: Because,
  reason: z.string(),
  evaluationScore: z.number().nullable(),
  approvalId: Uuid.nullable(),
})
