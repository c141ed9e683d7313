import { z } from 'zod'
import { OutcomeResult } from './outcomes.ts'
import { PageQuery, pageOf } from './paging.ts'
import { ActionId, CostNanoUsd, ExecutionId, IsoInstant, IsoInstantInput, Json, Name, Uuid } from './primitives.ts'

export const ExecutionStatus = z
  .enum(['running', 'waiting', 'success', 'failure', 'cancelled'])
  .meta({ id: 'ExecutionStatus', description: '`waiting` is a person or an event being awaited, not a failure.' })
export type ExecutionStatus = z.infer<typeof ExecutionStatus>
export const ActionKind = z
  .enum(['llm', 'embedding', 'tool', 'retrieval', 'agent', 'guardrail', 'evaluation', 'other'])
  .meta({ id: 'ActionKind' })
export type ActionKind = z.infer<typeof ActionKind>
export const ActionStatus = z.enum(['success', 'failure', 'cancelled']).meta({ id: 'ActionStatus' })
export type ActionStatus = z.infer<typeof ActionStatus>

/** Tokens of one model call. `inputTokens` includes the cached ones, `outputTokens` the reasoning ones (OpenTelemetry). */
export const Usage = z
  .strictObject({
    inputTokens: z.int().min(0).nullable().optional(),
    outputTokens: z.int().min(0).nullable().optional(),
    cacheReadTokens: z.int().min(0).nullable().optional(),
    cacheWriteTokens: z.int().min(0).nullable().optional(),
    reasoningTokens: z.int().min(0).nullable().optional(),
  })
  .meta({ id: 'Usage' })
export type Usage = z.infer<typeof Usage>

export const Attributes = z.record(z.string().max(300), z.union([z.string(), z.number(), z.boolean()]))

/** One run of an agent. May be sent at its start and again at its end; the later report completes the earlier one. */
export const ExecutionReport = z
  .strictObject({
    executionId: ExecutionId,
    agent: Name,
    environment: Name.default('production'),
    release: Name.optional(),
    startedAt: IsoInstantInput,
    endedAt: IsoInstantInput.nullable().optional(),
    reportedAt: IsoInstantInput.nullable().optional().meta({
      description:
        'When this was so. Of `running` and `waiting` the later one counts; without it, or with one from the future, `waiting` does until the end.',
    }),
    status: ExecutionStatus,
    endReason: Name.optional().meta({ description: 'Why it ended: `user_stop`, `max_steps`, `agent_error`, …' }),
    errorType: z.string().max(300).optional(),
    errorMessage: z.string().max(10_000).optional(),
    conversationId: z.string().max(300).optional(),
    unit: z
      .string()
      .max(500)
      .optional()
      .meta({ description: 'The task or case; pairs the same work across releases.' }),
    score: z.number().nullable().optional().meta({ description: 'A programmatic reward, as reported.' }),
    reportedCostUsd: z.number().min(0).nullable().optional(),
    synthetic: z.boolean().default(false),
    input: Json.optional(),
    output: Json.optional(),
    attributes: Attributes.optional(),
  })
  .meta({ id: 'ExecutionReport' })
export type ExecutionReport = z.infer<typeof ExecutionReport>
export type ExecutionReportInput = z.input<typeof ExecutionReport>

/** One finished step of an execution: a model call, a tool call, a retrieval, a sub-agent. */
export const ActionReport = z
  .strictObject({
    executionId: ExecutionId,
    actionId: ActionId,
    parentActionId: ActionId.nullable().optional(),
    agent: Name.meta({ description: 'The agent whose step this is.' }),
    environment: Name.default('production'),
    release: Name.optional(),
    kind: ActionKind,
    name: Name,
    startedAt: IsoInstantInput,
    endedAt: IsoInstantInput,
    status: ActionStatus,
    errorType: z.string().max(300).optional(),
    errorMessage: z.string().max(10_000).optional(),
    provider: z.string().max(200).optional(),
    model: z.string().max(300).optional(),
    usage: Usage.optional(),
    reportedCostUsd: z.number().min(0).nullable().optional(),
    input: Json.optional(),
    output: Json.optional(),
    attributes: Attributes.optional(),
  })
  .meta({ id: 'ActionReport' })
export type ActionReport = z.infer<typeof ActionReport>
export type ActionReportInput = z.input<typeof ActionReport>

/** What the SDK sends. Each row is accepted or refused alone; what is acknowledged is stored. */
export const TelemetryBatch = z
  .strictObject({
    executions: z.array(ExecutionReport).max(5_000).default([]),
    actions: z.array(ActionReport).max(5_000).default([]),
  })
  .meta({ id: 'TelemetryBatch' })
export type TelemetryBatch = z.infer<typeof TelemetryBatch>
export type TelemetryBatchInput = z.input<typeof TelemetryBatch>

export const RejectedRow = z.object({
  list: z.enum(['executions', 'actions']),
  index: z.int().meta({ description: 'Place in the list that was sent.' }),
  path: z.string(),
  detail: z.string(),
})
export const TelemetryReceipt = z
  .object({
    accepted: z.object({ executions: z.int(), actions: z.int() }),
    duplicates: z.object({ executions: z.int(), actions: z.int() }),
    rejected: z.array(RejectedRow).meta({ description: 'Refused alone; send them again corrected.' }),
  })
  .meta({ id: 'TelemetryReceipt' })
export type TelemetryReceipt = z.infer<typeof TelemetryReceipt>

/** Where a cost comes from: which table, which row, which spelling of the model matched. */
export const CostProvenance = z
  .object({
    table: z.string(),
    version: z.string(),
    row: z.string().nullable(),
    alias: z.string().nullable(),
    source: z.enum(['computed', 'reported']),
  })
  .meta({ id: 'CostProvenance' })

/** Sums over actions; a null means that no action reported it. */
export const ExecutionTotals = z.object({
  actions: z.int(),
  llmCalls: z.int(),
  toolCalls: z.int(),
  actionErrors: z.int(),
  inputTokens: z.int().nullable(),
  outputTokens: z.int().nullable(),
  costNanoUsd: CostNanoUsd,
  unpricedCalls: z.int().meta({ description: 'Model calls with tokens whose price is unknown.' }),
  reportedCostNanoUsd: CostNanoUsd,
})

export const Execution = z
  .object({
    executionId: ExecutionId,
    agentId: Uuid,
    agent: Name,
    environment: Name,
    release: Name.nullable(),
    status: ExecutionStatus.meta({ description: 'As the execution itself reported it.' }),
    outcome: OutcomeResult.nullable().meta({
      description: 'What was learnt afterwards and counts in place of the status; null: the status counts.',
    }),
    endReason: z.string().nullable(),
    flags: z.array(z.string()).meta({ description: 'End reasons that need a look: `infrastructure_error`, …' }),
    errorType: z.string().nullable(),
    errorMessage: z.string().nullable(),
    startedAt: IsoInstant,
    endedAt: IsoInstant.nullable(),
    durationMs: z.int().nullable(),
    conversationId: z.string().nullable(),
    unit: z.string().nullable(),
    score: z.number().nullable(),
    synthetic: z.boolean(),
    totals: ExecutionTotals,
  })
  .meta({ id: 'Execution' })
export type Execution = z.infer<typeof Execution>
export const ExecutionPage = pageOf(Execution).meta({ id: 'ExecutionPage' })
export const ExecutionQuery = PageQuery.extend({
  q: z.string().trim().min(1).max(200).optional().meta({
    description:
      'Words of ended executions and of their steps, all of which must be there; letter case does not matter. `"a phrase"`: these words one behind the other in one text, as in `gpt-4.1`. `a or b`: either. `-a`, `-"a phrase"`: without. `begin*`: what begins so, from two characters on. Texts are read some seconds after the end, the first 20,000 characters of each and 2,000 different words of an execution. Not indexed: ids and digests of more than 16 characters, anything of more than 40. With phrases a page may hold fewer than `limit`, and `nextCursor` goes on.',
  }),
  agentId: Uuid.optional(),
  environment: Name.optional(),
  release: Name.optional(),
  status: ExecutionStatus.optional(),
  outcome: OutcomeResult.optional().meta({ description: 'Only executions whose status was overridden to this.' }),
  endReason: z.string().max(200).optional(),
  flagged: z.stringbool().optional(),
  synthetic: z
    .enum(['include', 'exclude', 'only'])
    .default('include')
    .meta({ description: 'Runs of probes and other checks, which nobody asked for. They are flagged in the list.' }),
  unit: z.string().max(500).optional(),
  conversationId: z.string().max(300).optional(),
  from: IsoInstantInput.optional(),
  to: IsoInstantInput.optional(),
  order: z.enum(['newest', 'oldest']).default('newest'),
})

export const ExecutionDetail = Execution.extend({
  input: Json.nullable(),
  output: Json.nullable(),
  attributes: z.record(z.string(), Json),
  masked: z.int().meta({ description: 'Values that were masked before storage: secrets and personal data.' }),
}).meta({ id: 'ExecutionDetail' })

/** One node of a trace. Inputs and outputs are fetched on demand. */
export const Action = z
  .object({
    executionId: ExecutionId,
    actionId: ActionId,
    parentActionId: ActionId.nullable(),
    agent: Name,
    kind: ActionKind,
    name: z.string(),
    status: ActionStatus,
    errorType: z.string().nullable(),
    errorMessage: z.string().nullable(),
    startedAt: IsoInstant,
    endedAt: IsoInstant,
    durationMs: z.int(),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    inputTokens: z.int().nullable(),
    outputTokens: z.int().nullable(),
    cacheReadTokens: z.int().nullable(),
    cacheWriteTokens: z.int().nullable(),
    reasoningTokens: z.int().nullable(),
    costNanoUsd: CostNanoUsd,
    costProvenance: CostProvenance.nullable(),
    reportedCostNanoUsd: CostNanoUsd,
  })
  .meta({ id: 'Action' })
export type Action = z.infer<typeof Action>
export const Trace = z
  .object({
    execution: ExecutionDetail,
    actions: z.array(Action),
    truncated: z.boolean().meta({ description: 'True when the trace has more than 10,000 actions.' }),
  })
  .meta({ id: 'Trace' })
export const ActionDetail = Action.extend({
  input: Json.nullable(),
  output: Json.nullable(),
  attributes: z.record(z.string(), Json),
  masked: z.int(),
}).meta({ id: 'ActionDetail' })
