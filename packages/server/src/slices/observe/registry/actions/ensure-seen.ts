import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append, type NewEvent } from '../../../govern/journal/index.ts'
import {
  foldSightings,
  type RecordedAgent,
  type RecordedEnvironment,
  type RecordedRelease,
  releaseKey,
  type SeenAgent,
  type SeenEnvironment,
  type SeenNames,
  type SeenRelease,
  type Sighting,
  widenedAgent,
  widenedEnvironment,
  widenedRelease,
} from '../model.ts'
import * as store from '../store/recording.ts'
import { type KnownNames, knownNames } from './known-names.ts'

/** The ids behind the names of some sightings. Both throw for a name that was not among them. */
export interface SeenIds {
  agentId(agent: string): string
  /** Null for no release. */
  releaseId(agent: string, release: string | null): string | null
}

const actor = { kind: 'system', id: 'registry' } as const

/**
 * Registers agents, environments and releases on first sight, in the caller's transaction, with a `registry.*` event
 * for each new one. Safe with concurrent writers: one of them inserts, the others find. What the process knows already
 * costs no statement; `lastSeenAt` is written again when it is a minute behind. Names must be texts that the database
 * can hold (no U+0000, well-formed).
 */
export async function ensureSeen(deps: Deps, tx: Tx, sightings: readonly Sighting[]): Promise<SeenIds> {
  const known = knownNames(deps, tx.organizationId)
  const seen = foldSightings(sightings)
  const events: NewEvent[] = []
  // Always in this order, and each kind by name, so that writers wait for each other and never deadlock.
  const agents = await ensureAgents(deps, tx, known, seen, events)
  await ensureEnvironments(tx, known, seen, events)
  const releases = await ensureReleases(deps, tx, known, seen, agents, events)
  if (events.length > 0) await append(deps, tx, events)
  return {
    agentId: (agent) => sighted(agents.get(agent)).agentId,
    releaseId: (agent, release) =>
      release === null ? null : sighted(releases.get(releaseKey(agent, release))).releaseId,
  }
}

function sighted<Recorded>(found: Recorded | undefined): Recorded {
  assertInvariant(found !== undefined, 'what is asked for was among the sightings')
  return found
}

function recordedOf<Recorded>(found: Recorded | undefined): Recorded {
  assertInvariant(found !== undefined, 'what could not be inserted is there')
  return found
}

async function ensureAgents(
  deps: Deps,
  tx: Tx,
  known: KnownNames,
  seen: SeenNames,
  events: NewEvent[],
): Promise<ReadonlyMap<string, RecordedAgent>> {
  const found = new Map<string, RecordedAgent>()
  const unknown: SeenAgent[] = []
  for (const agent of seen.agents) {
    const recorded = known.agents.get(agent.name)
    if (recorded === undefined) unknown.push(agent)
    else found.set(agent.name, recorded)
  }
  if (unknown.length > 0) await registerAgents(deps, tx, unknown, found, events)
  const stale = seen.agents.flatMap((agent) => widenedAgent(recordedOf(found.get(agent.name)), agent) ?? [])
  if (stale.length > 0) await store.widenAgents(tx, stale)
  for (const agent of stale) found.set(agent.name, agent)
  if (unknown.length > 0 || stale.length > 0)
    tx.afterCommit(() => {
      for (const [name, agent] of found) known.agents.set(name, agent)
    })
  return found
}

async function registerAgents(
  deps: Deps,
  tx: Tx,
  unknown: readonly SeenAgent[],
  found: Map<string, RecordedAgent>,
  events: NewEvent[],
): Promise<void> {
  const drafts = unknown.map((agent) => ({ ...agent, agentId: deps.ids.uuid() }))
  const inserted = new Set(await store.insertAgents(tx, drafts))
  for (const draft of drafts) {
    if (!inserted.has(draft.agentId)) continue
    found.set(draft.name, draft)
    const { agentId, name, domain } = draft
    events.push({
      type: 'registry.agent.registered',
      subject: `agent/${agentId}`,
      actor,
      payload: { agentId, name, domain },
    })
  }
  const others = drafts.filter((draft) => !inserted.has(draft.agentId)).map((draft) => draft.name)
  if (others.length > 0) for (const agent of await store.agentsByName(tx, others)) found.set(agent.name, agent)
}

async function ensureEnvironments(tx: Tx, known: KnownNames, seen: SeenNames, events: NewEvent[]): Promise<void> {
  const found = new Map<string, RecordedEnvironment>()
  const unknown: SeenEnvironment[] = []
  for (const environment of seen.environments) {
    const recorded = known.environments.get(environment.name)
    if (recorded === undefined) unknown.push(environment)
    else found.set(environment.name, recorded)
  }
  if (unknown.length > 0) await registerEnvironments(tx, unknown, found, events)
  const stale = seen.environments.flatMap((one) => widenedEnvironment(recordedOf(found.get(one.name)), one) ?? [])
  if (stale.length > 0) await store.widenEnvironments(tx, stale)
  for (const environment of stale) found.set(environment.name, environment)
  if (unknown.length > 0 || stale.length > 0)
    tx.afterCommit(() => {
      for (const [name, environment] of found) known.environments.set(name, environment)
    })
}

async function registerEnvironments(
  tx: Tx,
  unknown: readonly SeenEnvironment[],
  found: Map<string, RecordedEnvironment>,
  events: NewEvent[],
): Promise<void> {
  const inserted = new Set(await store.insertEnvironments(tx, unknown))
  for (const environment of unknown) {
    const { name } = environment
    if (!inserted.has(name)) continue
    found.set(name, environment)
    events.push({ type: 'registry.environment.registered', subject: `environment/${name}`, actor, payload: { name } })
  }
  const others = unknown.filter(({ name }) => !inserted.has(name)).map(({ name }) => name)
  if (others.length > 0) for (const one of await store.environmentsByName(tx, others)) found.set(one.name, one)
}

async function ensureReleases(
  deps: Deps,
  tx: Tx,
  known: KnownNames,
  seen: SeenNames,
  agents: ReadonlyMap<string, RecordedAgent>,
  events: NewEvent[],
): Promise<ReadonlyMap<string, RecordedRelease>> {
  const found = new Map<string, RecordedRelease>()
  const unknown: SeenRelease[] = []
  for (const release of seen.releases) {
    const key = releaseKey(release.agent, release.name)
    const recorded = known.releases.get(key)
    if (recorded === undefined) unknown.push(release)
    else found.set(key, recorded)
  }
  if (unknown.length > 0) await registerReleases(deps, tx, unknown, agents, found, events)
  const stale = seen.releases.flatMap((release) => {
    const key = releaseKey(release.agent, release.name)
    const widened = widenedRelease(recordedOf(found.get(key)), release)
    return widened === null ? [] : [{ key, widened }]
  })
  if (stale.length > 0)
    await store.widenReleases(
      tx,
      stale.map(({ widened }) => widened),
      [...found.values()].map(({ releaseId }) => releaseId),
    )
  for (const { key, widened } of stale) found.set(key, widened)
  if (unknown.length > 0 || stale.length > 0)
    tx.afterCommit(() => {
      for (const [key, release] of found) known.releases.set(key, release)
    })
  return found
}

async function registerReleases(
  deps: Deps,
  tx: Tx,
  unknown: readonly SeenRelease[],
  agents: ReadonlyMap<string, RecordedAgent>,
  found: Map<string, RecordedRelease>,
  events: NewEvent[],
): Promise<void> {
  const drafts = unknown.map((release) => ({
    ...release,
    releaseId: deps.ids.uuid(),
    agentId: recordedOf(agents.get(release.agent)).agentId,
  }))
  const inserted = new Set(await store.insertReleases(tx, drafts))
  for (const draft of drafts) {
    if (!inserted.has(draft.releaseId)) continue
    found.set(releaseKey(draft.agent, draft.name), draft)
    const { agentId, releaseId, name } = draft
    events.push({
      type: 'registry.release.registered',
      subject: `release/${releaseId}`,
      actor,
      payload: { agentId, releaseId, name },
    })
  }
  const others = drafts.filter((draft) => !inserted.has(draft.releaseId))
  if (others.length === 0) return
  const agentNames = new Map(others.map((other) => [other.agentId, other.agent]))
  const rows = await store.releasesOfAgents(tx, [...agentNames.keys()], [...new Set(others.map((other) => other.name))])
  for (const row of rows) found.set(releaseKey(agentNames.get(row.agentId) ?? '', row.name), row)
}

/** Adds to the number of executions of releases, in the caller's transaction; negative when one moves away. */
export async function countExecutions(_deps: Deps, tx: Tx, countByRelease: ReadonlyMap<string, number>): Promise<void> {
  if (countByRelease.size > 0) store.addExecutionCounts(tx, countByRelease)
}
