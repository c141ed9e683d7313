import type {
  Agent,
  AgentPatch,
  AgentQuery,
  Because,
  EnvironmentList,
  EventActor,
  Release,
  ReleaseList,
} from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { patchProfile } from '../model.ts'
import * as store from '../store/reading.ts'

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

/** Names of the environments in which agents worked, sorted. */
export async function environmentNames(_deps: Deps, tx: Tx): Promise<readonly string[]> {
  return (await store.selectEnvironments(tx)).map(({ name }) => name).sort()
}

/** Releases of one agent, the one that worked last first. */
export async function releasesOf(_deps: Deps, tx: Tx, agentId: string): Promise<readonly Release[]> {
  return store.selectReleases(tx, agentId)
}

/** Ids of the releases of one name, of all agents. */
export async function releaseIdsByName(_deps: Deps, tx: Tx, name: string): Promise<readonly string[]> {
  return store.selectReleaseIdsByName(tx, name)
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
  // No name holds U+0000, and the database would refuse the question.
  if (filters.q?.includes('\0') === true || after?.includes('\0') === true) return ok({ items: [], nextCursor: null })
  const filter = { q: filters.q ?? null, domain: filters.domain ?? null, archived: filters.archived ?? null }
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
    if (patch.paused !== undefined) {
      const text = patch.paused ? 'Somebody paused it by hand.' : 'Somebody let it go on by hand.'
      const because = { rule: 'by-hand', observed: null, limit: null, text }
      await setPaused(deps, tx, { agentId, paused: patch.paused, because, actor: actorOf(caller) })
    }
    const agent = await store.selectAgent(tx, agentId)
    assertInvariant(agent !== null, 'an agent that is locked is there')
    return ok(agent)
  })
}

/**
 * Asks an agent not to run, or to go on. Recorded, told and shown: it stops nothing by itself. False when it stood like
 * this already or is not there.
 */
export async function setPaused(
  deps: Deps,
  tx: Tx,
  asked: {
    readonly agentId: string
    readonly paused: boolean
    readonly because: Because
    readonly actor: EventActor
    readonly correlationId?: string
  },
): Promise<boolean> {
  const { agentId, paused, because, actor, correlationId } = asked
  const pause = paused ? { at: deps.clock.now(), because: because.text } : null
  if (!(await store.savePause(tx, agentId, pause))) return false
  const type = paused ? 'registry.agent.paused' : 'registry.agent.resumed'
  const story = correlationId === undefined ? {} : { correlationId }
  await append(deps, tx, [{ type, subject: `agent/${agentId}`, actor, ...story, payload: { agentId, because } }])
  return true
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
