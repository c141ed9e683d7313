import type {
  Agent,
  BlastRadius,
  BlastRadiusQuery,
  Dependency,
  DependencyChange,
  DependencyGraph,
  DependencyNode,
  DependencyTarget,
} from '@metaagent/contract'
import type { z } from 'zod'
import { addMs, utcDay } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { agentById, allAgents } from '../../registry/index.ts'
import { blastRadius } from '../model/blast-radius.ts'
import * as store from '../store.ts'

const dayMs = 86_400_000
const noSuchAgent = refuse('not-found', 'There is no agent with this id. GET /api/v1/agents lists them.')

interface Loaded {
  readonly agents: ReadonlyMap<string, Agent>
  readonly edges: readonly Dependency[]
  /** Runs of each agent in the window. */
  readonly runs: ReadonlyMap<string, number>
}

const edgeKey = ({ agentId, kind, target }: { agentId: string; kind: string; target: string }) =>
  `${agentId}|${kind}|${target}`

async function load(deps: Deps, tx: Tx, days: number): Promise<Loaded> {
  const agents = new Map((await allAgents(deps, tx)).map((agent) => [agent.agentId, agent]))
  const sums = await store.sumsSince(tx, utcDay(addMs(deps.clock.now(), -(days - 1) * dayMs)))
  const byEdge = new Map(sums.map((sum) => [edgeKey(sum), sum]))
  const runs = new Map(sums.filter(({ kind }) => kind === 'run').map((sum) => [sum.agentId, sum.executions]))
  const edges = (await store.selectEdges(tx)).map((edge): Dependency => {
    const { executions = 0, calls = 0, errors = 0 } = byEdge.get(edgeKey(edge)) ?? {}
    const all = runs.get(edge.agentId) ?? 0
    return {
      ...edge,
      executions,
      calls,
      errors,
      share: all === 0 || (edge.source === 'manual' && executions === 0) ? null : executions / all,
      firstSeenAt: edge.firstSeenAt?.toISOString() ?? null,
      lastSeenAt: edge.lastSeenAt?.toISOString() ?? null,
    }
  })
  return { agents, edges, runs }
}

/** Who calls what, with the traffic of the last days. */
export async function readGraph(
  deps: Deps,
  caller: Caller,
  { days, hidden }: { readonly days: number; readonly hidden: boolean },
): Promise<Result<DependencyGraph>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const { agents, edges, runs } = await load(deps, tx, days)
    const shown = edges.filter((edge) => (hidden || !edge.hidden) && agents.get(edge.agentId)?.archivedAt === null)
    return ok({ days, nodes: nodesOf(shown, agents, runs), edges: shown })
  })
}

function nodesOf(
  edges: readonly Dependency[],
  agents: ReadonlyMap<string, Agent>,
  runs: ReadonlyMap<string, number>,
): DependencyNode[] {
  const nodes = new Map<string, DependencyNode>()
  const addAgent = (agentId: string) => {
    const agent = agents.get(agentId)
    nodes.set(`agent|${agentId}`, {
      kind: 'agent',
      target: agentId,
      name: agent?.name ?? agentId,
      domain: agent?.domain ?? null,
      executions: runs.get(agentId) ?? null,
    })
  }
  for (const { agentId, kind, target, executions } of edges) {
    addAgent(agentId)
    if (kind === 'agent') addAgent(target)
    else {
      const known = nodes.get(`${kind}|${target}`)
      nodes.set(`${kind}|${target}`, {
        kind,
        target,
        name: target,
        domain: null,
        executions: (known?.executions ?? 0) + executions,
      })
    }
  }
  return [...nodes.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, node]) => node)
}

/** Who is affected when an agent, tool, model or provider fails. */
export async function readBlastRadius(
  deps: Deps,
  caller: Caller,
  { kind, target, days }: z.output<typeof BlastRadiusQuery>,
): Promise<Result<BlastRadius>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const { agents, edges, runs } = await load(deps, tx, days)
    if (kind === 'agent' && !agents.has(target)) return noSuchAgent
    const affected = blastRadius(
      edges.filter((edge) => !edge.hidden),
      { kind, target },
    )
    return ok({
      kind,
      target,
      days,
      affected: affected.map(({ agentId, distance, share, path }) => {
        const all = runs.get(agentId) ?? null
        const executions = share === null || all === null ? null : Math.round(all * share)
        return { agentId, agent: agents.get(agentId)?.name ?? agentId, distance, share, executions, path: [...path] }
      }),
    })
  })
}

/** Writes a dependency down, or hides or annotates a known one. Saying what is so already changes nothing. */
export async function changeDependency(
  deps: Deps,
  caller: Caller,
  agentId: string,
  change: z.output<typeof DependencyChange>,
): Promise<Result<Dependency>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    if ((await agentById(deps, tx, agentId)) === null) return noSuchAgent
    const { kind, target, hidden, note } = change
    if (kind === 'agent') {
      if (target === agentId) return refuse('invalid-body', 'An agent does not depend on itself. Name another target.')
      if (!isUuid(target) || (await agentById(deps, tx, target)) === null)
        return refuse('invalid-body', '`target` must be the id of a known agent. GET /api/v1/agents lists them.')
    }
    const key = { agentId, kind, target }
    const before = await store.lockEdge(tx, key)
    if (before === null || before.hidden !== hidden || before.note !== note) {
      await store.saveEdge(tx, key, { hidden, note })
      await append(deps, tx, [
        {
          type: 'registry.dependency.changed',
          subject: `agent/${agentId}`,
          actor: actorOf(caller),
          payload: { ...key, source: before?.source ?? 'manual', hidden, noted: note !== null },
        },
      ])
    }
    const after = (await load(deps, tx, 30)).edges.find((edge) => edgeKey(edge) === edgeKey(key))
    return after === undefined ? noSuchAgent : ok(after)
  })
}

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)

/** Removes a dependency that was written down. A learnt one would come again with the next run: it can be hidden. */
export async function removeDependency(
  deps: Deps,
  caller: Caller,
  agentId: string,
  { kind, target }: z.output<typeof DependencyTarget>,
): Promise<Result<null>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const key = { agentId, kind, target }
    const before = await store.lockEdge(tx, key)
    if (before === null)
      return refuse('not-found', 'This agent has no such dependency. GET /api/v1/dependencies lists them.')
    if (before.source === 'learned' || before.firstSeenAt !== null)
      return refuse('conflict', 'Traces show this dependency, so it would come back. Hide it instead.')
    await store.deleteEdge(tx, key)
    const payload = { agentId, kind, target }
    await append(deps, tx, [
      { type: 'registry.dependency.removed', subject: `agent/${agentId}`, actor: actorOf(caller), payload },
    ])
    return ok(null)
  })
}
