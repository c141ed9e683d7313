import { z } from 'zod'
import { AlertSeverity } from './alert-rules.ts'
import { Because } from './because.ts'
import { AgentHealth, HealthFigures, HealthState } from './health.ts'
import { CostNanoUsd, IsoInstant, Name, Uuid } from './primitives.ts'

/** How far back the overview looks. */
export const overviewWindows = ['1h', '24h', '7d'] as const
export const OverviewWindow = z.enum(overviewWindows).meta({ id: 'OverviewWindow' })
export type OverviewWindow = z.infer<typeof OverviewWindow>
export const OverviewQuery = z.strictObject({ window: OverviewWindow.default('24h') })

const link = z.string().meta({ description: 'Path of the page of the dashboard that shows it.' })

/** Something that costs trust or money now: the reason for which one would be called. */
export const Burning = z
  .object({
    kind: z.enum(['alert', 'budget', 'health', 'cost']),
    severity: AlertSeverity,
    title: z.string(),
    because: Because,
    since: IsoInstant.nullable(),
    exhaustionAt: IsoInstant.nullable().meta({
      description: 'When an error budget is spent if the last day’s pace goes on; null: not in sight, or spent.',
    }),
    agentId: Uuid.nullable(),
    link,
  })
  .meta({ id: 'Burning' })
export type Burning = z.infer<typeof Burning>

/** Figures of the time before or after a change. */
export const EffectSpan = z.object({
  from: IsoInstant,
  until: IsoInstant,
  executions: z.int(),
  successRate: z.number().nullable(),
  latencyP95Ms: z.number().nullable(),
  costPerSuccessNanoUsd: CostNanoUsd,
})
export type EffectSpan = z.infer<typeof EffectSpan>

/**
 * How the figures of an agent after a change lie to those of the day before it. What came after did not have to come from
 * it: this points at where to look. `unknown`: too few runs on one of the sides.
 */
export const ChangeEffect = z
  .object({
    verdict: z.enum(['better', 'worse', 'mixed', 'steady', 'unknown']),
    before: EffectSpan,
    after: EffectSpan,
    because: z.array(Because),
  })
  .meta({ id: 'ChangeEffect' })
export type ChangeEffect = z.infer<typeof ChangeEffect>

/** Something that is not as it was before the window. */
export const OverviewChange = z
  .object({
    eventId: Uuid,
    at: IsoInstant,
    kind: z.enum(['release', 'model', 'agent', 'price', 'rule', 'sla', 'setting', 'rollout', 'recovery']),
    title: z.string(),
    by: z.string().meta({ description: 'Who did it: `user:…`, `api_key:…`, `system:…`.' }),
    because: Because.nullable(),
    agentId: Uuid.nullable(),
    agent: Name.nullable(),
    link,
    effect: ChangeEffect.nullable().meta({ description: 'Null: it is about no single agent.' }),
  })
  .meta({ id: 'OverviewChange' })
export type OverviewChange = z.infer<typeof OverviewChange>

/** The home page in one answer: which agents fail, what burns, what changed. */
export const Overview = z
  .object({
    window: OverviewWindow,
    asOf: IsoInstant,
    fleet: z.object({
      states: z.record(HealthState, z.int()),
      totals: HealthFigures,
      worst: z
        .array(AgentHealth)
        .meta({ description: 'Agents that need a look, the most urgent first; at most eight.' }),
    }),
    burning: z.array(Burning).meta({ description: 'The most severe first; at most twenty.' }),
    burningLeftOut: z.int(),
    changes: z.array(OverviewChange).meta({ description: 'The newest first; at most twenty.' }),
    changesLeftOut: z.int(),
    withheld: z
      .array(z.enum(['alerts:read', 'journal:read']))
      .meta({ description: 'Scopes that the credential lacks: what they would show is left out.' }),
  })
  .meta({ id: 'Overview' })
export type Overview = z.infer<typeof Overview>
