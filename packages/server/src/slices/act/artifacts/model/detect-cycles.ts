import { type DependencyEdge, findCycles, type GraphNode } from './cycles.ts'
import type { Finding } from './finding.ts'

/**
 * Why an artifact can never be finished: the shortest circle that leads from it back to it, or else circles of others that
 * it rests on.
 */
export function findCycleFindings(artifactId: string, edges: readonly DependencyEdge[]): readonly Finding[] {
  const start: GraphNode = { kind: 'artifact', id: artifactId }
  const own = shortestCircle(start, edges)
  if (own !== null) return [findingOf(artifactId, own)]
  const reached = nodesBehind(start, edges)
  return findCycles(edges.filter(({ from }) => reached.has(keyOf(from)))).map(({ nodes }) =>
    findingOf(artifactId, nodes),
  )
}

function findingOf(artifactId: string, circle: readonly GraphNode[]): Finding {
  const told = [...circle, circle[0]].map((node) => `${node?.kind} ${node?.id}`).join(' → ')
  const isIn = circle.some(({ kind, id }) => kind === 'artifact' && id === artifactId)
  const others = circle.filter(({ kind, id }) => kind === 'artifact' && id !== artifactId)
  return {
    type: 'CIRCULAR_DEPENDENCY',
    kind: isIn ? 'THROUGH_IT' : 'BELOW_IT',
    subject: circle
      .map(({ id }) => id)
      .toSorted()
      .join(' ')
      .slice(0, 1_000),
    // Nothing of it can ever be finished before the rest of it, in any mode.
    severity: 'CRITICAL',
    because: {
      rule: 'dependencies-have-an-end',
      observed: circle.length,
      limit: 0,
      text: `${isIn ? 'What it rests on rests on it again' : 'It rests on what rests on itself'}: ${told}.`,
    },
    hints: ['Take one of these dependencies back: PATCH `dependsOn` of the artifact or the task that can do without.'],
    witness: null,
    sides: [
      { artifactId, claim: isIn ? `rests on ${nodeAfter(circle, artifactId)}` : 'rests on the circle' },
      ...others.map(({ id }) => ({ artifactId: id, claim: `rests on ${nodeAfter(circle, id)}` })),
    ],
  }
}

function nodesBehind(start: GraphNode, edges: readonly DependencyEdge[]): ReadonlySet<string> {
  const from = Map.groupBy(edges, (edge) => keyOf(edge.from))
  const reached = new Set([keyOf(start)])
  for (const key of reached) for (const { to } of from.get(key) ?? []) reached.add(keyOf(to))
  return reached
}

function nodeAfter(circle: readonly GraphNode[], id: string): string {
  const at = circle.findIndex((node) => node.kind === 'artifact' && node.id === id)
  const next = circle[(at + 1) % circle.length]
  return `${next?.kind} ${next?.id}`
}

const keyOf = ({ kind, id }: GraphNode) => `${kind} ${id}`

/** Breadth first, so the first way back is a shortest one. Edges are taken in their order. */
function shortestCircle(start: GraphNode, edges: readonly DependencyEdge[]): readonly GraphNode[] | null {
  const from = Map.groupBy(edges, (edge) => keyOf(edge.from))
  const cameFrom = new Map<string, GraphNode | null>([[keyOf(start), null]])
  const queue: GraphNode[] = [start]
  for (let at = 0; at < queue.length; at++) {
    const node = queue[at] as GraphNode
    for (const { to } of from.get(keyOf(node)) ?? []) {
      if (keyOf(to) === keyOf(start)) return wayTo(node, cameFrom)
      if (cameFrom.has(keyOf(to))) continue
      cameFrom.set(keyOf(to), node)
      queue.push(to)
    }
  }
  return null
}

function wayTo(end: GraphNode, cameFrom: ReadonlyMap<string, GraphNode | null>): readonly GraphNode[] {
  const way: GraphNode[] = []
  for (let node: GraphNode | null = end; node !== null; node = cameFrom.get(keyOf(node)) ?? null) way.push(node)
  return way.toReversed()
}

/** Whether one node leads to another. */
export function leadsTo(from: GraphNode, to: GraphNode, edges: readonly DependencyEdge[]): boolean {
  return shortestCircle(from, [...edges, { from: to, to: from }])?.some((node) => keyOf(node) === keyOf(to)) ?? false
}
