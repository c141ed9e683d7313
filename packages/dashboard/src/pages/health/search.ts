import { HealthState, HealthWindow } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'

export const fleetSortKeys = ['state', 'agent', 'score', 'success', 'p95', 'cost', 'executions', 'seen'] as const
export type FleetSortKey = (typeof fleetSortKeys)[number]

/** What the address of the fleet page holds. */
export interface FleetSearch {
  readonly window?: HealthWindow
  readonly environment?: string
  readonly domain?: string
  /** What stands in the table: agents, unless domains or environments are asked for. */
  readonly by?: 'domain' | 'environment'
  readonly q?: string
  readonly state?: HealthState
  readonly sort?: FleetSortKey
  readonly desc?: 'true'
}

/** Reads the address; what makes no sense is left out. */
export function fleetSearch(raw: Record<string, unknown>): FleetSearch {
  return defined({
    window: oneOf(raw['window'], HealthWindow.options),
    environment: textOf(raw['environment']),
    domain: textOf(raw['domain']),
    by: oneOf(raw['by'], ['domain', 'environment'] as const),
    q: textOf(raw['q']),
    state: oneOf(raw['state'], HealthState.options),
    sort: oneOf(raw['sort'], fleetSortKeys),
    desc: oneOf(raw['desc'], ['true'] as const),
  })
}

/** The window that is meant where the address names none. */
export const DEFAULT_WINDOW: HealthWindow = '24h'

/** A window in words. */
export const windowWords: Readonly<Record<HealthWindow, string>> = {
  '5m': 'last 5 minutes',
  '1h': 'last hour',
  '24h': 'last 24 hours',
  '7d': 'last 7 days',
  '30d': 'last 30 days',
  all: 'all time',
}
