import { type AccessScope, type Role, scopesOfRole } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'

/** Nobody hands out a right that they do not have: neither by a key, nor by a role, nor through an issuer. */
export function judgeGrant(own: ReadonlySet<AccessScope>, wanted: readonly AccessScope[]): Result<null> {
  const beyond = wanted.filter((scope) => !own.has(scope))
  if (beyond.length === 0) return ok(null)
  return refuse('not-allowed', `You cannot grant what you do not have: ${beyond.join(', ')}.`, { scopes: beyond })
}

/** The scopes of a new key: what was asked for, in catalogue order, and the right to look at itself. */
export function scopesOfKey(asked: readonly AccessScope[]): readonly AccessScope[] {
  return scopesOfRole.admin.filter((scope) => scope === 'self:read' || asked.includes(scope))
}

/** What a token may do now: what it was issued for, as far as the credential behind it still may. */
export function scopesStillHeld(issued: readonly string[], held: ReadonlySet<AccessScope>): ReadonlySet<AccessScope> {
  return new Set([...held].filter((scope) => issued.includes(scope)))
}

export interface UserStanding {
  readonly userId: string
  readonly role: Role
  readonly disabledAt: Instant | null
}

export interface UserChange {
  readonly role: Role
  readonly disabledAt: Instant | null
  readonly changed: boolean
  /** A person who is shut out loses sessions and open links at once. */
  readonly shutOut: boolean
}

/**
 * Decides a change of role or standing. `activeAdminIds` are all admins who are not disabled: the last one can neither
 * be demoted nor disabled, because nobody could ever let anybody in again.
 */
export function decideUserChange(asked: {
  readonly user: UserStanding
  readonly patch: { readonly role?: Role | undefined; readonly disabled?: boolean | undefined }
  readonly activeAdminIds: readonly string[]
  readonly granter: ReadonlySet<AccessScope>
  readonly now: Instant
}): Result<UserChange> {
  const { user, patch, now } = asked
  const role = patch.role ?? user.role
  const disabledAt = disabledAtAfter(user, patch.disabled, now)
  const allowed = judgeGrant(asked.granter, [...scopesOfRole[user.role], ...scopesOfRole[role]])
  if (!allowed.ok) return allowed
  const staysAdmin = role === 'admin' && disabledAt === null
  if (!staysAdmin && isLastAdmin(user.userId, asked.activeAdminIds)) return lastAdminStays
  return ok({
    role,
    disabledAt,
    changed: role !== user.role || disabledAt !== user.disabledAt,
    shutOut: disabledAt !== null && user.disabledAt === null,
  })
}

function disabledAtAfter(user: UserStanding, disabled: boolean | undefined, now: Instant): Instant | null {
  if (disabled === undefined) return user.disabledAt
  return disabled ? (user.disabledAt ?? now) : null
}

/** Whether the organization would be left without an admin if this person went. */
export function isLastAdmin(userId: string, activeAdminIds: readonly string[]): boolean {
  return activeAdminIds.length === 1 && activeAdminIds[0] === userId
}

export const lastAdminStays = refuse('conflict', 'This is the last admin. Make another person admin first.')
