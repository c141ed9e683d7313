import { type AlertCondition, AlertSeverity, DeliveryPurpose, DeliveryState } from '@metaagent/contract'
import type { z } from 'zod'
import { defined, oneOf, textOf } from '../../address/search.ts'
import { conditionTemplates } from './rule-templates.ts'

export const inboxStates = ['active', 'pending', 'firing', 'acknowledged', 'resolved'] as const
type InboxState = (typeof inboxStates)[number]

/** What the address of the inbox holds; without a state what is open is meant. */
export interface AlertsSearch {
  readonly state?: InboxState
  readonly severity?: AlertSeverity
  readonly fingerprint?: string
  readonly agent?: string
}

/** What the address of the rules holds: with a condition, a new rule of it is begun. */
export interface RulesSearch {
  readonly condition?: AlertCondition['kind']
}

/** Reads the address of the rules. */
export function rulesSearch(raw: Record<string, unknown>): RulesSearch {
  const kinds = Object.keys(conditionTemplates) as AlertCondition['kind'][]
  return defined({ condition: oneOf(raw['condition'], kinds) })
}

/** What the address of the log of messages holds. */
export interface MessagesSearch {
  readonly channelId?: string
  readonly state?: z.infer<typeof DeliveryState>
  readonly purpose?: z.infer<typeof DeliveryPurpose>
  readonly message?: string
}

/** Reads the address of the log. */
export function messagesSearch(raw: Record<string, unknown>): MessagesSearch {
  return defined({
    channelId: textOf(raw['channelId'], 36),
    state: oneOf(raw['state'], DeliveryState.options),
    purpose: oneOf(raw['purpose'], DeliveryPurpose.options),
    message: textOf(raw['message'], 36),
  })
}

/** Reads the address. */
export function alertsSearch(raw: Record<string, unknown>): AlertsSearch {
  return defined({
    state: oneOf(raw['state'], inboxStates),
    severity: oneOf(raw['severity'], AlertSeverity.options),
    fingerprint: textOf(raw['fingerprint'], 16),
    agent: textOf(raw['agent']),
  })
}
