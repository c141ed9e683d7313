/** Something that depends on something. */
export interface GraphNode {
  readonly kind: 'artifact' | 'task' | 'agent'
  readonly id: string
}

export interface DependencyEdge {
  readonly from: GraphNode
  readonly to: GraphNode
}

/** Things that depend on themselves through each other. */
export interface DependencyCycle {
  /** Each depends on the next, the last on the first. */
  readonly nodes: readonly GraphNode[]
  /** Whether no cycle among these is shorter; false: the graph is too dense to tell for sure. */
  readonly isShortest: boolean
  /** How many depend on each other in all, by this cycle or others (strongly connected component). */
  readonly members: number
}

/** So many edges are looked at for the shortest cycle of one component: about a second. */
const edgesLookedAtMax = 5_000_000

/**
 * One cycle for each strongly connected component of a graph of dependencies, the shortest (Tarjan 1972 for the components;
 * then breadth first from one node after the other, each of which leaves the graph with everything that its leaving takes
 * out of all cycles). Iterative: 100,000 nodes in a row do not exhaust the stack.
 */
export function findCycles(edges: readonly DependencyEdge[]): readonly DependencyCycle[] {
  const { nodes, next } = numbered(edges)
  return components(next).flatMap((members): DependencyCycle[] => {
    const [only] = members
    if (only === undefined || (members.length === 1 && next[only]?.has(only) !== true)) return []
    const { path, isShortest } = shortestCycle(members, next)
    return [{ nodes: path.flatMap((at) => nodes[at] ?? []), isShortest, members: members.length }]
  })
}

type Successors = readonly ReadonlySet<number>[]

function numbered(edges: readonly DependencyEdge[]): {
  readonly nodes: readonly GraphNode[]
  readonly next: Successors
} {
  const numbers = new Map<string, number>()
  const nodes: GraphNode[] = []
  const next: Set<number>[] = []
  const numberOf = (node: GraphNode) => {
    const key = `${node.kind} ${node.id}`
    const known = numbers.get(key)
    if (known !== undefined) return known
    next.push(new Set())
    numbers.set(key, nodes.push(node) - 1)
    return nodes.length - 1
  }
  for (const { from, to } of edges) {
    const at = numberOf(from)
    next[at]?.add(numberOf(to))
  }
  return { nodes, next }
}

interface Frame {
  readonly node: number
  readonly left: Iterator<number>
}

/** Strongly connected components (Tarjan), with a stack of its own instead of the language's. */
function components(next: Successors): readonly (readonly number[])[] {
  const order = new Int32Array(next.length).fill(-1)
  const low = new Int32Array(next.length)
  const isOpen = new Uint8Array(next.length)
  const open: number[] = []
  const found: number[][] = []
  let count = 0
  const enter = (node: number): Frame => {
    order[node] = low[node] = count++
    open.push(node)
    isOpen[node] = 1
    return { node, left: (next[node] ?? new Set()).values() }
  }
  const lower = (node: number, to: number) => {
    low[node] = Math.min(low[node] ?? 0, to)
  }
  for (const root of next.keys()) {
    const frames = order[root] === -1 ? [enter(root)] : []
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const { node } = frame
      const { value: to, done } = frame.left.next()
      if (done !== true) {
        if (order[to] === -1) frames.push(enter(to))
        else if (isOpen[to] === 1) lower(node, order[to] ?? 0)
        continue
      }
      frames.pop()
      const parent = frames.at(-1)
      if (parent !== undefined) lower(parent.node, low[node] ?? 0)
      if (low[node] !== order[node]) continue
      const component = open.splice(open.lastIndexOf(node))
      for (const member of component) isOpen[member] = 0
      found.push(component)
    }
  }
  return found
}

/** The shortest cycle among members of one component, exact until too many edges were looked at. */
function shortestCycle(
  members: readonly number[],
  next: Successors,
): { readonly path: readonly number[]; readonly isShortest: boolean } {
  const loop = members.find((node) => next[node]?.has(node))
  if (loop !== undefined) return { path: [loop], isShortest: true }
  const graph = new Shrinking(members, next)
  let path: readonly number[] = []
  let lookedAt = 0
  for (const start of members) {
    if (path.length === 2) break
    if (!graph.has(start)) continue
    if (path.length > 0 && lookedAt > edgesLookedAtMax) return { path, isShortest: false }
    const tried = graph.cycleThrough(start, path.length === 0 ? Number.POSITIVE_INFINITY : path.length - 1)
    lookedAt += tried.lookedAt
    path = tried.path ?? path
    graph.remove(start)
  }
  return { path, isShortest: true }
}

/** A component that loses its nodes one by one, and with each all that no longer are on any cycle. */
class Shrinking {
  readonly #next: Map<number, Set<number>>
  readonly #previous = new Map<number, Set<number>>()

  constructor(members: readonly number[], next: Successors) {
    const inside = new Set(members)
    this.#next = new Map(members.map((node) => [node, new Set([...(next[node] ?? [])].filter((to) => inside.has(to)))]))
    for (const node of members) this.#previous.set(node, new Set())
    for (const [node, those] of this.#next) for (const to of those) this.#previous.get(to)?.add(node)
  }

  has(node: number): boolean {
    return this.#next.has(node)
  }

  /** The shortest cycle through a node of at most so many nodes; null: there is none. */
  cycleThrough(
    start: number,
    nodesMax: number,
  ): { readonly path: readonly number[] | null; readonly lookedAt: number } {
    const cameFrom = new Map<number, number>()
    let lookedAt = 0
    let frontier = [start]
    for (let length = 1; length <= nodesMax && frontier.length > 0; length++) {
      const reached: number[] = []
      for (const node of frontier) {
        for (const to of this.#next.get(node) ?? []) {
          lookedAt += 1
          if (to === start) return { path: pathTo(node, cameFrom), lookedAt }
          if (cameFrom.has(to)) continue
          cameFrom.set(to, node)
          reached.push(to)
        }
      }
      frontier = reached
    }
    return { path: null, lookedAt }
  }

  remove(node: number): void {
    const leaving = [node]
    for (let gone = leaving.pop(); gone !== undefined; gone = leaving.pop()) {
      const next = this.#next.get(gone) ?? new Set()
      const previous = this.#previous.get(gone) ?? new Set()
      this.#next.delete(gone)
      this.#previous.delete(gone)
      detach(gone, next, this.#previous, leaving)
      detach(gone, previous, this.#next, leaving)
    }
  }
}

/** Takes a node out of its neighbours' sets; those that have nothing left on that side leave, too. */
function detach(
  gone: number,
  neighbours: ReadonlySet<number>,
  sets: ReadonlyMap<number, Set<number>>,
  leaving: number[],
): void {
  for (const neighbour of neighbours) {
    const left = sets.get(neighbour)
    left?.delete(gone)
    if (left?.size === 0) leaving.push(neighbour)
  }
}

function pathTo(end: number, cameFrom: ReadonlyMap<number, number>): readonly number[] {
  const path = [end]
  for (let at = cameFrom.get(end); at !== undefined; at = cameFrom.get(at)) path.push(at)
  return path.toReversed()
}
