import { z } from 'zod'
import { PageQuery, pageOf } from './paging.ts'
import { CostNanoUsd, IsoInstant, IsoInstantInput, Json, Name, Uuid } from './primitives.ts'
import { Execution } from './telemetry.ts'

/** The id under which agents report what belongs to one conversation. */
export const ConversationId = z.string().min(1).max(300)

/** How many executions of a session are in each state; what was learnt afterwards counts in place of the status. */
export const SessionStatuses = z.object({
  running: z.int(),
  waiting: z.int(),
  success: z.int(),
  failure: z.int(),
  cancelled: z.int(),
})

/** All executions with one conversation id. */
export const Session = z
  .object({
    conversationId: ConversationId,
    startedAt: IsoInstant.meta({ description: 'Start of its first execution.' }),
    lastStartedAt: IsoInstant.meta({ description: 'Start of its newest execution.' }),
    endedAt: IsoInstant.nullable().meta({ description: 'Latest known end; null while an execution runs or waits.' }),
    durationMs: z
      .int()
      .nullable()
      .meta({ description: 'From `startedAt` to `endedAt`, pauses included; null: it has not ended.' }),
    executions: z.int(),
    turns: z.int().meta({ description: 'Model calls of all its executions.' }),
    agents: z.array(z.object({ agentId: Uuid, agent: Name })).meta({ description: 'By name.' }),
    environments: z.array(Name),
    statuses: SessionStatuses,
    inputTokens: z.int().nullable(),
    outputTokens: z.int().nullable(),
    costNanoUsd: CostNanoUsd,
    unpricedCalls: z.int().meta({ description: 'Model calls that are not in the cost, since their price is unknown.' }),
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>
export const SessionPage = pageOf(Session).meta({ id: 'SessionPage' })
export const SessionQuery = PageQuery.extend({
  agentId: Uuid.optional().meta({ description: 'Sessions in which this agent ran.' }),
  environment: Name.optional(),
  from: IsoInstantInput.optional().meta({ description: 'Sessions with an execution that began then or later.' }),
  to: IsoInstantInput.optional().meta({ description: 'Sessions with an execution that began before.' }),
})

/** An execution of a session with what went in and came out. */
export const SessionExecution = Execution.extend({ input: Json.nullable(), output: Json.nullable() }).meta({
  id: 'SessionExecution',
})
export type SessionExecution = z.infer<typeof SessionExecution>
export const SessionExecutionPage = pageOf(SessionExecution).meta({ id: 'SessionExecutionPage' })
export const SessionExecutionQuery = PageQuery
