import { timingSafeEqual } from 'node:crypto'
import { scopesOfRole } from '@metaagent/contract'
import { ok, type Result } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { append } from '../../journal/index.ts'
import { judgeApiKey } from '../model/lifetimes.ts'
import { scopesOfKey } from '../model/rights.ts'
import { type ApiKeyRow, environmentKeys, insertApiKey, revokeApiKeyRow } from '../store/api-keys.ts'
import { addToDirectory, organizationsOf } from '../store/directory.ts'
import { lockFirstStart } from '../store/organizations.ts'
import { callerOfKey } from './callers.ts'
import { digestOf } from './digests.ts'
import { credentialsChanged } from './process-state.ts'

const actor = { kind: 'system', id: 'start' } as const
const keyName = 'METAQORE_API_KEY'

/**
 * Keyed by the deployment's secret: a key that people choose may be guessed, and who has the database alone cannot try.
 */
function macOf(deps: Deps, text: string): Uint8Array {
  return deps.secrets.mac(Buffer.from(text), 'identity.environment-key')
}

function lookupOf(mac: Uint8Array): Uint8Array {
  return digestOf('api-key-prefix', `env-${Buffer.from(mac).toString('hex')}`)
}

/**
 * At the start of every process: the key of its environment is an admin key of the organization, and every other one that
 * came from an environment is revoked. Null: there is none. All processes of a deployment need the same.
 */
export async function ensureEnvironmentKey(deps: Deps, organizationId: string, text: string | null): Promise<void> {
  const mac = text === null ? null : macOf(deps, text)
  const scopes = scopesOfKey(scopesOfRole.admin)
  await deps.store.transaction('deployment', async (outer) => {
    await lockFirstStart(outer)
    await outer.within({ organizationId }, async (tx) => {
      const isCurrent = (key: ApiKeyRow) =>
        mac !== null && timingSafeEqual(key.secretDigest, mac) && key.scopes.join(' ') === scopes.join(' ')
      const known = await environmentKeys(tx)
      for (const { apiKeyId } of known.filter((key) => !isCurrent(key))) {
        await revokeApiKeyRow(tx, apiKeyId, deps.clock.now())
        const subject = `api_key/${apiKeyId}`
        await append(deps, tx, [{ type: 'identity.api_key.revoked', subject, actor, payload: { apiKeyId } }])
      }
      if (mac !== null && !known.some(isCurrent)) {
        const key = draftKey(deps, mac, scopes)
        await insertApiKey(tx, key)
        const { apiKeyId, name, prefix } = key
        const payload = { apiKeyId, name, prefix, scopes: [...scopes] }
        const subject = `api_key/${apiKeyId}`
        await append(deps, tx, [{ type: 'identity.api_key.created', subject, actor, payload }])
      }
      credentialsChanged(deps, tx)
    })
    if (mac !== null) await addToDirectory(outer, lookupOf(mac), organizationId)
  })
}

function draftKey(deps: Deps, mac: Uint8Array, scopes: ApiKeyRow['scopes']): ApiKeyRow {
  return {
    apiKeyId: deps.ids.uuid(),
    name: keyName,
    prefix: `env-${Buffer.from(deps.random.bytes(4)).toString('hex')}`,
    secretDigest: mac,
    scopes,
    responsibleUserId: null,
    createdAt: deps.clock.now(),
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
  }
}

/** Who presents a key of the environment; null when it is none, and a key of nobody. */
export async function callerOfEnvironmentKey(deps: Deps, text: string): Promise<Result<Caller> | null> {
  const mac = macOf(deps, text)
  const found = await deps.store.transaction('deployment', async (outer) => {
    for (const organizationId of await organizationsOf(outer, lookupOf(mac))) {
      const keys = await outer.within({ organizationId }, environmentKeys)
      const key = keys.find(({ secretDigest }) => timingSafeEqual(secretDigest, mac))
      if (key !== undefined) return { organizationId, key }
    }
    return null
  })
  if (found === null) return null
  const judged = judgeApiKey(found.key, deps.clock.now())
  return judged.ok ? ok(callerOfKey(found.organizationId, found.key)) : judged
}
