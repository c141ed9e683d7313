import { AlertSeverity } from '@metaagent/contract'
import { defined, oneOf, textOf } from '../../address/search.ts'

export const inboxStates = ['active', 'pending', 'firing', 'acknowledged', 'resolved'] as const
type InboxState = (typeof inboxStates)[number]

/** What the address of the inbox holds; without a state what is open is meant. */
export interface AlertsSearch {
  readonly state?: InboxState
  readonly severity?: AlertSeverity
  readonly fingerprint?: string
}

/** Reads the address. */
export function alertsSearch(raw: Record<string, unknown>): AlertsSearch {
  return defined({
    state: oneOf(raw['state'], inboxStates),
    severity: oneOf(raw['severity'], AlertSeverity.options),
    fingerprint: textOf(raw['fingerprint'], 16),
  })
}
