import type { CryptoKey, RemoteJWKSet } from 'jose'
import type { Deps } from '../../../../ports/slice.ts'
import type { Store, Tx } from '../../../../ports/store.ts'
import { CredentialCache } from './credential-cache.ts'
import { UseRecorder } from './use-recorder.ts'

/** The channel on which processes tell each other that credentials of an organization changed; the payload is its id. */
const credentialHints = 'metaagent_credentials'

/** What this process remembers of a store's credentials. Nothing of it is needed again after a restart. */
export interface ProcessState {
  readonly cache: CredentialCache
  readonly uses: UseRecorder
  readonly verifyingKeys: VerifyingKeys
  /** Key sets of trusted issuers by registration. */
  readonly remoteKeySets: Map<string, RemoteJWKSet>
}

export interface VerifyingKeys {
  byKid: ReadonlyMap<string, CryptoKey>
  /** Monotonic time of the last look into the table. */
  readAtMs: number
}

const states = new WeakMap<Store, ProcessState>()

export function processState(deps: Deps): ProcessState {
  const known = states.get(deps.store)
  if (known !== undefined) return known
  const made: ProcessState = {
    cache: new CredentialCache(),
    uses: new UseRecorder(deps),
    verifyingKeys: { byKid: new Map(), readAtMs: Number.NEGATIVE_INFINITY },
    remoteKeySets: new Map(),
  }
  states.set(deps.store, made)
  deps.store
    .listen(credentialHints, (organizationId) => made.cache.forget(organizationId))
    .catch((error: unknown) => {
      // Without hints a revocation elsewhere counts when the cache entry has aged, which is what is promised.
      deps.log.warn({ error: String(error) }, 'no hints about revoked credentials from other processes')
    })
  return made
}

/** After this transaction: no process goes on taking the organization's credentials for what they were. */
export function credentialsChanged(deps: Deps, tx: Tx): void {
  const { organizationId } = tx
  tx.afterCommit(() => {
    processState(deps).cache.forget(organizationId)
    deps.store.notify(credentialHints, organizationId)
  })
}
