import {
  type BurnAlert,
  defaultSlaObjectives,
  type SlaIndicator,
  type SlaOrder,
  type SlaWindow,
} from '@metaagent/contract'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { defaultBurnAlerts, judgeBurnAlerts } from './burn.ts'
import { nominalDays } from './windows.ts'

/** A definition with nothing left open, as it is stored. Instants are ISO 8601, UTC. */
export interface SlaDefinition {
  readonly name: string
  readonly description: string | null
  readonly indicator: SlaIndicator
  readonly scope: {
    readonly agentId: string | null
    readonly domain: string | null
    readonly environment: string | null
  }
  readonly objective: number
  readonly window: SlaWindow
  readonly burnAlerts: BurnAlert[]
  readonly minimumBadEvents: number
  readonly exclusions: { from: string; until: string; reason: string }[]
  readonly enabled: boolean
}

const exclusionDaysMax = 400

/** Fills what an order leaves open and refuses what contradicts itself or can never fire. */
export function judgeDefinition(order: SlaOrder): Result<SlaDefinition> {
  const objective = order.objective ?? defaultSlaObjectives[order.indicator.kind]
  const { scope } = order
  if (scope.agentId !== null && scope.domain !== null)
    return refuse('not-processable', 'Name an agent or a domain, not both: an agent lies in its domain anyway.')
  const days = nominalDays(order.window)
  const alerts = judgeBurnAlerts(order.burnAlerts ?? defaultBurnAlerts(objective, days), objective, days)
  if (!alerts.ok) return alerts
  for (const [at, { from, until }] of order.exclusions.entries()) {
    const lengthMs = Date.parse(until) - Date.parse(from)
    if (lengthMs <= 0) return refuse('not-processable', 'An exclusion must end after it begins.', { exclusion: at })
    if (lengthMs > exclusionDaysMax * 86_400_000)
      return refuse('not-processable', `An exclusion lasts at most ${exclusionDaysMax} days.`, { exclusion: at })
  }
  const iso = (text: string) => new Date(text).toISOString()
  return ok({
    name: order.name,
    description: order.description,
    indicator: order.indicator,
    scope,
    objective,
    window: order.window,
    burnAlerts: [...alerts.value],
    minimumBadEvents: order.minimumBadEvents,
    exclusions: order.exclusions.map(({ from, until, reason }) => ({ from: iso(from), until: iso(until), reason })),
    enabled: order.enabled,
  })
}

/** The stretches that do not count. */
export function exclusionsOf({
  exclusions,
}: Pick<SlaDefinition, 'exclusions'>): readonly { readonly from: Instant; readonly until: Instant }[] {
  return exclusions.map(({ from, until }) => ({
    from: instantFromEpochMs(Date.parse(from)),
    until: instantFromEpochMs(Date.parse(until)),
  }))
}
