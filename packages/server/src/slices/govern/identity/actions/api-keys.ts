import type { AccessScope, ApiKey, ApiKeyInput, EventActor } from '@metaagent/contract'
import type { z } from 'zod'
import { type Instant, toIso } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Actor, Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../journal/index.ts'
import { apiKeyText, readPresented } from '../model/credentials.ts'
import { decideKeyExpiry } from '../model/policies.ts'
import { judgeGrant, scopesOfKey } from '../model/rights.ts'
import { type ApiKeyRow, allApiKeys, apiKeyById, insertApiKey, revokeApiKeyRow } from '../store/api-keys.ts'
import { addToDirectory } from '../store/directory.ts'
import { digestOf, newToken } from './digests.ts'
import { policiesNow } from './policies.ts'
import { credentialsChanged } from './process-state.ts'

/**
 * Makes an API key `mak_<prefix>_<secret>` and returns its text, which is kept nowhere. The caller has been asked
 * whether they may grant the scopes; every key may look at itself (`self:read`).
 */
export async function issueApiKey(
  deps: Deps,
  tx: Tx,
  input: {
    readonly name: string
    readonly scopes: readonly AccessScope[]
    readonly expiresAt: Instant | null
    readonly actor: EventActor
    /** The person behind the key; they can't approve what the key asks for. Null: made on the command line. */
    readonly responsibleUserId?: string | null
  },
): Promise<{ readonly apiKeyId: string; readonly secret: string }> {
  const { key, secret } = draftApiKey(deps, input)
  await insertApiKey(tx, key)
  const lookup = digestOf('api-key-prefix', key.prefix)
  await tx.within('deployment', (outer) => addToDirectory(outer, lookup, tx.organizationId))
  const { apiKeyId, name, prefix, scopes } = key
  await append(deps, tx, [
    {
      type: 'identity.api_key.created',
      subject: `api_key/${apiKeyId}`,
      actor: input.actor,
      payload: { apiKeyId, name, prefix, scopes: [...scopes] },
    },
  ])
  return { apiKeyId, secret }
}

function draftApiKey(deps: Deps, input: Parameters<typeof issueApiKey>[2]): { key: ApiKeyRow; secret: string } {
  const secret = apiKeyText(deps.random.bytes(5), newToken(deps))
  const presented = readPresented({ apiKey: secret })
  if (presented.kind !== 'api_key') throw new Error('broken invariant: a new API key has the form of one')
  const key = {
    apiKeyId: deps.ids.uuid(),
    name: input.name,
    prefix: presented.prefix,
    secretDigest: digestOf('api-key', secret),
    scopes: scopesOfKey(input.scopes),
    responsibleUserId: input.responsibleUserId ?? null,
    createdAt: deps.clock.now(),
    expiresAt: input.expiresAt,
    lastUsedAt: null,
    revokedAt: null,
  }
  return { key, secret }
}

/** Makes a key for the caller; it never holds a scope that the caller lacks. */
export async function addApiKey(
  deps: Deps,
  caller: Caller,
  input: z.output<typeof ApiKeyInput>,
): Promise<Result<{ readonly apiKey: ApiKey; readonly secret: string }>> {
  const allowed = judgeGrant(caller.scopes, input.scopes)
  if (!allowed.ok) return allowed
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const policies = await policiesNow(tx)
    const person = caller.actor.kind === 'user' ? { role: caller.role } : null
    const days = input.expiresInDays ?? null
    const expiry = decideKeyExpiry({ policies, person, days, now: deps.clock.now() })
    if (!expiry.ok) return expiry
    const responsibleUserId = await responsibleUserOf(tx, caller.actor)
    const made = await issueApiKey(deps, tx, {
      ...input,
      expiresAt: expiry.value,
      actor: actorOf(caller),
      responsibleUserId,
    })
    const row = await apiKeyById(tx, made.apiKeyId)
    if (row === null) throw new Error('broken invariant: a key that was inserted is there')
    return ok({ apiKey: describeApiKey(row), secret: made.secret })
  })
}

/** The person who answers for what an actor does: the user, or whoever made the key; null when nobody is known. */
export async function responsibleUserOf(tx: Tx, actor: Actor): Promise<string | null> {
  if (actor.kind === 'user') return actor.userId
  if (actor.kind !== 'api_key') return null
  return (await apiKeyById(tx, actor.apiKeyId))?.responsibleUserId ?? null
}

export async function listApiKeys(deps: Deps, caller: Caller): Promise<readonly ApiKey[]> {
  const { organizationId } = caller
  const rows = await deps.store.transaction({ organizationId }, (tx) => allApiKeys(tx))
  return rows.map(describeApiKey)
}

/** Revokes a key: at once in this process, elsewhere when the hint arrives and at the latest after 10 s. */
export async function revokeApiKey(deps: Deps, caller: Caller, apiKeyId: string): Promise<Result<ApiKey>> {
  const { organizationId } = caller
  return deps.store.transaction({ organizationId }, async (tx): Promise<Result<ApiKey>> => {
    const row = await apiKeyById(tx, apiKeyId)
    if (row === null) return refuse('not-found', 'Your organization has no API key with this id.')
    const now = deps.clock.now()
    if (!(await revokeApiKeyRow(tx, apiKeyId, now))) return ok(describeApiKey(row))
    await append(deps, tx, [
      {
        type: 'identity.api_key.revoked',
        subject: `api_key/${apiKeyId}`,
        actor: actorOf(caller),
        payload: { apiKeyId },
      },
    ])
    credentialsChanged(deps, tx)
    return ok(describeApiKey({ ...row, revokedAt: now }))
  })
}

function describeApiKey(row: ApiKeyRow): ApiKey {
  const isoOrNull = (at: Instant | null) => (at === null ? null : toIso(at))
  return {
    apiKeyId: row.apiKeyId,
    name: row.name,
    prefix: row.prefix,
    scopes: [...row.scopes],
    createdAt: toIso(row.createdAt),
    expiresAt: isoOrNull(row.expiresAt),
    lastUsedAt: isoOrNull(row.lastUsedAt),
    revokedAt: isoOrNull(row.revokedAt),
  }
}
