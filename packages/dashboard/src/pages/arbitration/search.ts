import { ArbitrationOutcome, ArbitrationPolicy, AuditKind, AuditState, GoldVerdict } from '@metaagent/contract'
import type { z } from 'zod'
import { defined, oneOf, textOf } from '../../address/search.ts'

/** What the address of the list of verdicts holds. */
export interface ArbitrationsSearch {
  readonly metric?: string
  readonly winner?: GoldVerdict
  readonly outcome?: ArbitrationOutcome
  readonly policy?: ArbitrationPolicy
  readonly dissenting?: string
  readonly superseded?: 'true'
}

export function arbitrationsSearch(raw: Record<string, unknown>): ArbitrationsSearch {
  return defined({
    metric: textOf(raw['metric'], 200),
    winner: oneOf(raw['winner'], GoldVerdict.options),
    outcome: oneOf(raw['outcome'], ArbitrationOutcome.options),
    policy: oneOf(raw['policy'], ArbitrationPolicy.options),
    dissenting: textOf(raw['dissenting'], 200),
    superseded: oneOf(String(raw['superseded']), ['true'] as const),
  })
}

/** Which audits are looked at; without a state the open ones. */
export interface AuditsSearch {
  readonly kind?: z.infer<typeof AuditKind>
  readonly state?: z.infer<typeof AuditState>
  readonly metric?: string
}

export function auditsSearch(raw: Record<string, unknown>): AuditsSearch {
  return defined({
    kind: oneOf(raw['kind'], AuditKind.options),
    state: oneOf(raw['state'], AuditState.options),
    metric: textOf(raw['metric'], 200),
  })
}
