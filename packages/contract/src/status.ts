import { z } from 'zod'
import { HealthState, HealthWindow } from './health.ts'
import { CostNanoUsd, IsoInstant, Name, Uuid } from './primitives.ts'

const figures = {
  state: HealthState,
  executions: z.int(),
  successes: z.int(),
  failures: z.int(),
  successRate: z.number().nullable(),
  costNanoUsd: CostNanoUsd,
}

const reason = z.string().meta({ description: 'Why it is in this state, as a sentence.' })

/** A group of agents: its figures are the sums of theirs, its state is the worst of theirs that is known. */
export const GroupStatus = z.object({ name: Name, agents: z.int(), ...figures, reason }).meta({ id: 'GroupStatus' })
export type GroupStatus = z.infer<typeof GroupStatus>

export const AgentStatus = z
  .object({
    agentId: Uuid,
    agent: Name,
    domain: Name,
    ...figures,
    score: z.number().nullable(),
    latencyP95Ms: z.number().nullable(),
    costPerSuccessNanoUsd: CostNanoUsd,
    lastExecutionAt: IsoInstant.nullable(),
    reason,
  })
  .meta({ id: 'AgentStatus' })
export type AgentStatus = z.infer<typeof AgentStatus>

/** How the fleet is doing, for dashboards of others. Read from rollups: a committed run shows with the next request. */
export const FleetStatus = z
  .object({
    window: HealthWindow,
    asOf: IsoInstant,
    agents: z.array(AgentStatus),
    domains: z.array(GroupStatus),
    environments: z.array(GroupStatus).meta({ description: 'Empty when one environment was asked for.' }),
  })
  .meta({ id: 'FleetStatus' })
export type FleetStatus = z.infer<typeof FleetStatus>
export const FleetStatusQuery = z.strictObject({
  window: HealthWindow.default('24h'),
  environment: Name.optional(),
  domain: Name.optional(),
})

// RFC 6454 §6.2: scheme, host in lower case, and the port unless it is the scheme's own.
const originForm = /^https?:\/\/(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[1-9]\d{0,4})?$/
const defaultPort = /^(?:https:.*:443|http:.*:80)$/

const Origin = z
  .string()
  .max(300)
  .refine((text) => originForm.test(text) && !defaultPort.test(text), {
    message: 'must be an origin as browsers send it: https://dashboard.example.com, without a path or a *',
  })

/** Whose web pages may read the status with a key of this organization. */
export const StatusOrigins = z.object({ origins: z.array(Origin).max(50) }).meta({ id: 'StatusOrigins' })
export type StatusOrigins = z.infer<typeof StatusOrigins>
export const StatusOriginsChange = z
  .strictObject({ origins: z.array(Origin).max(50) })
  .meta({ id: 'StatusOriginsChange' })
