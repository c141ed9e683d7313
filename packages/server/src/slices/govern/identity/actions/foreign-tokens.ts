import { createRemoteJWKSet, decodeJwt, errors, jwtVerify, type RemoteJWKSet } from 'jose'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { organizationsOf } from '../store/directory.ts'
import { type IssuerRow, issuerFor } from '../store/issuers.ts'
import { callerOfForeignToken } from './callers.ts'
import { issuerLookup } from './digests.ts'
import { policiesNow } from './policies.ts'
import { processState } from './process-state.ts'

const untrusted = refuse(
  'not-authenticated',
  'This token’s issuer and audience are not trusted here. An admin can register them under identity.',
)
const refused = refuse('not-authenticated', 'This token does not verify. Get a new one from its issuer.')
const expired = refuse('credential-expired', 'This token has expired. Get a new one from its issuer.')
const noKeys = refuse('not-authenticated', 'The issuer’s keys cannot be fetched just now. Try again, or ask an admin.')

const mostAudiences = 5
/** What clocks of two machines may differ by. */
const clockToleranceSeconds = 30
const fetchTimeoutMs = 5_000

interface Registration {
  readonly organizationId: string
  readonly issuer: IssuerRow
}

/**
 * Who a token of a registered issuer stands for. Issuer and audience find the registration; its keys, its algorithms,
 * its issuer and its audience are then what the token is verified with, whatever the token says of itself.
 */
export async function callerOfForeignJwt(deps: Deps, token: string): Promise<Result<Caller>> {
  const { iss, aud } = decodeJwt(token)
  const audiences = aud === undefined ? [] : [aud].flat().slice(0, mostAudiences)
  const registration = iss === undefined ? null : await registrationFor(deps, iss, audiences)
  if (registration === null) return untrusted
  const { organizationId, issuer } = registration
  try {
    const { payload } = await jwtVerify(token, keySetOf(deps, issuer), {
      algorithms: [...issuer.algorithms],
      issuer: issuer.issuer,
      audience: issuer.audience,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(deps.clock.now()),
    })
    const { sub, exp } = payload
    if (sub === undefined || exp === undefined || sub === '') return refused
    return ok(callerOfForeignToken(organizationId, issuer, sub, instantFromEpochMs(Math.floor(exp * 1000))))
  } catch (error) {
    return refusalOf(deps, issuer, error)
  }
}

async function registrationFor(deps: Deps, issuer: string, audiences: readonly string[]): Promise<Registration | null> {
  return deps.store.transaction('deployment', async (tx) => {
    for (const audience of audiences)
      for (const organizationId of await organizationsOf(tx, issuerLookup(issuer, audience))) {
        const row = await tx.within({ organizationId }, async (own) =>
          (await policiesNow(own)).foreignTokens ? issuerFor(own, issuer, audience) : null,
        )
        if (row !== null) return { organizationId, issuer: row }
      }
    return null
  })
}

function refusalOf(deps: Deps, issuer: IssuerRow, error: unknown): Result<Caller> {
  if (error instanceof errors.JWTExpired) return expired
  const isVerdict = error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)
  // A JOSEError of the generic kind is what a fetch that did not answer 200 with a key set becomes.
  if (isVerdict && error.code !== 'ERR_JOSE_GENERIC' && error.code !== 'ERR_JWKS_INVALID') return refused
  deps.log.warn({ issuerId: issuer.issuerId, error: String(error) }, 'the keys of a trusted issuer cannot be fetched')
  return noKeys
}

/**
 * Keys are fetched from the address that an admin registered and nowhere else: redirects are not followed, headers of
 * the token that name other addresses (`jku`, `x5u`) are not read, and the reply is used as a key set and never shown.
 */
function keySetOf(deps: Deps, issuer: IssuerRow): RemoteJWKSet {
  const { remoteKeySets } = processState(deps)
  const name = `${issuer.issuerId} ${issuer.jwksUrl}`
  const known = remoteKeySets.get(name)
  if (known !== undefined) return known
  const made = createRemoteJWKSet(new URL(issuer.jwksUrl), { timeoutDuration: fetchTimeoutMs })
  remoteKeySets.set(name, made)
  return made
}
