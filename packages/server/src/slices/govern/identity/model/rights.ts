import { type AccessScope, scopesOfRole } from '@metaagent/contract'
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
