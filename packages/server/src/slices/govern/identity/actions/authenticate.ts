import { timingSafeEqual } from 'node:crypto'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { type Presented, type PresentedCredential, readPresented } from '../model/credentials.ts'
import { judgeApiKey } from '../model/lifetimes.ts'
import { type ApiKeyRow, apiKeyByPrefix } from '../store/api-keys.ts'
import { organizationsOf } from '../store/directory.ts'
import { sessionByDigest } from '../store/sessions.ts'
import { callerOfKey } from './callers.ts'
import { digestOf } from './digests.ts'
import { callerOfEnvironmentKey } from './environment-key.ts'
import { processState } from './process-state.ts'
import { callerOfSessionRow } from './session-callers.ts'
import { callerOfJwt } from './tokens.ts'

const presentOne = 'Send an API key as `Authorization: Bearer mak_…`, an access token, or sign in to the dashboard.'
const malformed = refuse('not-authenticated', `This is no credential. ${presentOne}`)
const unknownKey = refuse('not-authenticated', 'This API key is not known here. Check it, or make a new one.')
const unknownSession = refuse('not-authenticated', 'This session is not known here. Sign in again.')

/**
 * Who asks, from what a request presents in its headers. Good credentials are remembered for ten seconds in this
 * process: a revocation counts at once here, in other processes when the hint arrives, and after ten seconds at the
 * latest; an expiry counts to the millisecond.
 */
export async function authenticate(deps: Deps, presented: Presented): Promise<Result<Caller>> {
  const credential = readPresented(presented)
  if (credential.kind === 'none') return refuse('not-authenticated', presentOne)
  if (credential.kind === 'malformed') return malformed
  const state = processState(deps)
  const now = deps.clock.now()
  const askedAtMs = deps.clock.monotonicMs()
  const cacheKey = cacheKeyOf(credential)
  const { generation } = state.cache
  let caller = state.cache.get(cacheKey, askedAtMs)
  const expiresAt = caller?.credential?.expiresAt ?? null
  if (expiresAt !== null && now >= expiresAt) caller = null
  if (caller === null) {
    const found = await look(deps, credential)
    if (!found.ok) return found
    caller = found.value
    state.cache.put(cacheKey, caller, askedAtMs, generation)
  }
  state.uses.note(caller, now)
  return ok(caller)
}

type Readable = Extract<PresentedCredential, { kind: 'api_key' | 'environment_key' | 'session' | 'jwt' }>

function cacheKeyOf(credential: Readable): string {
  const text = 'text' in credential ? credential.text : credential.token
  return `${credential.kind} ${Buffer.from(digestOf('token', text)).toString('base64')}`
}

async function look(deps: Deps, credential: Readable): Promise<Result<Caller>> {
  switch (credential.kind) {
    case 'api_key':
      return callerOfApiKey(deps, credential.prefix, credential.text)
    case 'environment_key':
      return (await callerOfEnvironmentKey(deps, credential.text)) ?? malformed
    case 'session':
      return callerOfSession(deps, credential.token)
    case 'jwt':
      return callerOfJwt(deps, credential.token)
  }
}

/** The prefix finds the key, the SHA-256 of the whole text proves it, compared in constant time. */
async function callerOfApiKey(deps: Deps, prefix: string, text: string): Promise<Result<Caller>> {
  const digest = digestOf('api-key', text)
  const found = await deps.store.transaction('deployment', async (tx) => {
    const rows: { organizationId: string; key: ApiKeyRow }[] = []
    for (const organizationId of await organizationsOf(tx, digestOf('api-key-prefix', prefix))) {
      const key = await tx.within({ organizationId }, (own) => apiKeyByPrefix(own, prefix))
      if (key !== null) rows.push({ organizationId, key })
    }
    return rows
  })
  const match = found.find(({ key }) => timingSafeEqual(key.secretDigest, digest))
  if (match === undefined) return unknownKey
  const judged = judgeApiKey(match.key, deps.clock.now())
  return judged.ok ? ok(callerOfKey(match.organizationId, match.key)) : judged
}

async function callerOfSession(deps: Deps, token: string): Promise<Result<Caller>> {
  const digest = digestOf('session', token)
  return deps.store.transaction('deployment', async (tx): Promise<Result<Caller>> => {
    const [organizationId] = await organizationsOf(tx, digest)
    if (organizationId === undefined) return unknownSession
    return tx.within({ organizationId }, async (own) => {
      const session = await sessionByDigest(own, digest)
      return session === null ? unknownSession : callerOfSessionRow(own, session, deps.clock.now())
    })
  })
}
