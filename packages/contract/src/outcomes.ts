import { z } from 'zod'
import { PageQuery, pageOf } from './paging.ts'
import { ActionId, ExecutionId, IsoInstant, IsoInstantInput, Name, Uuid } from './primitives.ts'
import { JudgeKind } from './qa-events.ts'

export const OutcomeResult = z.enum(['success', 'failure']).meta({ id: 'OutcomeResult' })
export type OutcomeResult = z.infer<typeof OutcomeResult>

const correlationFields = {
  conversationId: z.string().min(1).max(300),
  unit: z.string().min(1).max(500),
  attribute: z.strictObject({ key: z.string().min(1).max(300), value: z.string().min(1).max(500) }),
}

/**
 * What an outcome is about. An execution id means that execution; anything else the newest execution that carries it and
 * began at or before the outcome was observed. An attribute is searched among one agent's executions of the last 30 days.
 */
export const OutcomeSubject = z
  .union([
    z.strictObject({ executionId: ExecutionId, actionId: ActionId.optional() }),
    z.strictObject({ conversationId: correlationFields.conversationId, agent: Name.optional() }),
    z.strictObject({ unit: correlationFields.unit, agent: Name.optional() }),
    z.strictObject({ attribute: correlationFields.attribute, agent: Name }),
  ])
  .meta({ id: 'OutcomeSubject' })
export type OutcomeSubject = z.infer<typeof OutcomeSubject>

/** What became of an execution, learnt after it: a delivery result, a person's verdict. Becomes a judgment. */
export const OutcomeReport = z
  .strictObject({
    subject: OutcomeSubject,
    metric: Name.default('outcome').meta({ description: 'What was judged: `delivery`, `reply`, `helpfulness`.' }),
    result: OutcomeResult.nullable().default(null),
    score: z.number().nullable().default(null),
    label: z.string().max(200).nullable().default(null),
    explanation: z.string().max(5_000).nullable().default(null),
    judge: Name.meta({ description: 'Who found out: a gateway, a person’s id, an evaluator.' }),
    judgeKind: JudgeKind.default('outcome'),
    observedAt: IsoInstantInput,
    overrides: z.boolean().default(true).meta({
      description:
        'Whether the result counts in place of the status that the execution reported. A judgment it is anyway.',
    }),
    idempotencyKey: z.string().min(1).max(300).optional().meta({
      description: 'The same key from the same source counts once. Without it, the same content counts once.',
    }),
  })
  .meta({ id: 'OutcomeReport' })
export type OutcomeReport = z.output<typeof OutcomeReport>
export type OutcomeReportInput = z.input<typeof OutcomeReport>

export const OutcomeBatch = z
  .strictObject({ outcomes: z.array(OutcomeReport).min(1).max(500) })
  .meta({ id: 'OutcomeBatch' })

export const OutcomeReceipt = z
  .object({
    joined: z.int().meta({ description: 'Found their execution: judgments now.' }),
    waiting: z.int().meta({ description: 'Wait for their execution, up to 30 days.' }),
    duplicates: z.int(),
    corrected: z.int().meta({ description: 'Executions whose effective outcome changed.' }),
  })
  .meta({ id: 'OutcomeReceipt' })
export type OutcomeReceipt = z.infer<typeof OutcomeReceipt>

export const OutcomeState = z.enum(['waiting', 'joined', 'expired']).meta({ id: 'OutcomeState' })
export type OutcomeState = z.infer<typeof OutcomeState>

export const Outcome = z
  .object({
    outcomeId: Uuid,
    state: OutcomeState,
    executionId: ExecutionId.nullable(),
    subject: OutcomeSubject,
    metric: Name,
    result: OutcomeResult.nullable(),
    score: z.number().nullable(),
    label: z.string().nullable(),
    explanation: z.string().nullable(),
    judge: Name,
    judgeKind: JudgeKind,
    overrides: z.boolean(),
    source: z.string(),
    observedAt: IsoInstant,
    receivedAt: IsoInstant,
    joinedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'Outcome' })
export type Outcome = z.infer<typeof Outcome>
export const OutcomePage = pageOf(Outcome).meta({ id: 'OutcomePage' })
export const OutcomeQuery = PageQuery.extend({
  state: OutcomeState.optional(),
  executionId: ExecutionId.optional(),
})
