import { type AccessScope, accessScopes, Role, scopesOfRole } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { judgeGrant } from './rights.ts'

/** A role of an organization's own. */
export interface CustomRole {
  readonly roleId: string
  readonly name: string
  readonly description: string
  readonly scopes: readonly AccessScope[]
  readonly countsAs: Role
  readonly version: number
  readonly changedAt: Instant
}

/** What a person has: a built-in role, or one of the organization's own. */
export type RoleHeld =
  | { readonly role: Role; readonly customRole: null }
  | { readonly role: null; readonly customRole: Pick<CustomRole, 'roleId' | 'name' | 'scopes' | 'countsAs'> }

/** The scopes of what a person has. */
export function scopesOfHeld(held: RoleHeld): readonly AccessScope[] {
  return held.customRole === null ? scopesOfRole[held.role] : held.customRole.scopes
}

/** As which built-in role a person's vote counts. */
export function countsAsOf(held: RoleHeld): Role {
  return held.customRole === null ? held.role : held.customRole.countsAs
}

/** How a role is named in events: `viewer`, or `custom/<id>`. */
export function roleText(held: RoleHeld): string {
  return held.customRole === null ? held.role : `custom/${held.customRole.roleId}`
}

/** Whether a person has every right whatever others change: what an organization may never run out of. */
export function isAdmin(held: RoleHeld): boolean {
  return held.role === 'admin'
}

export interface RoleDraft {
  readonly name: string
  readonly description: string
  readonly scopes: readonly AccessScope[]
  readonly countsAs: Role
}

/**
 * Whether somebody may write a role down. They must hold every scope that it has, those that it had before, and those of the
 * built-in role whose votes it counts as: otherwise a role would be a way around the rule that nobody grants what they lack.
 */
export function judgeRole(asked: {
  readonly granter: ReadonlySet<AccessScope>
  readonly before: RoleDraft | null
  readonly draft: RoleDraft
}): Result<RoleDraft> {
  const { granter, before, draft } = asked
  if (Role.options.some((builtIn) => builtIn === draft.name.toLowerCase()))
    return refuse('already-exists', `“${draft.name}” is a built-in role. Give yours another name.`)
  const touched = [...(before === null ? [] : rightsIn(before)), ...rightsIn(draft)]
  const allowed = judgeGrant(granter, [...new Set(touched)])
  if (!allowed.ok) return allowed
  return ok({ ...draft, scopes: accessScopes.filter((scope) => scope === 'self:read' || draft.scopes.includes(scope)) })
}

function rightsIn({ scopes, countsAs }: RoleDraft): readonly AccessScope[] {
  // A viewer's votes decide nothing, so counting as one grants nothing.
  return countsAs === 'viewer' ? scopes : [...scopes, ...scopesOfRole[countsAs]]
}
