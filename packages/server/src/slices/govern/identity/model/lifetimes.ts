import { addMs, type Instant } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** A working day without a request ends a session, a week ends it anyway (NIST SP 800-63B allows AAL1 thirty days). */
export const sessionIdleMs = 12 * hourMs
export const sessionAbsoluteMs = 7 * dayMs
export const linkMs = dayMs
/** How often the time of a credential's last use is written down. */
export const useRecordedEveryMs = minuteMs
/** How long a credential that was found good may be taken as good without looking again: the bound of a revocation. */
export const credentialCacheMs = 10_000
/** A new signing key every 90 days; the old one still verifies what it signed. */
export const signingKeyMs = 90 * dayMs
export const longestTokenMs = hourMs
/** Ended sessions and spent links are kept this long for whoever looks into an incident. */
export const spentCredentialsKeptMs = 30 * dayMs

/** How long the organization lets sessions last; the defaults are above. */
export interface SessionLimits {
  readonly idleMs: number
  readonly absoluteMs: number
}

export interface SessionTimes {
  readonly createdAt: Instant
  readonly lastSeenAt: Instant
  readonly expiresAt: Instant
  readonly endedAt: Instant | null
}

const signInAgain = 'Sign in again.'

/** Whether a session still counts. */
export function judgeSession(
  session: SessionTimes,
  userDisabledAt: Instant | null,
  limits: SessionLimits,
  now: Instant,
): Result<null> {
  if (session.endedAt !== null) return refuse('not-authenticated', `This session was ended. ${signInAgain}`)
  if (userDisabledAt !== null) return refuse('not-authenticated', 'This account is disabled. Ask an admin.')
  if (now >= sessionEnd(session, limits))
    return refuse('credential-expired', `This session has reached its end. ${signInAgain}`)
  if (now >= addMs(session.lastSeenAt, limits.idleMs))
    return refuse('credential-expired', `This session was not used for ${spanText(limits.idleMs)}. ${signInAgain}`)
  return ok(null)
}

/** When a session ends in any case: as it was begun, or sooner when the organization has shortened sessions since. */
export function sessionEnd(
  session: Pick<SessionTimes, 'createdAt' | 'expiresAt'>,
  { absoluteMs }: Pick<SessionLimits, 'absoluteMs'>,
): Instant {
  const end = addMs(session.createdAt, absoluteMs)
  return end < session.expiresAt ? end : session.expiresAt
}

function spanText(ms: number): string {
  return ms % hourMs === 0 ? `${ms / hourMs} hours` : `${ms / minuteMs} minutes`
}

export interface ApiKeyTimes {
  readonly expiresAt: Instant | null
  readonly revokedAt: Instant | null
}

/** Whether an API key still counts. */
export function judgeApiKey(key: ApiKeyTimes, now: Instant): Result<null> {
  if (key.revokedAt !== null) return refuse('not-authenticated', 'This API key was revoked. Use another one.')
  if (key.expiresAt !== null && now >= key.expiresAt)
    return refuse('credential-expired', 'This API key has expired. Make a new one.')
  return ok(null)
}

export interface LinkTimes {
  readonly expiresAt: Instant
  readonly usedAt: Instant | null
  readonly voidedAt: Instant | null
}

/** One answer for a link that was never made, too: who guesses learns nothing. */
export const deadLink = refuse('link-used', 'Ask an admin for a new link, or sign in with your password.')

/** Whether a one-time link may still become a session. */
export function judgeLink(link: LinkTimes, userDisabledAt: Instant | null, now: Instant): Result<null> {
  const spent = link.usedAt !== null || link.voidedAt !== null || now >= link.expiresAt
  return spent || userDisabledAt !== null ? deadLink : ok(null)
}
