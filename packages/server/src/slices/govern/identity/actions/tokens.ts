import { Uuid } from '@metaagent/contract'
import { decodeJwt, errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { addMs, type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { judgeApiKey } from '../model/lifetimes.ts'
import { scopesStillHeld } from '../model/rights.ts'
import { apiKeyById } from '../store/api-keys.ts'
import { ownOrganization } from '../store/organizations.ts'
import { sessionById } from '../store/sessions.ts'
import { callerOfKey } from './callers.ts'
import { callerOfForeignJwt } from './foreign-tokens.ts'
import { callerOfSessionRow } from './session-callers.ts'
import { presentSigningKey, signingAlgorithm, verifyingKey } from './signing-keys.ts'

/** RFC 9068: the type of an access token, so that no other signed JSON can pass for one. */
const tokenType = 'at+jwt'

function audienceOf(deps: Deps): string {
  return `${deps.settings.publicUrl}/api`
}

export interface IssuedToken {
  readonly token: string
  readonly expiresAt: Instant
}

/**
 * Exchanges the caller's session or API key for a short-lived access token with the same rights. The token ends with
 * its credential: revoking the key or the session revokes it, too. A token is not exchanged for another one, so
 * nobody lengthens their stay.
 */
export async function exchangeForToken(
  deps: Deps,
  caller: Caller,
  expiresInSeconds: number,
): Promise<Result<IssuedToken>> {
  const backing = backingOf(caller)
  if (backing === null || caller.credential?.kind === 'token')
    return refuse('not-allowed', 'A token is given for an API key or a session, not for another token.')
  const now = deps.clock.now()
  const ends = caller.credential?.expiresAt ?? null
  const wanted = addMs(now, expiresInSeconds * 1000)
  const expiresAt = ends !== null && ends < wanted ? ends : wanted
  const { kid, key } = await presentSigningKey(deps)
  const token = await new SignJWT({
    organization_id: caller.organizationId,
    scope: [...caller.scopes].join(' '),
    credential: backing,
  })
    .setProtectedHeader({ alg: signingAlgorithm, typ: tokenType, kid })
    .setIssuer(deps.settings.publicUrl)
    .setAudience(audienceOf(deps))
    .setSubject(subjectOf(caller))
    .setJti(deps.ids.uuid())
    .setIssuedAt(Math.floor(now / 1000))
    .setExpirationTime(Math.floor(expiresAt / 1000))
    .sign(key)
  return ok({ token, expiresAt: instantFromEpochMs(Math.floor(expiresAt / 1000) * 1000) })
}

function backingOf({ actor }: Caller): string | null {
  if (actor.kind === 'api_key') return `api_key:${actor.apiKeyId}`
  return actor.kind === 'user' && actor.sessionId !== null ? `session:${actor.sessionId}` : null
}

function subjectOf({ actor }: Caller): string {
  return actor.kind === 'user' ? `user:${actor.userId}` : actor.kind === 'api_key' ? `api_key:${actor.apiKeyId}` : ''
}

const refused = refuse('not-authenticated', 'This token is not valid here. Get a new one for this address.')
const expired = refuse('credential-expired', 'This token has expired. Get a new one.')

/** Who a JWT stands for: one of our own, or one of an issuer that an organization trusts. */
export async function callerOfJwt(deps: Deps, token: string): Promise<Result<Caller>> {
  let issuer: string | undefined
  try {
    issuer = decodeJwt(token).iss
  } catch {
    return refused
  }
  // Read unverified, to choose the keys only: each path pins the issuer again when it verifies.
  return issuer === deps.settings.publicUrl ? callerOfOwnJwt(deps, token) : callerOfForeignJwt(deps, token)
}

const OwnClaims = z.object({
  organization_id: Uuid,
  scope: z.string(),
  credential: z.templateLiteral([z.enum(['session', 'api_key']), ':', z.uuid()]),
  exp: z.number(),
})

/** Verifies with our own keys; algorithm, type, issuer and audience are pinned. */
async function callerOfOwnJwt(deps: Deps, token: string): Promise<Result<Caller>> {
  const claims = await verifiedClaims(deps, token)
  if (!claims.ok) return claims
  const { organization_id: organizationId, credential, scope, exp } = claims.value
  const backing = await callerBehind(deps, organizationId, credential)
  if (!backing.ok) return backing
  return ok({
    ...backing.value,
    scopes: scopesStillHeld(scope.split(' '), backing.value.scopes),
    credential: { kind: 'token', expiresAt: instantFromEpochMs(exp * 1000) },
  })
}

async function verifiedClaims(deps: Deps, token: string): Promise<Result<z.output<typeof OwnClaims>>> {
  try {
    const verified = await jwtVerify(
      token,
      async ({ kid }) => {
        const key = kid === undefined ? null : await verifyingKey(deps, kid)
        if (key === null) throw new errors.JWKSNoMatchingKey()
        return key
      },
      {
        algorithms: [signingAlgorithm],
        typ: tokenType,
        issuer: deps.settings.publicUrl,
        audience: audienceOf(deps),
        requiredClaims: ['exp', 'iat', 'sub'],
        currentDate: new Date(deps.clock.now()),
      },
    )
    const claims = OwnClaims.safeParse(verified.payload)
    return claims.success ? ok(claims.data) : refused
  } catch (error) {
    if (error instanceof errors.JWTExpired) return expired
    if (error instanceof errors.JOSEError) return refused
    throw error
  }
}

/** The session or key behind a token, as it stands now. */
async function callerBehind(deps: Deps, organizationId: string, credential: string): Promise<Result<Caller>> {
  const id = credential.slice(credential.indexOf(':') + 1)
  const now = deps.clock.now()
  return deps.store.transaction({ organizationId }, async (tx): Promise<Result<Caller>> => {
    if ((await ownOrganization(tx)) === null) return refused
    if (credential.startsWith('session:')) {
      const session = await sessionById(tx, id)
      return session === null ? refused : callerOfSessionRow(tx, session, now)
    }
    const key = await apiKeyById(tx, id)
    const judged = key === null ? refused : judgeApiKey(key, now)
    return judged.ok && key !== null ? ok(callerOfKey(organizationId, key)) : judged.ok ? refused : judged
  })
}
