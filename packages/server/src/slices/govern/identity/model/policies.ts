import type { OrganizationPolicies, Role } from '@metaagent/contract'
import { addMs, type Instant } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { sessionAbsoluteMs, sessionIdleMs } from './lifetimes.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** What holds where nobody has decided otherwise. */
export const defaultPolicies: OrganizationPolicies = {
  sessionIdleMinutes: sessionIdleMs / minuteMs,
  sessionHours: sessionAbsoluteMs / hourMs,
  passwordSignIn: true,
  foreignTokens: true,
  apiKeysMadeBy: 'anybody',
  apiKeyDaysMax: null,
}

/** How long a session lasts unused, and at all. */
export function sessionLimits(policies: OrganizationPolicies): {
  readonly idleMs: number
  readonly absoluteMs: number
} {
  return { idleMs: policies.sessionIdleMinutes * minuteMs, absoluteMs: policies.sessionHours * hourMs }
}

/** When a new key ends, or why it may not be made so. */
export function decideKeyExpiry(asked: {
  readonly policies: OrganizationPolicies
  /** Null: a key or a token asks. */
  readonly person: { readonly role: Role | null } | null
  readonly days: number | null
  readonly now: Instant
}): Result<Instant | null> {
  const { policies, person, days, now } = asked
  const { apiKeysMadeBy, apiKeyDaysMax } = policies
  if (apiKeysMadeBy !== 'anybody' && person === null)
    return refuse('not-allowed', 'In your organization keys are made by people who are signed in. Ask one of them.')
  if (apiKeysMadeBy === 'admins' && person?.role !== 'admin')
    return refuse('not-allowed', 'In your organization only admins make keys. Ask one of them.')
  if (apiKeyDaysMax !== null && (days === null || days > apiKeyDaysMax))
    return refuse(
      'not-processable',
      `In your organization a key lives at most ${apiKeyDaysMax} days. Send expiresInDays.`,
      {
        apiKeyDaysMax,
      },
    )
  return ok(days === null ? null : addMs(now, days * dayMs))
}
