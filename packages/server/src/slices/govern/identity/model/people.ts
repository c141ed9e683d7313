import type { AccessScope } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { judgeGrant } from './rights.ts'
import { isAdmin, type RoleHeld, roleText, scopesOfHeld } from './roles.ts'

export interface UserStanding {
  readonly userId: string
  readonly held: RoleHeld
  readonly disabledAt: Instant | null
}

export interface UserChange {
  readonly held: RoleHeld
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
  /** Null: the role stays. */
  readonly wanted: RoleHeld | null
  readonly disabled: boolean | undefined
  readonly activeAdminIds: readonly string[]
  readonly granter: ReadonlySet<AccessScope>
  readonly now: Instant
}): Result<UserChange> {
  const { user, now } = asked
  const held = asked.wanted ?? user.held
  const disabledAt = disabledAtAfter(user, asked.disabled, now)
  const allowed = judgeGrant(asked.granter, [...scopesOfHeld(user.held), ...scopesOfHeld(held)])
  if (!allowed.ok) return allowed
  const staysAdmin = isAdmin(held) && disabledAt === null
  if (!staysAdmin && isLastAdmin(user.userId, asked.activeAdminIds)) return lastAdminStays
  return ok({
    held,
    disabledAt,
    changed: roleText(held) !== roleText(user.held) || disabledAt !== user.disabledAt,
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
