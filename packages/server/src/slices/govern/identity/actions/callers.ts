import { scopesOfRole } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Caller } from '../../../../ports/slice.ts'
import { countsAsOf, type RoleHeld, scopesOfHeld } from '../model/roles.ts'
import type { ApiKeyRow } from '../store/api-keys.ts'
import type { IssuerRow } from '../store/issuers.ts'

/** Who a session stands for. */
export function callerOfUser(
  organizationId: string,
  session: {
    readonly sessionId: string
    readonly userId: string
    readonly held: RoleHeld
    readonly expiresAt: Instant
  },
): Caller {
  return {
    organizationId,
    actor: { kind: 'user', userId: session.userId, sessionId: session.sessionId },
    role: countsAsOf(session.held),
    scopes: new Set(scopesOfHeld(session.held)),
    credential: { kind: 'session', expiresAt: session.expiresAt },
  }
}

/** A key acts for its organization and not for a person: it has scopes and no role. */
export function callerOfKey(organizationId: string, key: ApiKeyRow): Caller {
  return {
    organizationId,
    actor: { kind: 'api_key', apiKeyId: key.apiKeyId },
    role: null,
    scopes: new Set(key.scopes),
    credential: { kind: 'api_key', expiresAt: key.expiresAt },
  }
}

/** Who a foreign token stands for: what its issuer was trusted with. */
export function callerOfForeignToken(
  organizationId: string,
  issuer: IssuerRow,
  subject: string,
  expiresAt: Instant,
): Caller {
  return {
    organizationId,
    actor: { kind: 'token', subject, issuer: issuer.issuer },
    role: issuer.role,
    scopes: new Set(scopesOfRole[issuer.role]),
    credential: { kind: 'token', expiresAt },
  }
}
