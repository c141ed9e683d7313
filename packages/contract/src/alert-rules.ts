import { z } from 'zod'
import { Because } from './because.ts'
import { HealthState, HealthWindow } from './health.ts'
import { IsoInstant, Json, Name, Uuid } from './primitives.ts'
import { SlaState } from './slas.ts'

export const AlertSeverity = z.enum(['info', 'warning', 'critical']).meta({ id: 'AlertSeverity' })
export type AlertSeverity = z.infer<typeof AlertSeverity>

/** Name of a label, as Prometheus and Alertmanager allow it. */
export const LabelName = z
  .string()
  .max(100)
  .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'must be letters, digits and underscores, not beginning with a digit')
export const Labels = z.record(LabelName, z.string().max(500)).meta({
  id: 'AlertLabels',
  description: 'What an alert is about. The same labels are the same alert.',
})
export type Labels = z.infer<typeof Labels>

export const AlertFigure = z
  .enum([
    'successRate',
    'failureRate',
    'executions',
    'failures',
    'latencyP50Ms',
    'latencyP95Ms',
    'latencyP99Ms',
    'actionErrors',
    'inputTokens',
    'outputTokens',
    'costNanoUsd',
    'costPerSuccessNanoUsd',
    'unpricedCalls',
  ])
  .meta({ id: 'AlertFigure', description: 'A figure of the rollups, in the unit that its name ends with.' })
export type AlertFigure = z.infer<typeof AlertFigure>

export const AlertOperator = z.enum(['>', '>=', '<', '<=']).meta({ id: 'AlertOperator' })
export type AlertOperator = z.infer<typeof AlertOperator>

const RollupWindow = HealthWindow.exclude(['all'])
const executionsMin = z.int().min(0).max(1_000_000).default(1)

const FigureCondition = z.strictObject({
  kind: z.literal('figure'),
  figure: AlertFigure,
  window: RollupWindow.default('5m'),
  per: z.enum(['agent', 'domain', 'fleet']).default('agent'),
  operator: AlertOperator,
  threshold: z.number(),
  executionsMin: executionsMin.meta({ description: 'With fewer finished executions the figure is unknown.' }),
})

const BaselineCondition = z.strictObject({
  kind: z.literal('baseline'),
  figure: AlertFigure,
  window: z.enum(['5m', '1h', '24h']).default('1h'),
  baselineWindow: z.enum(['24h', '7d', '30d']).default('7d'),
  operator: AlertOperator,
  ratio: z
    .number()
    .positive()
    .meta({ description: 'Figure / baseline; sums (cost, tokens, counts) are compared per hour.' }),
  executionsMin,
})

const BurnRateCondition = z.strictObject({
  kind: z.literal('burn_rate'),
  objective: z.number().gt(0).lt(1).meta({ description: 'Share of finished executions that should succeed.' }),
  windows: z
    .array(
      z.strictObject({
        longMinutes: z.int().min(5).max(43_200),
        shortMinutes: z.int().min(1).max(43_200),
        threshold: z.number().positive(),
      }),
    )
    .min(1)
    .max(4)
    .meta({ description: 'Any pair fires when both of its windows burn faster than its threshold.' }),
  failuresMin: z.int().min(1).max(1_000_000).default(5).meta({ description: 'Failures in the long window.' }),
})

const HealthStateCondition = z.strictObject({
  kind: z.literal('health_state'),
  states: z.array(HealthState).min(1),
  window: RollupWindow.default('1h'),
})

const HealthScoreCondition = z.strictObject({
  kind: z.literal('health_score'),
  window: RollupWindow.default('1h'),
  operator: AlertOperator,
  threshold: z.number().min(0).max(100),
})

const SilenceCondition = z.strictObject({
  kind: z.literal('silent'),
  silentForMinutes: z.int().min(1).max(525_600),
})

const CostDifferenceCondition = z.strictObject({
  kind: z.literal('cost_difference'),
  window: z.enum(['1h', '24h', '7d']).default('24h'),
  ratio: z
    .number()
    .positive()
    .meta({ description: '|reported − computed| / computed, over runs where both are known.' }),
})

const SlaCondition = z.strictObject({
  kind: z.literal('sla'),
  slas: z.array(Name).max(200).default([]).meta({ description: 'By name; none means every active one.' }),
  states: z.array(SlaState).min(1).default(['burning', 'breached']),
})

export const EventTest = z
  .strictObject({
    pointer: z
      .string()
      .max(300)
      .regex(/^(\/([^~/]|~[01])*)*$/, 'must be a JSON pointer (RFC 6901)')
      .meta({ description: 'JSON pointer into the event: `/payload/to`, `/subject`.' }),
    operator: z.enum(['=', '!=', '>', '>=', '<', '<=', 'exists', 'contains']),
    value: Json.optional(),
  })
  .meta({ id: 'AlertEventTest' })
export type EventTest = z.infer<typeof EventTest>

const EventCondition = z.strictObject({
  kind: z.literal('event'),
  pattern: z.string().min(1).max(200).meta({ description: 'Glob over the event type: `health.*`.' }),
  where: z.array(EventTest).max(20).default([]),
  windowMinutes: z.int().min(1).max(1_440).default(5),
  countMin: z.int().min(1).max(100_000).default(1),
  labels: z
    .record(LabelName, z.string().max(300))
    .default({})
    .meta({ description: 'Labels taken from the event by JSON pointer; each value is an alert of its own.' }),
})

/** What makes an alert: one closed union, checked on save. */
export const AlertCondition = z
  .discriminatedUnion('kind', [
    FigureCondition,
    BaselineCondition,
    BurnRateCondition,
    HealthStateCondition,
    HealthScoreCondition,
    SilenceCondition,
    CostDifferenceCondition,
    SlaCondition,
    EventCondition,
  ])
  .meta({ id: 'AlertCondition' })
export type AlertCondition = z.infer<typeof AlertCondition>

/** A rule as people write it. Every save is a new version. */
export const AlertRuleDefinition = z
  .strictObject({
    name: Name.max(100),
    description: z.string().max(2_000).default(''),
    enabled: z.boolean().default(true),
    severity: AlertSeverity.default('warning'),
    condition: AlertCondition,
    forMinutes: z
      .number()
      .min(0)
      .max(10_080)
      .default(0)
      .meta({ description: 'How long it must hold before it fires.' }),
    scope: z
      .strictObject({
        agents: z.array(Name).max(200).default([]),
        domains: z.array(Name).max(200).default([]),
        environment: Name.nullable().default(null),
      })
      .default({ agents: [], domains: [], environment: null })
      .meta({ description: 'Empty lists mean all; environment null means all together.' }),
    whenUnknown: z
      .enum(['keep', 'resolve'])
      .default('keep')
      .meta({ description: 'What a firing alert does when nothing can be measured any more.' }),
    labels: z.record(LabelName, z.string().max(500)).default({}).meta({ description: 'Templates: `{{agent}}`.' }),
    annotations: z
      .record(LabelName, z.string().max(2_000))
      .default({})
      .meta({ description: 'Templates that may also name {{value}}, {{limit}} and {{because}}.' }),
  })
  .meta({ id: 'AlertRuleDefinition' })
export type AlertRuleDefinition = z.infer<typeof AlertRuleDefinition>

export const AlertRule = z
  .object({
    ruleId: Uuid,
    version: z.int(),
    definition: AlertRuleDefinition,
    changedBy: z.string(),
    changedAt: IsoInstant,
    firing: z.int().meta({ description: 'Alerts that fire now, acknowledged ones included.' }),
  })
  .meta({ id: 'AlertRule' })
export type AlertRule = z.infer<typeof AlertRule>
export const AlertRuleList = z.object({ items: z.array(AlertRule) })
export const AlertRuleVersions = z.object({
  items: z.array(AlertRule.omit({ firing: true }).extend({ removed: z.boolean() })),
})
export const AlertRuleChange = z
  .strictObject({ definition: AlertRuleDefinition, expectedVersion: z.int() })
  .meta({ id: 'AlertRuleChange' })

/** What a rule would have done in the last 24 hours. */
export const AlertRuleTrial = z
  .object({
    from: IsoInstant,
    until: IsoInstant,
    stepSeconds: z.int(),
    subjects: z.int().meta({ description: 'Label sets that were looked at.' }),
    subjectsLeftOut: z.int().meta({ description: 'Agents beyond the 200 that a trial looks at.' }),
    alerts: z.array(
      z.object({
        labels: Labels,
        pendingAt: IsoInstant,
        firedAt: IsoInstant.nullable(),
        resolvedAt: IsoInstant.nullable(),
        because: Because,
      }),
    ),
    alertsLeftOut: z.int(),
    unknownSteps: z.int().meta({ description: 'Subject × step pairs at which nothing could be measured.' }),
  })
  .meta({ id: 'AlertRuleTrial' })
export type AlertRuleTrial = z.infer<typeof AlertRuleTrial>
