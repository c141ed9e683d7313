import { z } from 'zod'
import { Because } from './because.ts'
import { PageQuery, pageOf } from './paging.ts'
import { CostNanoUsd, IsoInstant, Name, Uuid } from './primitives.ts'

/** A day of the calendar in the organization's time zone. */
export const LocalDay = z.iso.date().meta({ description: 'Day in the organization’s time zone, `YYYY-MM-DD`.' })

const rate = z.number().min(0).max(1).nullable()
const durationMs = z.number().nullable()

/** What one day came to. Null is unknown. */
export const DayFigures = z
  .object({
    executions: z.int(),
    successes: z.int(),
    failures: z.int(),
    cancelled: z.int(),
    successRate: rate,
    successRateLow: rate.meta({ description: 'Wilson interval, 95 %.' }),
    successRateHigh: rate,
    latencyP50Ms: durationMs,
    latencyP95Ms: durationMs,
    latencyP99Ms: durationMs,
    costNanoUsd: CostNanoUsd,
    costPerSuccessNanoUsd: CostNanoUsd,
    inputTokens: z.int(),
    outputTokens: z.int(),
    actions: z.int(),
    actionErrors: z.int(),
    llmCalls: z.int(),
    toolCalls: z.int(),
    toolErrors: z.int(),
    pricedCalls: z.int(),
    unpricedCalls: z.int(),
  })
  .meta({ id: 'DayFigures' })
export type DayFigures = z.infer<typeof DayFigures>

/** One day of one agent in one environment with one release. */
export const PerformanceMetrics = z
  .object({
    day: LocalDay,
    timeZone: z.string(),
    startsAt: IsoInstant,
    endsAt: IsoInstant,
    isOver: z.boolean().meta({ description: 'False: the day still runs, so its figures will change.' }),
    agentId: Uuid,
    agent: Name,
    environment: Name,
    release: Name.nullable().meta({ description: 'Null: the executions named none.' }),
    basis: z.enum(['rollups', 'rows']).meta({ description: 'What they were computed from.' }),
    computedAt: IsoInstant,
    figures: DayFigures,
  })
  .meta({ id: 'PerformanceMetrics' })
export type PerformanceMetrics = z.infer<typeof PerformanceMetrics>
export const PerformanceMetricsPage = pageOf(PerformanceMetrics)
export const PerformanceMetricsQuery = PageQuery.extend({
  agentId: Uuid.optional(),
  environment: Name.optional(),
  release: Name.optional(),
  from: LocalDay.optional(),
  to: LocalDay.optional().meta({ description: 'Included.' }),
})

/** How a figure of the newest finished day lies to the days before it. */
export const Trend = z
  .object({
    figure: z.enum(['successRate', 'latencyP95Ms', 'costPerSuccessNanoUsd']),
    verdict: z.enum(['better', 'worse', 'steady', 'unknown']),
    because: Because,
  })
  .meta({ id: 'Trend' })
export type Trend = z.infer<typeof Trend>

/** Days of one agent, oldest first, with what is usual for it. Days without executions are missing. */
export const AgentPerformance = z
  .object({
    agentId: Uuid,
    timeZone: z.string(),
    days: z.array(z.object({ day: LocalDay, startsAt: IsoInstant, isOver: z.boolean(), figures: DayFigures })),
    latest: LocalDay.nullable().meta({
      description: 'The newest finished day with executions: what the trend judges.',
    }),
    baselines: z
      .array(
        z.object({ days: z.union([z.literal(7), z.literal(28)]), from: LocalDay, to: LocalDay, figures: DayFigures }),
      )
      .meta({ description: 'All days before `latest`, up to this many, taken together.' }),
    trend: z.array(Trend).meta({ description: 'Against the 28 days.' }),
  })
  .meta({ id: 'AgentPerformance' })
export type AgentPerformance = z.infer<typeof AgentPerformance>
export const AgentPerformanceQuery = z.strictObject({
  days: z.coerce.number().int().min(1).max(366).default(28),
  environment: Name.optional(),
  release: Name.optional(),
})

/** A day counted again from the stored runs and steps themselves. */
export const RecountOrder = z.strictObject({ day: LocalDay })
export const Recount = z
  .object({
    day: LocalDay,
    rows: z.int().meta({ description: 'Agents, environments and releases of the day.' }),
    differences: z
      .array(z.object({ agentId: Uuid, agent: Name, environment: Name, figures: z.array(z.string()) }))
      .meta({ description: 'Where the rollups say otherwise; empty means that they agree in every count.' }),
  })
  .meta({ id: 'Recount' })
