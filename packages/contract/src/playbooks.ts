import { z } from 'zod'
import { Impact } from './approvals.ts'
import { Because } from './because.ts'
import { EventActor } from './journal.ts'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, Json, Name, Uuid } from './primitives.ts'

const dayMs = 86_400_000

/** Stands in addresses, in other macros and on the command line. */
export const MacroName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,99}$/, 'must be lower case letters, digits, - and _, at most 100')
  .refine((name) => !['new', 'executions', 'dependencies'].includes(name), 'is the name of a page')
  .meta({ id: 'MacroName' })

/** A JSON Schema (draft 2020-12). References into other documents are not followed. */
export const JsonSchemaText = z
  .union([z.boolean(), z.record(z.string(), Json)])
  .meta({ id: 'JsonSchemaText', description: 'A JSON Schema, draft 2020-12, that refers to no other document.' })

const action = {
  kind: z.string().min(1).max(60).meta({ description: 'GET /api/v1/macro-step-kinds lists the registered kinds.' }),
  arguments: z.record(z.string(), Json).default({}).meta({
    description:
      'Texts are templates: `{{execution.id}}`, `{{inputs.a.b}}`, `{{steps.NAME.a}}`. A text that is one placeholder alone becomes that value, whatever its type.',
  }),
}

export const MacroStep = z
  .strictObject({
    name: z.string().min(1).max(60),
    ...action,
    timeoutMs: z
      .int()
      .min(1)
      .max(7 * dayMs)
      .default(30_000),
    retries: z
      .strictObject({
        attemptsMax: z.int().min(1).max(20).default(3).meta({ description: 'The first try included.' }),
        backoffMs: z.int().min(0).max(dayMs).default(1_000),
        factor: z.number().min(1).max(10).default(2),
        backoffMaxMs: z.int().min(0).max(dayMs).default(60_000),
      })
      .default({ attemptsMax: 3, backoffMs: 1_000, factor: 2, backoffMaxMs: 60_000 }),
    idempotencyKey: z.string().max(300).optional().meta({
      description: 'Template; left out: `{{execution.id}}/NAME`. Every attempt carries the key of the first one.',
    }),
    compensation: z.strictObject(action).nullable().default(null).meta({
      description: 'Undoes the step when a later one failed.',
    }),
  })
  .meta({ id: 'MacroStep' })
export type MacroStep = z.output<typeof MacroStep>

export const DependencyDirection = z.enum(['reading', 'writing']).meta({
  id: 'DependencyDirection',
  description: 'Whether the macro takes what the provider makes, or hands it something.',
})
export type DependencyDirection = z.infer<typeof DependencyDirection>

export const DeclaredDependency = z
  .strictObject({
    name: Name.meta({ description: 'The provider, as it publishes itself under /api/v1/macro-dependencies.' }),
    direction: DependencyDirection,
    range: z.string().min(1).max(200).meta({ description: 'Semantic versions as npm writes ranges: `^2.1.0`.' }),
    schema: JsonSchemaText.meta({ description: 'The shape that the macro was made for.' }),
  })
  .meta({ id: 'DeclaredDependency' })
export type DeclaredDependency = z.output<typeof DeclaredDependency>

export const MacroDefinition = z
  .strictObject({
    inputs: JsonSchemaText.default({ type: 'object', properties: {}, additionalProperties: false }),
    timeoutMs: z
      .int()
      .min(1)
      .max(30 * dayMs)
      .default(3_600_000),
    steps: z.array(MacroStep).min(1).max(50),
    dependencies: z.array(DeclaredDependency).max(50).default([]),
  })
  .meta({ id: 'MacroDefinition' })
export type MacroDefinition = z.output<typeof MacroDefinition>

const macroFields = {
  description: z.string().max(2_000).default(''),
  impact: Impact.default('MODERATE').meta({ description: 'What running it by hand is judged by.' }),
  environments: z.array(Name).max(20).default(['production']).meta({ description: 'Where it may run.' }),
  enabled: z.boolean().default(false).meta({ description: 'Only an enabled macro is started.' }),
  definition: MacroDefinition,
}
const change = {
  reason: z.string().min(1).max(2_000).default('Saved.'),
  approvalId: Uuid.optional(),
}
export const MacroOrder = z.strictObject({ name: MacroName, ...macroFields, ...change }).meta({ id: 'MacroOrder' })
export type MacroOrder = z.output<typeof MacroOrder>
export const MacroChange = z
  .strictObject({ ...macroFields, ...change, expectedVersion: z.int().optional() })
  .meta({ id: 'MacroChange' })
export type MacroChange = z.output<typeof MacroChange>

/** One difference between what a macro was made for and what a provider publishes. */
export const SchemaChange = z
  .object({
    path: z.string().meta({ description: 'JSON pointer: `/version`, or into `/schema`.' }),
    kind: z.enum(['added', 'removed', 'changed', 'widened', 'narrowed']),
    effect: z.enum(['widens', 'narrows', 'both', 'none']),
    because: z.object({ rule: z.string(), observed: Json, limit: Json }),
  })
  .meta({ id: 'SchemaChange' })
export type SchemaChange = z.infer<typeof SchemaChange>

/** Why a macro is blocked by one of its dependencies. */
export const MacroBlock = z
  .object({
    dependency: Name,
    direction: DependencyDirection,
    range: z.string(),
    version: z.string().nullable().meta({ description: 'What is published; null: nothing is.' }),
    because: Because,
    changes: z.array(SchemaChange).meta({ description: 'At most 200, the breaking ones first.' }),
  })
  .meta({ id: 'MacroBlock' })
export type MacroBlock = z.infer<typeof MacroBlock>

/** Figures of ended executions that nobody simulated, of the last day. */
export const MacroFigures = z
  .object({
    executions: z.int(),
    succeeded: z.int(),
    running: z.int(),
    successRate: z.number().nullable().meta({ description: 'Null: none ended.' }),
    latencyP95Ms: z.int().nullable().meta({ description: 'Of those that succeeded.' }),
  })
  .meta({ id: 'MacroFigures' })

export const Macro = z
  .object({
    macroId: Uuid,
    name: MacroName,
    description: z.string(),
    impact: Impact,
    environments: z.array(Name),
    enabled: z.boolean(),
    version: z.int(),
    definition: MacroDefinition,
    state: z.enum(['ready', 'blocked', 'disabled']),
    blocks: z.array(MacroBlock),
    hasSecret: z.boolean().meta({ description: 'Whether HTTP calls of its steps are signed.' }),
    figures: MacroFigures,
    changedAt: IsoInstant,
    changedBy: z.string(),
  })
  .meta({ id: 'Macro' })
export type Macro = z.infer<typeof Macro>
export const MacroList = z.object({ items: z.array(Macro) }).meta({ id: 'MacroList' })

export const MacroVersion = z
  .object({
    version: z.int(),
    definition: MacroDefinition,
    digest: z.string().meta({ description: 'SHA-256 of the definition as canonical JSON, hex.' }),
    reason: z.string(),
    approvalId: Uuid.nullable(),
    createdAt: IsoInstant,
    createdBy: z.string(),
  })
  .meta({ id: 'MacroVersion' })
export const MacroVersionList = z.object({ items: z.array(MacroVersion) }).meta({ id: 'MacroVersionList' })

export const MacroProblem = z
  .object({ path: z.string().meta({ description: 'JSON pointer into the definition.' }), because: Because })
  .meta({ id: 'MacroProblem' })
export type MacroProblem = z.infer<typeof MacroProblem>
export const MacroValidation = z
  .object({
    problems: z.array(MacroProblem),
    blocks: z.array(MacroBlock).meta({ description: 'What the dependencies would block now.' }),
  })
  .meta({ id: 'MacroValidation' })
export const MacroValidationOrder = z
  .strictObject({ name: MacroName.optional(), definition: MacroDefinition })
  .meta({ id: 'MacroValidationOrder' })

export const MacroDryRunOrder = z
  .strictObject({
    inputs: Json,
    definition: MacroDefinition.optional().meta({ description: 'Default: the saved one.' }),
  })
  .meta({ id: 'MacroDryRunOrder' })
const plannedAction = z.object({
  kind: z.string(),
  arguments: z.record(z.string(), Json).meta({ description: 'What only an earlier step can tell is left as written.' }),
})
export const MacroDryRun = z
  .object({
    problems: z.array(MacroProblem),
    blocks: z.array(MacroBlock),
    steps: z.array(
      plannedAction.extend({
        name: z.string(),
        idempotencyKey: z.string(),
        timeoutMs: z.int(),
        attemptsMax: z.int(),
        compensation: plannedAction.nullable(),
      }),
    ),
  })
  .meta({ id: 'MacroDryRun', description: 'What would be done; nothing was.' })
export type MacroDryRun = z.infer<typeof MacroDryRun>

export const MacroRunOrder = z
  .strictObject({
    inputs: Json.default({}),
    environment: Name.default('production'),
    reason: z.string().min(1).max(2_000),
    idempotencyKey: z.string().min(1).max(200).optional().meta({ description: 'The same key starts once.' }),
    approvalId: Uuid.optional(),
  })
  .meta({ id: 'MacroRunOrder' })

export const MacroSecret = z
  .object({ secret: z.string().meta({ description: 'Shown once. Standard Webhooks: `whsec_` and base64.' }) })
  .meta({ id: 'MacroSecret' })

export const MacroExecutionStatus = z
  .enum(['running', 'succeeded', 'failed', 'compensated', 'cancelled'])
  .meta({ id: 'MacroExecutionStatus' })
export type MacroExecutionStatus = z.infer<typeof MacroExecutionStatus>

export const MacroExecution = z
  .object({
    macroExecutionId: Uuid,
    macroId: Uuid,
    macro: MacroName,
    version: z.int(),
    environment: Name,
    status: MacroExecutionStatus,
    synthetic: z.boolean(),
    dry: z.boolean().meta({ description: 'Steps that touch something outside are told, not done.' }),
    because: Because.meta({ description: 'Why it was started.' }),
    endedBecause: Because.nullable(),
    currentStep: z.string().nullable(),
    stepsDone: z.int(),
    stepsTotal: z.int(),
    startedBy: EventActor,
    correlationId: z.string(),
    causationId: Uuid.nullable(),
    parentId: Uuid.nullable().meta({ description: 'The execution whose step started it.' }),
    approvalId: Uuid.nullable(),
    startedAt: IsoInstant,
    endedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'MacroExecution' })
export type MacroExecution = z.infer<typeof MacroExecution>
export const MacroExecutionPage = pageOf(MacroExecution).meta({ id: 'MacroExecutionPage' })
export const MacroExecutionQuery = PageQuery.extend({
  macro: MacroName.optional(),
  status: MacroExecutionStatus.optional(),
  synthetic: z.stringbool().optional(),
})

export const MacroStepEvent = z.object({
  sequence: z.int(),
  at: IsoInstant,
  kind: z.enum(['released', 'succeeded', 'failed', 'turned-back', 'cancelled']),
  compensation: z.boolean(),
  attempt: z.int().nullable(),
  because: Because.nullable(),
  output: Json.nullable(),
  reference: z.string().nullable().meta({ description: 'What it waits for: an approval or another execution.' }),
})
export const MacroStepState = z
  .enum(['waiting', 'running', 'succeeded', 'failed', 'undone', 'not-undone', 'skipped'])
  .meta({ id: 'MacroStepState' })
export type MacroStepState = z.infer<typeof MacroStepState>
export const MacroExecutionDetail = MacroExecution.extend({
  inputs: Json,
  steps: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      state: MacroStepState,
      attempts: z.int(),
      attemptsMax: z.int(),
      idempotencyKey: z.string().nullable().meta({ description: 'Null: not released yet.' }),
      deadlineAt: IsoInstant.nullable(),
      events: z.array(MacroStepEvent),
    }),
  ),
  events: z.array(MacroStepEvent).meta({ description: 'What concerns no single step.' }),
  nextAt: IsoInstant.nullable().meta({ description: 'When it is looked at again; null: ended.' }),
}).meta({ id: 'MacroExecutionDetail' })
export type MacroExecutionDetail = z.infer<typeof MacroExecutionDetail>
/** Where executions stand that run, or ended a moment ago; `events` grows with everything that happens to one. */
export const MacroExecutionPulse = z
  .object({
    items: z.array(
      z.object({ macroExecutionId: Uuid, macro: MacroName, status: MacroExecutionStatus, events: z.int() }),
    ),
  })
  .meta({ id: 'MacroExecutionPulse' })
export type MacroExecutionPulse = z.infer<typeof MacroExecutionPulse>
export const MacroCancel = z.strictObject({ reason: z.string().min(1).max(2_000) }).meta({ id: 'MacroCancel' })

export const PublishedDependency = z
  .object({
    name: Name,
    version: z.string(),
    schema: JsonSchemaText,
    revision: z.int().meta({ description: 'Grows with each publication.' }),
    source: z.string().meta({ description: 'Who said so: an actor, or an event source.' }),
    publishedAt: IsoInstant,
    usedBy: z.array(
      z.object({ macro: MacroName, direction: DependencyDirection, range: z.string(), blocked: z.boolean() }),
    ),
  })
  .meta({ id: 'PublishedDependency' })
export type PublishedDependency = z.infer<typeof PublishedDependency>
export const PublishedDependencyList = z
  .object({
    items: z.array(PublishedDependency),
    missing: z.array(Name).meta({ description: 'Needed, never published.' }),
  })
  .meta({ id: 'PublishedDependencyList' })
export const DependencyPublication = z
  .strictObject({
    version: z.string().min(1).max(100).meta({ description: 'A semantic version: `2.3.1`.' }),
    schema: JsonSchemaText,
  })
  .meta({ id: 'DependencyPublication' })
export type DependencyPublication = z.output<typeof DependencyPublication>

export const MacroStepKind = z
  .object({
    kind: z.string(),
    summary: z.string(),
    mode: z.enum(['call', 'apply', 'wait']),
    timeoutMaxMs: z.int(),
    arguments: z.record(z.string(), Json).meta({ description: 'JSON Schema of the arguments.' }),
  })
  .meta({ id: 'MacroStepKind' })
export const MacroStepKindList = z.object({ items: z.array(MacroStepKind) }).meta({ id: 'MacroStepKindList' })
