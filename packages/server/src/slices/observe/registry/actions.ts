import type { Agent, AgentPatch, AgentQuery, EnvironmentList, Release, ReleaseList } from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../kernel/assert.ts'
import { decodePageCursor, encodePageCursor } from '../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../kernel/result.ts'
import type { Caller, Deps } from '../../../ports/slice.ts'
import type { Store, Tx } from '../../../ports/store.ts'
import { actorOf, append, type NewEvent } from '../../govern/journal/index.ts'
import {
  foldSightings,
  isStale,
  patchProfile,
  releaseKey,
  type SeenAgent,
  type SeenNames,
  type SeenRelease,
  type Sighting,
  type Span,
} from './model.ts'
import * as store from './store.ts'

/** The ids behind the names of some sightings. */
export interface SeenIds {
  /** Throws when the name was not among the sightings. */
  agentId(agent: string): string
  /** Null for no release. */
  releaseId(agent: string, release: string | null): string | null
}

/** What a process knows of one organization's registry; only what has been committed. */
interface KnownNames {
  readonly agents: Map<string, store.RecordedAgent>
  readonly environments: Map<string, Span>
  readonly releases: Map<string, store.RecordedRelease>
  /** Names of agents and releases by id; a name never changes. */
  readonly nameById: Map<string, string>
}

// Keyed by the store, so that two stores in one process (tests, migrations between databases) never share.
const knownByStore = new WeakMap<Store, Map<string, KnownNames>>()
const mostKnownNames = 50_000

function knownNames(deps: Deps, organizationId: string): KnownNames {
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

const actor = { kind: 'system', id: 'registry' } as const

/**
 * Registers agents, environments and releases on first sight, in the caller's transaction, with a `registry.*` event
 * for each new one. Safe with concurrent writers: one of them inserts, the others find. What the process knows already
 * costs no statement; `lastSeenAt` is written again when it is a minute behind.
 */
export async function ensureSeen(deps: Deps, tx: Tx, sightings: readonly Sighting[]): Promise<SeenIds> {
  const known = knownNames(deps, tx.organizationId)
  const seen = foldSightings(sightings)
  const events: NewEvent[] = []
  const agents = await ensureAgents(deps, tx, known, seen, events)
  await ensureEnvironments(tx, known, seen, events)
  const releases = await ensureReleases(deps, tx, known, seen, agents, events)
  if (events.length > 0) await append(deps, tx, events)
  const agentId = (agent: string) => {
    const found = agents.get(agent)
    assertInvariant(found !== undefined, 'an agent is asked for that was among the sightings')
    return found.agentId
  }
  return {
    agentId,
    releaseId: (agent, release) =>
      release === null ? null : (releases.get(releaseKey(agent, release))?.releaseId ?? null),
  }
}

async function ensureAgents(
  deps: Deps,
  tx: Tx,
  known: KnownNames,
  seen: SeenNames,
  events: NewEvent[],
): Promise<ReadonlyMap<string, store.RecordedAgent>> {
  const found = new Map<string, store.RecordedAgent>()
  const unknown: SeenAgent[] = []
  for (const agent of seen.agents) {
    const recorded = known.agents.get(agent.name)
    if (recorded === undefined) unknown.push(agent)
    else found.set(agent.name, recorded)
  }
  if (unknown.length > 0) await registerAgents(deps, tx, unknown, found, events)
  const stale = seen.agents.flatMap((agent) => {
    const recorded = found.get(agent.name)
    assertInvariant(recorded !== undefined, 'an agent that could not be inserted is found')
    return isStale(recorded, agent) ? [{ ...widest(recorded, agent), agentId: recorded.agentId, name: agent.name }] : []
  })
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
  found: Map<string, store.RecordedAgent>,
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

function widest(a: Span, b: Span): Span {
  return { firstAt: a.firstAt < b.firstAt ? a.firstAt : b.firstAt, lastAt: a.lastAt > b.lastAt ? a.lastAt : b.lastAt }
}

async function ensureEnvironments(tx: Tx, known: KnownNames, seen: SeenNames, events: NewEvent[]): Promise<void> {
  const unknown = seen.environments.filter(({ name }) => !known.environments.has(name))
  if (unknown.length === 0) return
  for (const name of await store.insertEnvironments(tx, unknown))
    events.push({ type: 'registry.environment.registered', subject: `environment/${name}`, actor, payload: { name } })
  tx.afterCommit(() => {
    for (const environment of unknown) known.environments.set(environment.name, environment)
  })
}

async function ensureReleases(
  deps: Deps,
  tx: Tx,
  known: KnownNames,
  seen: SeenNames,
  agents: ReadonlyMap<string, store.RecordedAgent>,
  events: NewEvent[],
): Promise<ReadonlyMap<string, store.RecordedRelease>> {
  const found = new Map<string, store.RecordedRelease>()
  const unknown: SeenRelease[] = []
  for (const release of seen.releases) {
    const recorded = known.releases.get(releaseKey(release.agent, release.name))
    if (recorded === undefined) unknown.push(release)
    else found.set(releaseKey(release.agent, release.name), recorded)
  }
  if (unknown.length > 0) await registerReleases(deps, tx, unknown, agents, found, events)
  const stale = seen.releases.flatMap((release) => {
    const recorded = found.get(releaseKey(release.agent, release.name))
    assertInvariant(recorded !== undefined, 'a release that could not be inserted is found')
    const models = [...new Set([...recorded.models, ...release.models])].sort()
    const grown = models.length > recorded.models.length
    return grown || isStale(recorded, release)
      ? [{ ...recorded, ...widest(recorded, release), models, agent: release.agent }]
      : []
  })
  if (stale.length > 0) await store.widenReleases(tx, stale)
  for (const release of stale) found.set(releaseKey(release.agent, release.name), release)
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
  agents: ReadonlyMap<string, store.RecordedAgent>,
  found: Map<string, store.RecordedRelease>,
  events: NewEvent[],
): Promise<void> {
  const drafts = unknown.map((release) => {
    const agentId = agents.get(release.agent)?.agentId
    assertInvariant(agentId !== undefined, 'the agent of a release is registered before it')
    return { ...release, releaseId: deps.ids.uuid(), agentId }
  })
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
  if (countByRelease.size > 0) await store.addExecutionCounts(tx, countByRelease)
}

/** The agent, or null when this organization has none of that id. */
export async function agentById(_deps: Deps, tx: Tx, agentId: string): Promise<Agent | null> {
  return store.selectAgent(tx, agentId)
}

/** Every agent of the organization, by name; archived ones too. */
export async function allAgents(_deps: Deps, tx: Tx): Promise<readonly Agent[]> {
  return store.selectAllAgents(tx)
}

/** The release of that name of one agent, or null. */
export async function releaseByName(_deps: Deps, tx: Tx, agentId: string, name: string): Promise<Release | null> {
  return store.selectReleaseByName(tx, agentId, name)
}

/** Releases of one agent, the one that worked last first. */
export async function releasesOf(_deps: Deps, tx: Tx, agentId: string): Promise<readonly Release[]> {
  return store.selectReleases(tx, agentId)
}

/** Ids of the releases of one name, of all agents. */
export async function releaseIdsByName(_deps: Deps, tx: Tx, name: string): Promise<readonly string[]> {
  return store.selectReleaseIdsByName(tx, name)
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
    for (const [id, name] of await store.selectNames(tx, agentIds, releaseIds)) nameById.set(id, name)
  return nameById
}

export interface AgentPage {
  readonly items: Agent[]
  readonly nextCursor: string | null
}

/** One page of the organization's agents, by name. */
export async function listAgents(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof AgentQuery>,
): Promise<Result<AgentPage>> {
  const { cursor, limit, ...filters } = query
  let after: string | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor('registry.agents', filters, cursor, 1)
    if (!position.ok) return position
    after = position.value[0] ?? null
  }
  const filter = { q: filters.q ?? null, domain: filters.domain ?? null }
  const found = await within(deps, caller, (tx) => store.selectAgents(tx, filter, after, limit + 1))
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const more = found.length > limit && last !== undefined
  return ok({ items, nextCursor: more ? encodePageCursor('registry.agents', filters, [last.name]) : null })
}

const noSuchAgent = refuse('not-found', 'There is no agent with this id. GET /api/v1/agents lists them.')

export async function readAgent(deps: Deps, caller: Caller, agentId: string): Promise<Result<Agent>> {
  const agent = await within(deps, caller, (tx) => store.selectAgent(tx, agentId))
  return agent === null ? noSuchAgent : ok(agent)
}

/** Changes what people say about an agent; journals which fields are different now, nothing when none is. */
export async function changeAgent(
  deps: Deps,
  caller: Caller,
  agentId: string,
  patch: z.output<typeof AgentPatch>,
): Promise<Result<Agent>> {
  return within(deps, caller, async (tx) => {
    const before = await store.lockProfile(tx, agentId)
    if (before === null) return noSuchAgent
    const { profile, changed } = patchProfile(before, patch, deps.clock.now())
    if (changed.length > 0) {
      await store.saveProfile(tx, agentId, profile)
      const payload = { agentId, changed: [...changed] }
      await append(deps, tx, [
        { type: 'registry.agent.changed', subject: `agent/${agentId}`, actor: actorOf(caller), payload },
      ])
    }
    const agent = await store.selectAgent(tx, agentId)
    assertInvariant(agent !== null, 'an agent that is locked is there')
    return ok(agent)
  })
}

export async function readEnvironments(deps: Deps, caller: Caller): Promise<Result<z.input<typeof EnvironmentList>>> {
  return ok({ items: [...(await within(deps, caller, store.selectEnvironments))] })
}

export async function readReleases(
  deps: Deps,
  caller: Caller,
  agentId: string,
): Promise<Result<z.input<typeof ReleaseList>>> {
  return within(deps, caller, async (tx) => {
    if ((await store.selectAgent(tx, agentId)) === null) return noSuchAgent
    return ok({ items: [...(await store.selectReleases(tx, agentId))] })
  })
}

function within<T>(deps: Deps, caller: Caller, work: (tx: Tx) => Promise<T>): Promise<T> {
  return deps.store.transaction({ organizationId: caller.organizationId }, work)
}
