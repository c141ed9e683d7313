import type { DependencyGraph, DependencyNode } from '@metaagent/contract'

/** The one key of a node, in the graph and in the list. */
export const keyOf = ({ kind, target }: Pick<DependencyNode, 'kind' | 'target'>): string => `${kind}|${target}`

/** Where a node stands: callers to the left of what they call, things that are no agents in the last columns. */
export interface Placed {
  readonly node: DependencyNode
  readonly x: number
  readonly y: number
}

const columnWidth = 260
const rowHeight = 74
const rowsMax = 12

/**
 * Places nodes in columns: an agent one column behind its farthest caller (loops are cut where they close), tools behind
 * the last agent, models behind them, providers last; a long column is set in several. Within a column by name, so that the same graph looks the same.
 */
export function placeNodes({ nodes, edges }: Pick<DependencyGraph, 'nodes' | 'edges'>): readonly Placed[] {
  const callers = Map.groupBy(
    edges.filter(({ kind }) => kind === 'agent'),
    ({ target }) => target,
  )
  const depths = new Map<string, number>()
  const depthOf = (agentId: string, open: ReadonlySet<string>): number => {
    const known = depths.get(agentId)
    if (known !== undefined) return known
    const above = (callers.get(agentId) ?? []).filter((edge) => !open.has(edge.agentId))
    const depth = above.reduce(
      (most, edge) => Math.max(most, 1 + depthOf(edge.agentId, new Set([...open, agentId]))),
      0,
    )
    if (open.size === 0) depths.set(agentId, depth)
    return depth
  }
  const agents = nodes.filter(({ kind }) => kind === 'agent')
  const last = agents.reduce((most, { target }) => Math.max(most, depthOf(target, new Set())), 0)
  const columnOf = ({ kind, target }: DependencyNode) =>
    kind === 'agent' ? depthOf(target, new Set()) : last + { tool: 1, model: 2, provider: 3 }[kind]
  const columns = [...Map.groupBy(nodes, columnOf)]
    .sort(([a], [b]) => a - b)
    .flatMap(([, inColumn]) => inRows(inColumn.toSorted((a, b) => a.name.localeCompare(b.name, 'en'))))
  const tallest = columns.reduce((most, column) => Math.max(most, column.length), 0)
  return columns.flatMap((inColumn, column) => {
    const top = ((tallest - inColumn.length) * rowHeight) / 2
    return inColumn.map((node, row) => ({ node, x: column * columnWidth, y: top + row * rowHeight }))
  })
}

/** A column of dozens would make everything else too small to read: it is set in several of even height. */
function inRows(nodes: readonly DependencyNode[]): readonly (readonly DependencyNode[])[] {
  const parts = Math.ceil(nodes.length / rowsMax)
  const height = Math.ceil(nodes.length / parts)
  return Array.from({ length: parts }, (_, part) => nodes.slice(part * height, (part + 1) * height))
}
