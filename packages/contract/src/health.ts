import { z } from 'zod'
import { Because } from './because.ts'
import { CostNanoUsd, IsoInstant, Name, Uuid } from './primitives.ts'

export const HealthState = z
  .enum(['healthy', 'degraded', 'failing', 'silent', 'unknown'])
  .meta({ id: 'HealthState', description: '`unknown`: fewer than three finished executions in the window.' })
export type HealthState = z.infer<typeof HealthState>

export const healthWindows = {
  '5m': 300,
  '1h': 3_600,
  '24h': 86_400,
  '7d': 604_800,
  '30d': 2_592_000,
  all: null,
} as const
export const HealthWindow = z.enum(['5m', '1h', '24h', '7d', '30d', 'all']).meta({ id: 'HealthWindow' })
export type HealthWindow = z.infer<typeof HealthWindow>

/** Figures of one window, out of the minute rollups. Null is unknown. */
export const HealthFigures = z
  .object({
    executions: z.int(),
    successes: z.int(),
    failures: z.int(),
    running: z.int(),
    waiting: z.int(),
    cancelled: z.int(),
    successRate: z.number().nullable(),
    successRateLow: z.number().nullable().meta({ description: 'Wilson interval, 95 %.' }),
    successRateHigh: z.number().nullable(),
    latencyP50Ms: z.number().nullable(),
    latencyP95Ms: z.number().nullable(),
    latencyP99Ms: z.number().nullable(),
    actions: z.int(),
    actionErrors: z.int(),
    inputTokens: z.int(),
    outputTokens: z.int(),
    costNanoUsd: CostNanoUsd,
    unpricedCalls: z.int(),
    costPerSuccessNanoUsd: CostNanoUsd,
  })
  .meta({ id: 'HealthFigures' })
export type HealthFigures = z.infer<typeof HealthFigures>

export const AgentHealth = z
  .object({
    agentId: Uuid,
    agent: Name,
    domain: Name,
    environment: Name.nullable().meta({ description: 'Null: all environments together.' }),
    window: HealthWindow,
    state: HealthState,
    score: z.number().min(0).max(100).nullable().meta({ description: 'Formula: the health slice’s README.' }),
    because: z.array(Because).meta({ description: 'Each part of the score: what was seen, against which line.' }),
    figures: HealthFigures,
    lastExecutionAt: IsoInstant.nullable(),
  })
  .meta({ id: 'AgentHealth' })
export type AgentHealth = z.infer<typeof AgentHealth>

export const FleetHealth = z
  .object({
    window: HealthWindow,
    asOf: IsoInstant,
    agents: z.array(AgentHealth),
    totals: HealthFigures,
    states: z.record(HealthState, z.int()),
  })
  .meta({ id: 'FleetHealth' })
export type FleetHealth = z.infer<typeof FleetHealth>

/** The figures of the whole fleet: percentiles of it cannot be added up from those of its agents. */
export const FleetTotals = z
  .object({ window: HealthWindow, asOf: IsoInstant, totals: HealthFigures })
  .meta({ id: 'FleetTotals' })
export type FleetTotals = z.infer<typeof FleetTotals>

/** A domain or an environment: the figures are the sums of its agents, the state is that of the worst of them. */
export const GroupHealth = z
  .object({
    kind: z.enum(['domain', 'environment']),
    name: Name,
    window: HealthWindow,
    state: HealthState,
    score: z
      .number()
      .min(0)
      .max(100)
      .nullable()
      .meta({ description: 'Of the summed figures, by the agents’ formula.' }),
    because: z.array(Because).meta({ description: 'Whose state it is, then each part of the score.' }),
    agents: z.int(),
    states: z.record(HealthState, z.int()),
    figures: HealthFigures,
    lastExecutionAt: IsoInstant.nullable(),
  })
  .meta({ id: 'GroupHealth' })
export type GroupHealth = z.infer<typeof GroupHealth>

/** The fleet by domain and by environment, the most urgent first. An environment holds the agents that ran in it. */
export const FleetGroups = z
  .object({
    window: HealthWindow,
    asOf: IsoInstant,
    domains: z.array(GroupHealth),
    environments: z.array(GroupHealth),
  })
  .meta({ id: 'FleetGroups' })
export type FleetGroups = z.infer<typeof FleetGroups>

export const FleetQuery = z.strictObject({
  window: HealthWindow.default('24h'),
  environment: Name.optional(),
  domain: Name.optional(),
})
export const AgentHealthQuery = z.strictObject({
  window: HealthWindow.default('24h'),
  environment: Name.optional(),
  release: Name.optional(),
})

/** Points of a chart, oldest first. */
export const HealthSeries = z
  .object({
    agentId: Uuid,
    stepSeconds: z.int(),
    points: z.array(z.object({ at: IsoInstant, figures: HealthFigures })),
  })
  .meta({ id: 'HealthSeries' })
export const HealthSeriesQuery = z.strictObject({
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  environment: Name.optional(),
  release: Name.optional(),
})

/**
 * Data of the live stream: a whole picture first (`fleet`, `groups`), then agents that changed (`agent`) with the
 * fleet's figures (`totals`), and the groups when one of them did (`groups`).
 */
export const HealthStreamEvent = z.union([FleetHealth, AgentHealth, FleetTotals, FleetGroups])
