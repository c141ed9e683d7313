import type { Deps } from '../../../../ports/slice.ts'
import type { Store, Tx } from '../../../../ports/store.ts'
import type { RecordedAgent, RecordedEnvironment, RecordedRelease } from '../model.ts'
import { selectNames } from '../store/reading.ts'

/** What a process knows of one organization's registry; only what has been committed. */
export interface KnownNames {
  readonly agents: Map<string, RecordedAgent>
  readonly environments: Map<string, RecordedEnvironment>
  readonly releases: Map<string, RecordedRelease>
  /** Names of agents and releases by id; a name never changes. */
  readonly nameById: Map<string, string>
}

// Keyed by the store, so that two stores in one process (tests, migrations between databases) never share.
const knownByStore = new WeakMap<Store, Map<string, KnownNames>>()
const mostKnownNames = 50_000

/** What this process knows of an organization; it may forget everything when that becomes too much. */
export function knownNames(deps: Deps, organizationId: string): KnownNames {
  let byOrganization = knownByStore.get(deps.store)
  if (byOrganization === undefined) {
    byOrganization = new Map()
    knownByStore.set(deps.store, byOrganization)
  }
  let known = byOrganization.get(organizationId)
  if (known === undefined || known.agents.size + known.releases.size + known.nameById.size > mostKnownNames) {
    known = { agents: new Map(), environments: new Map(), releases: new Map(), nameById: new Map() }
    byOrganization.set(organizationId, known)
  }
  return known
}

/** Names of agents and releases by id; ids that are not there are left out. What the process knows costs no statement. */
export async function namesOf(
  deps: Deps,
  tx: Tx,
  ids: { readonly agentIds: Iterable<string>; readonly releaseIds: Iterable<string> },
): Promise<ReadonlyMap<string, string>> {
  const { nameById } = knownNames(deps, tx.organizationId)
  const unknown = (of: Iterable<string>) => [...new Set(of)].filter((id) => !nameById.has(id))
  const agentIds = unknown(ids.agentIds)
  const releaseIds = unknown(ids.releaseIds)
  if (agentIds.length + releaseIds.length > 0)
    // Rows of a transaction that may still roll back are not remembered under a new meaning: ids are never used again.
    for (const [id, name] of await selectNames(tx, agentIds, releaseIds)) nameById.set(id, name)
  return nameById
}
