import { z } from 'zod'
import { Because } from './because.ts'
import { PageQuery, pageOf } from './paging.ts'
import { JsonSchemaText, MacroName } from './playbooks.ts'
import { IsoInstant, Name, Uuid } from './primitives.ts'

/** Whose failures are simulated. A metric is no agent's alone: its QA failures are about a series of that name. */
export const ChaosTarget = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('agent'), agentId: Uuid }),
    z.strictObject({ kind: z.literal('macro'), name: MacroName }),
    z.strictObject({ kind: z.literal('metric'), metric: Name }),
  ])
  .meta({ id: 'ChaosTarget' })
export type ChaosTarget = z.infer<typeof ChaosTarget>

/**
 * What is simulated. `qa-failures`: verdicts `qa_failure`. `executions`: runs of the agent that fail, or are slow.
 * `dependency-change`: what publishing this version would block; nothing is published. `receiver-fault`: signals in the
 * journal that one receiver delays or refuses, while another takes them.
 */
export const ChaosInjection = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('qa-failures'), metric: Name }),
    z.strictObject({
      kind: z.literal('executions'),
      outcome: z.enum(['failure', 'success']).default('failure'),
      latencyMs: z.int().min(0).max(3_600_000).default(1_000),
      errorType: Name.default('chaos'),
    }),
    z.strictObject({
      kind: z.literal('dependency-change'),
      dependency: Name,
      version: z.string().min(1).max(100),
      schema: JsonSchemaText,
    }),
    z.strictObject({
      kind: z.literal('receiver-fault'),
      fault: z.enum(['delay', 'throw']),
      faultMs: z.int().min(1).max(5_000).default(1_000).meta({
        description: 'How long each signal is delayed, or refused after it was sent.',
      }),
    }),
  ])
  .meta({ id: 'ChaosInjection' })
export type ChaosInjection = z.infer<typeof ChaosInjection>

const agentId = Uuid.nullable().default(null).meta({ description: 'Null: every agent of the environment.' })

/** A line that real figures must keep. What is simulated counts in none of them. */
export const ChaosLine = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('success-rate'), agentId, min: z.number().min(0).max(1) }),
    z.strictObject({ kind: z.literal('latency-p95'), agentId, maxMs: z.int().min(1).max(86_400_000) }),
    z.strictObject({ kind: z.literal('open-alerts'), max: z.int().min(0).max(1_000) }),
    z.strictObject({
      kind: z.literal('error-budget'),
      slaId: Uuid.nullable().default(null).meta({ description: 'Null: the least of all.' }),
      minShare: z.number().min(-10).max(1).meta({ description: 'Share of the budget that must be left.' }),
    }),
    z.strictObject({ kind: z.literal('delivery-p95'), maxMs: z.int().min(1).max(600_000) }),
  ])
  .meta({ id: 'ChaosLine' })
export type ChaosLine = z.infer<typeof ChaosLine>

const definition = {
  name: Name,
  hypothesis: z.string().trim().min(1).max(2_000),
  target: ChaosTarget,
  environment: Name.default('production'),
  injection: ChaosInjection,
  ratePerMinute: z.number().min(0.1).max(6_000).default(60),
  durationSeconds: z.int().min(10).max(21_600).default(60),
  settleSeconds: z.int().min(0).max(3_600).default(60).meta({
    description: 'How long is watched after the last injection.',
  }),
  steadyState: z.array(ChaosLine).min(1).max(10).meta({ description: 'What must hold before, during and after.' }),
  abortWhen: z
    .array(ChaosLine)
    .max(10)
    .default([])
    .meta({ description: 'A run ends at once when one of these is broken.' }),
  expectedFallback: z
    .strictObject({
      withinMs: z.int().min(1).max(3_600_000),
      macro: MacroName.nullable().default(null).meta({ description: 'Null: any.' }),
    })
    .nullable()
    .default(null),
  live: z.boolean().default(false).meta({
    description: 'Whether fallbacks that fire do what they do; else their steps that touch something outside are told.',
  }),
  schedule: z.string().max(100).nullable().default(null).meta({
    description: 'Cron expression of five fields; null: by hand alone.',
  }),
  timeZone: z.string().max(60).default('UTC'),
  enabled: z.boolean().default(true),
}

const governed = {
  reason: z.string().trim().min(1).max(2_000).default('Saved.').meta({ description: 'Kept with the change.' }),
  approvalId: Uuid.optional(),
}

export const ChaosOrder = z.strictObject({ ...definition, ...governed }).meta({ id: 'ChaosOrder' })
export type ChaosOrder = z.output<typeof ChaosOrder>
export const ChaosChange = z
  .strictObject({ ...ChaosOrder.shape, version: z.int().meta({ description: 'The version that was read.' }) })
  .meta({ id: 'ChaosChange' })
export type ChaosChange = z.output<typeof ChaosChange>
export const ChaosStart = z.strictObject({
  ...governed,
  reason: governed.reason.unwrap().default('Started by hand.'),
})
export const ChaosAbort = z.strictObject({ reason: z.string().trim().min(1).max(500) })

/** How one line stood in one phase. */
export const ChaosReading = z
  .object({
    line: ChaosLine,
    observed: z.number().nullable().meta({ description: 'Null: unknown, there is too little to tell.' }),
    low: z.number().nullable().meta({ description: 'Ends of the 95 % interval, where the figure has one.' }),
    high: z.number().nullable(),
    count: z.int().nullable().meta({ description: 'How many executions or signals it rests on.' }),
    holds: z.boolean().nullable(),
    because: Because,
  })
  .meta({ id: 'ChaosReading' })
export type ChaosReading = z.infer<typeof ChaosReading>

export const ChaosVerdict = z.enum(['held', 'failed', 'aborted', 'inconclusive']).meta({ id: 'ChaosVerdict' })
export type ChaosVerdict = z.infer<typeof ChaosVerdict>

/** What held and what did not. */
export const ChaosReport = z
  .object({
    before: z.array(ChaosReading),
    during: z.array(ChaosReading),
    after: z.array(ChaosReading),
    fallbacks: z.array(
      z.object({
        invocationId: Uuid,
        policyId: Uuid,
        outcome: z.enum(['invoked', 'exhausted']),
        macro: MacroName.nullable(),
        macroExecutionId: Uuid.nullable(),
        afterMs: z.int().meta({ description: 'Since the first injection.' }),
        because: Because,
      }),
    ),
    blocked: z.array(z.object({ macro: MacroName, because: Because })).meta({
      description: 'Macros that the simulated publication would block.',
    }),
    delivery: z
      .object({
        sent: z.int(),
        received: z.int().meta({ description: 'By the receiver that works.' }),
        p50Ms: z.number().nullable(),
        p95Ms: z.number().nullable(),
        delayed: z.int().meta({ description: 'Taken by the faulty receiver in the end.' }),
      })
      .nullable(),
    missing: z.array(z.string()).meta({ description: 'What was expected and did not happen.' }),
  })
  .meta({ id: 'ChaosReport' })
export type ChaosReport = z.infer<typeof ChaosReport>

export const ChaosRun = z
  .object({
    runId: Uuid,
    experimentId: Uuid,
    experiment: Name,
    version: z.int(),
    state: z.enum(['running', 'settling', 'ended']),
    verdict: ChaosVerdict.nullable(),
    because: Because.nullable().meta({ description: 'Why it was aborted, or how it ended.' }),
    planned: z.int(),
    injected: z.int(),
    skipped: z.int().meta({ description: 'Left out since nobody ran at their time; never made up for.' }),
    startedBy: z.string(),
    startedAt: IsoInstant,
    injectsUntil: IsoInstant,
    endedAt: IsoInstant.nullable(),
    approvalId: Uuid.nullable(),
  })
  .meta({ id: 'ChaosRun' })
export type ChaosRun = z.infer<typeof ChaosRun>
export const ChaosRunDetail = ChaosRun.extend({
  definition: z.object(definition),
  targetName: z.string(),
  abortRequestedBy: z.string().nullable(),
  report: ChaosReport.meta({ description: 'As far as it is known; whole when the run has ended.' }),
}).meta({ id: 'ChaosRunDetail' })
export type ChaosRunDetail = z.infer<typeof ChaosRunDetail>
export const ChaosRunPage = pageOf(ChaosRun).meta({ id: 'ChaosRunPage' })
export const ChaosRunQuery = PageQuery.extend({
  experimentId: Uuid.optional(),
  verdict: ChaosVerdict.optional(),
})

export const ChaosExperiment = z
  .object({
    experimentId: Uuid,
    version: z.int(),
    ...definition,
    environment: Name,
    targetName: z.string(),
    nextRunAt: IsoInstant.nullable(),
    lastRun: ChaosRun.nullable(),
    changedAt: IsoInstant,
    changedBy: z.string(),
    approvalId: Uuid.nullable(),
  })
  .meta({ id: 'ChaosExperiment' })
export type ChaosExperiment = z.infer<typeof ChaosExperiment>
export const ChaosExperimentPage = pageOf(ChaosExperiment).meta({ id: 'ChaosExperimentPage' })
export const ChaosExperimentQuery = PageQuery.extend({ environment: Name.optional() })

export const ChaosStreamQuery = z.strictObject({ runId: Uuid.optional() })
/** Data of the live stream: the newest runs (`runs`), and the run that was asked for (`run`). */
export const ChaosStreamEvent = z.union([z.object({ items: z.array(ChaosRun) }), ChaosRunDetail])
