import { z } from 'zod'
import { OutcomeReport } from './outcomes.ts'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, Json, Name, Uuid } from './primitives.ts'

export const WebhookKind = z.enum(['n8n', 'langgraph', 'signed']).meta({
  id: 'WebhookKind',
  description:
    '`n8n`: Error Trigger payloads and the executions API. `langgraph`: run webhooks of a LangGraph Server. `signed`: anything that signs with HMAC-SHA256 and has a mapping.',
})
export type WebhookKind = z.infer<typeof WebhookKind>

/** How a payload becomes telemetry: an expression, or a template whose texts that begin with `/` are JSON pointers. */
export const WebhookMapping = z
  .discriminatedUnion('language', [
    z.strictObject({ language: z.literal('jsonata'), expression: z.string().min(1).max(20_000) }),
    z.strictObject({ language: z.literal('pointers'), template: Json }),
  ])
  .meta({ id: 'WebhookMapping' })
export type WebhookMapping = z.infer<typeof WebhookMapping>

/** Names that the sender uses (workflow, assistant, graph) and the agents that they mean here. */
export const WebhookAgents = z
  .strictObject({
    names: z.record(z.string().min(1).max(300), Name).default({}),
    fallback: Name.nullable().default(null).meta({ description: 'For names not listed; null: the name itself.' }),
  })
  .meta({ id: 'WebhookAgents' })
export type WebhookAgents = z.infer<typeof WebhookAgents>

const baseUrl = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .refine((text) => !/[?#@]/.test(text), 'must have no user, query or fragment')
  .meta({ description: 'Where the n8n instance answers, without `/api/v1`.' })

export const WebhookImporter = z
  .object({
    baseUrl: z.string(),
    everyMinutes: z.int(),
    imported: z.int().meta({ description: 'Executions imported so far.' }),
    lastRunAt: IsoInstant.nullable(),
    lastError: z.string().nullable(),
  })
  .meta({ id: 'WebhookImporter' })
export const WebhookImporterInput = z.strictObject({
  baseUrl,
  apiKey: z.string().min(1).max(1_000).meta({ description: 'Sent as X-N8N-API-KEY; sealed, never shown.' }),
  everyMinutes: z.int().min(1).max(1_440).default(5),
})

export const WebhookSource = z
  .object({
    sourceId: Uuid,
    name: Name,
    kind: WebhookKind,
    address: z.string().meta({ description: 'Where the sender posts to.' }),
    environment: Name,
    agents: WebhookAgents,
    mapping: WebhookMapping.nullable(),
    importer: WebhookImporter.nullable(),
    enabled: z.boolean(),
    accepted: z.int(),
    unmapped: z.int(),
    refused: z.int(),
    lastReceivedAt: IsoInstant.nullable(),
    lastError: z.string().nullable(),
    lastErrorAt: IsoInstant.nullable(),
    createdAt: IsoInstant,
  })
  .meta({ id: 'WebhookSource' })
export type WebhookSource = z.infer<typeof WebhookSource>
export const WebhookSourceList = z.object({ items: z.array(WebhookSource) })
export const WebhookSourceInput = z.strictObject({
  name: Name,
  kind: WebhookKind,
  environment: Name.default('production'),
  agents: WebhookAgents.default({ names: {}, fallback: null }),
  mapping: WebhookMapping.nullable().default(null),
  importer: WebhookImporterInput.nullable().default(null),
})
export const WebhookSourcePatch = z.strictObject({
  name: Name.optional(),
  environment: Name.optional(),
  agents: WebhookAgents.optional(),
  mapping: WebhookMapping.nullable().optional(),
  importer: WebhookImporterInput.nullable().optional(),
  enabled: z.boolean().optional(),
})
export const WebhookSourceCreated = z.object({
  source: WebhookSource,
  secret: z
    .string()
    .meta({ description: 'Shown this once. `whsec_…` signs; any other goes into the header or the path.' }),
})

export const WebhookFault = z.object({ path: z.string(), detail: z.string() }).meta({ id: 'WebhookFault' })
export type WebhookFault = z.infer<typeof WebhookFault>

export const WebhookDeliveryState = z.enum(['received', 'stored', 'partial', 'unmapped', 'expired']).meta({
  id: 'WebhookDeliveryState',
  description:
    '`received`: accepted, not stored yet. `partial` and `unmapped`: kept for seven days, to be replayed after the mapping is mended.',
})
export type WebhookDeliveryState = z.infer<typeof WebhookDeliveryState>

export const WebhookDelivery = z
  .object({
    deliveryId: Uuid,
    sourceId: Uuid,
    messageId: z.string(),
    state: WebhookDeliveryState,
    executions: z.int(),
    actions: z.int(),
    outcomes: z.int(),
    faults: z.array(WebhookFault),
    attempts: z.int(),
    receivedAt: IsoInstant,
    keptUntil: IsoInstant.nullable().meta({ description: 'Until when its payload is kept; null: it is not any more.' }),
  })
  .meta({ id: 'WebhookDelivery' })
export type WebhookDelivery = z.infer<typeof WebhookDelivery>
export const WebhookDeliveryPage = pageOf(WebhookDelivery).meta({ id: 'WebhookDeliveryPage' })
export const WebhookDeliveryQuery = PageQuery.extend({
  sourceId: Uuid.optional(),
  state: WebhookDeliveryState.optional(),
})
export const WebhookReceipt = WebhookDelivery.pick({
  deliveryId: true,
  state: true,
  executions: true,
  actions: true,
  outcomes: true,
  faults: true,
})
  .extend({ duplicate: z.boolean().meta({ description: 'It came before, and this one changed nothing.' }) })
  .meta({ id: 'WebhookReceipt' })
export type WebhookReceipt = z.infer<typeof WebhookReceipt>

export const WebhookTrial = z.strictObject({
  kind: WebhookKind.default('signed'),
  mapping: WebhookMapping.nullable().default(null),
  environment: Name.default('production'),
  agents: WebhookAgents.default({ names: {}, fallback: null }),
  sample: Json,
})
export const WebhookTrialResult = z
  .object({
    executions: z.array(Json),
    actions: z.array(Json),
    outcomes: z.array(OutcomeReport),
    faults: z.array(WebhookFault),
  })
  .meta({ id: 'WebhookTrialResult', description: 'What would be stored; nothing is.' })
export type WebhookTrialResult = z.infer<typeof WebhookTrialResult>

export const WebhookImportReceipt = z
  .object({ executions: z.int(), actions: z.int() })
  .meta({ id: 'WebhookImportReceipt' })
