import type { DependencyKind } from '@metaagent/contract'

/** One edge with how much of the agent's traffic takes it. */
export interface WeighedEdge {
  readonly agentId: string
  readonly kind: DependencyKind
  readonly target: string
  /** 0 to 1 of the agent's runs; null when nothing was measured. */
  readonly share: number | null
}

export interface Affected {
  readonly agentId: string
  readonly distance: number
  readonly share: number | null
  readonly path: readonly string[]
}

interface Reached {
  readonly share: number
  readonly known: boolean
  readonly path: readonly string[]
}

/**
 * Who is affected when a node fails: every agent that calls it, over any number of calls. The share is the product of the
 * shares along the strongest path, an unmeasured step counting as all of the traffic and making the share unknown. Loops
 * are walked once. The most affected first, then the nearest, then by id.
 */
export function blastRadius(
  edges: readonly WeighedEdge[],
  start: { readonly kind: DependencyKind; readonly target: string },
): readonly Affected[] {
  const callers = Map.groupBy(edges, ({ kind, target }) => `${kind}|${target}`)
  const best = new Map<string, Reached>()
  const done = new Set<string>()
  // The strongest unfinished node first: shares are at most 1, so what is taken once cannot be reached stronger later.
  let next: string | undefined = `${start.kind}|${start.target}`
  let from: Reached = { share: 1, known: true, path: [] }
  while (next !== undefined) {
    done.add(next)
    for (const edge of callers.get(next) ?? []) relax(best, done, edge, from)
    const strongest = [...best].filter(([agentId]) => !done.has(`agent|${agentId}`)).sort(byStrength)[0]
    next = strongest === undefined ? undefined : `agent|${strongest[0]}`
    from = strongest === undefined ? from : strongest[1]
  }
  if (start.kind === 'agent') best.delete(start.target)
  return [...best]
    .sort(byStrength)
    .map(([agentId, { share, known, path }]) => ({ agentId, distance: path.length, share: known ? share : null, path }))
}

function relax(best: Map<string, Reached>, done: ReadonlySet<string>, edge: WeighedEdge, from: Reached): void {
  if (done.has(`agent|${edge.agentId}`)) return
  const reached = {
    share: from.share * (edge.share ?? 1),
    known: from.known && edge.share !== null,
    path: [edge.agentId, ...from.path],
  }
  const before = best.get(edge.agentId)
  if (before === undefined || byStrength([edge.agentId, reached], [edge.agentId, before]) < 0)
    best.set(edge.agentId, reached)
}

function byStrength([idA, a]: readonly [string, Reached], [idB, b]: readonly [string, Reached]): number {
  return b.share - a.share || a.path.length - b.path.length || (idA < idB ? -1 : idA > idB ? 1 : 0)
}
