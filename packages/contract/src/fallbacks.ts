import { z } from 'zod'
import { Because } from './because.ts'
import { PageQuery, pageOf } from './paging.ts'
import { MacroName } from './playbooks.ts'
import { IsoInstant, Json, Name, Uuid } from './primitives.ts'

/** What a fallback policy watches. */
export const FallbackPrimary = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('macro'), name: MacroName }),
    z.strictObject({ kind: z.literal('agent'), agentId: Uuid }),
  ])
  .meta({ id: 'FallbackPrimary' })
export type FallbackPrimary = z.infer<typeof FallbackPrimary>

/** A macro that takes over, with the inputs that it is started with. */
export const FallbackStep = z
  .strictObject({ macro: MacroName, inputs: z.record(z.string().max(200), Json).default({}) })
  .meta({ id: 'FallbackStep' })
export type FallbackStep = z.infer<typeof FallbackStep>

/** Lines past which the primary gives way; null is no line. At least one must be drawn. */
export const FallbackThresholds = z
  .strictObject({
    windowMinutes: z.int().min(1).max(10_080).default(15),
    minimumExecutions: z.int().min(1).max(100_000).default(3).meta({
      description:
        'Of fewer ended executions in the window, success rate and latency are unknown, and unknown is no failure.',
    }),
    failuresMax: z.int().min(0).max(1_000_000).nullable().default(null).meta({
      description: 'More failures than this in the window; 0: every failure counts.',
    }),
    successRateMin: z.number().min(0).max(1).nullable().default(null),
    latencyP95MsMax: z.int().min(1).max(86_400_000).nullable().default(null),
    healthStates: z
      .array(z.enum(['degraded', 'failing', 'silent']))
      .max(3)
      .default([])
      .meta({ description: 'States of an agent, judged of the same window. Macros have none.' }),
  })
  .meta({ id: 'FallbackThresholds' })
export type FallbackThresholds = z.infer<typeof FallbackThresholds>

const definition = {
  name: Name,
  description: z.string().trim().max(2_000).nullable().default(null),
  primary: FallbackPrimary,
  environment: Name.default('production'),
  fallbacks: z.array(FallbackStep).min(1).max(10).meta({ description: 'The one to take first foremost.' }),
  thresholds: FallbackThresholds,
  cooldownMinutes: z.int().min(0).max(10_080).default(15).meta({
    description: 'How long an invocation is left to work before the primary is judged again, by what came after it.',
  }),
  enabled: z.boolean().default(true),
}

const governed = {
  reason: z.string().trim().min(1).max(2_000).default('Saved.').meta({ description: 'Kept with the change.' }),
  approvalId: Uuid.optional(),
}

export const FallbackOrder = z.strictObject({ ...definition, ...governed }).meta({ id: 'FallbackOrder' })
export type FallbackOrder = z.output<typeof FallbackOrder>
export const FallbackChange = z
  .strictObject({ ...FallbackOrder.shape, version: z.int().meta({ description: 'The version that was read.' }) })
  .meta({ id: 'FallbackChange' })
export type FallbackChange = z.output<typeof FallbackChange>
export const FallbackRemoval = z.strictObject(governed)

/** A macro (or the primary) that was looked at and not taken, and why. */
export const FallbackPassedOver = z
  .object({ candidate: z.string(), because: Because })
  .meta({ id: 'FallbackPassedOver' })
export type FallbackPassedOver = z.infer<typeof FallbackPassedOver>

/** One invocation of a fallback, or the end of all of them (`exhausted`, without a macro). */
export const FallbackInvocation = z
  .object({
    invocationId: Uuid,
    policyId: Uuid,
    policy: Name,
    chainId: Uuid.meta({ description: 'Invocations of one incident share it.' }),
    depth: z.int().meta({ description: '1 is the first of its incident.' }),
    outcome: z.enum(['invoked', 'exhausted']),
    trigger: z.string().meta({ description: 'What it is invoked for; of one trigger there is one invocation.' }),
    macro: MacroName.nullable(),
    macroExecutionId: Uuid.nullable(),
    because: Because.meta({ description: 'Why the primary, or the fallback before, gave way.' }),
    chosenBecause: Because.nullable(),
    passedOver: z.array(FallbackPassedOver),
    synthetic: z.boolean(),
    runId: Uuid.nullable().meta({ description: 'The chaos run on whose failures it fired.' }),
    at: IsoInstant,
    eventId: Uuid,
  })
  .meta({ id: 'FallbackInvocation' })
export type FallbackInvocation = z.infer<typeof FallbackInvocation>
export const FallbackInvocationPage = pageOf(FallbackInvocation).meta({ id: 'FallbackInvocationPage' })
export const FallbackInvocationQuery = PageQuery.extend({
  policyId: Uuid.optional(),
  outcome: z.enum(['invoked', 'exhausted']).optional(),
  synthetic: z.stringbool().optional(),
})

/** An incident of a policy: the primary gave way and has not been found well since. */
export const FallbackChain = z
  .object({
    chainId: Uuid,
    depth: z.int(),
    visited: z.array(MacroName).meta({ description: 'Macros that were started in it; none is started again.' }),
    openedAt: IsoInstant,
    lastInvokedAt: IsoInstant.nullable(),
    exhaustedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'FallbackChain' })
export type FallbackChain = z.infer<typeof FallbackChain>

export const FallbackPolicy = z
  .object({
    policyId: Uuid,
    version: z.int(),
    ...definition,
    environment: Name,
    primaryName: z.string().nullable().meta({ description: 'Of the macro or the agent; null: it is not known.' }),
    openChain: FallbackChain.nullable(),
    lastInvocation: FallbackInvocation.nullable(),
    createdAt: IsoInstant,
    changedAt: IsoInstant,
    changedBy: z.string(),
    approvalId: Uuid.nullable(),
  })
  .meta({ id: 'FallbackPolicy' })
export type FallbackPolicy = z.infer<typeof FallbackPolicy>
export const FallbackPolicyPage = pageOf(FallbackPolicy).meta({ id: 'FallbackPolicyPage' })
export const FallbackPolicyQuery = PageQuery.extend({
  environment: Name.optional(),
  primary: z.enum(['macro', 'agent']).optional(),
})

/** What a policy said when, the newest first. */
export const FallbackVersionList = z
  .object({
    items: z.array(
      z.object({
        version: z.int(),
        definition: z.object(definition),
        approvalId: Uuid.nullable(),
        changedAt: IsoInstant,
        changedBy: z.string(),
      }),
    ),
  })
  .meta({ id: 'FallbackVersionList' })
export type FallbackVersionList = z.infer<typeof FallbackVersionList>

/** What is known of the primary or of a candidate. Null is unknown. */
export const FallbackHealth = z
  .object({
    name: z.string(),
    known: z.boolean(),
    blocked: z.boolean(),
    executions: z.int().nullable(),
    failures: z.int().nullable(),
    successRate: z.number().nullable(),
    latencyP95Ms: z.number().nullable(),
    state: z.string().nullable(),
  })
  .meta({ id: 'FallbackHealth' })
export type FallbackHealth = z.infer<typeof FallbackHealth>

/** What would happen now. `none`: nothing is to be done; `wait`: an invocation is at work or cools down. */
export const FallbackDryRun = z
  .object({
    outcome: z.enum(['none', 'wait', 'settle', 'invoke', 'exhausted']),
    macro: MacroName.nullable(),
    because: Because,
    chosenBecause: Because.nullable(),
    passedOver: z.array(FallbackPassedOver),
    primary: FallbackHealth,
    candidates: z.array(FallbackHealth),
    asOf: IsoInstant,
  })
  .meta({ id: 'FallbackDryRun' })
export type FallbackDryRun = z.infer<typeof FallbackDryRun>
