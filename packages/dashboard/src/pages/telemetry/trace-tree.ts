import type { Action } from '@metaagent/contract'

/** An action at its place in the tree. */
export interface TraceNode {
  readonly action: Action
  readonly children: readonly TraceNode[]
  /** Its parent is not in the trace, or its chain of parents never ends: it is shown at the top and marked. */
  readonly orphan: boolean
  /** Actions below it, at any depth. */
  readonly descendants: number
  /** Whether one of them failed; a closed node must not hide a failure. */
  readonly failureBelow: boolean
}

/** A line of the drawn tree. */
export interface TraceRow {
  readonly node: TraceNode
  /** 0 for the top. */
  readonly depth: number
  readonly open: boolean
}

interface Draft {
  readonly action: Action
  children: Draft[]
  orphan: boolean
  descendants: number
  failureBelow: boolean
}

/**
 * The actions of an execution as a tree. Spans come in any order, may name a parent that never came, or name each other
 * in a circle; every action stands in the tree exactly once all the same. Siblings are ordered by start, then by id.
 */
export function buildTree(actions: readonly Action[]): readonly TraceNode[] {
  const drafts = new Map<string, Draft>()
  for (const action of actions) {
    if (!drafts.has(action.actionId)) {
      drafts.set(action.actionId, { action, children: [], orphan: false, descendants: 0, failureBelow: false })
    }
  }
  const looped = firstOfEachLoop(drafts)
  const roots: Draft[] = []
  for (const draft of drafts.values()) {
    const { parentActionId } = draft.action
    const parent = parentActionId === null ? undefined : drafts.get(parentActionId)
    if (parent === undefined || looped.has(draft.action.actionId)) {
      draft.orphan = parentActionId !== null
      roots.push(draft)
    } else parent.children.push(draft)
  }
  const order = inOrder(roots)
  for (const draft of order) draft.children.sort(byStart)
  for (const { children, ...rest } of order.toReversed().map((draft) => ({ draft, children: draft.children }))) {
    rest.draft.descendants = children.reduce((sum, child) => sum + 1 + child.descendants, 0)
    rest.draft.failureBelow = children.some((child) => child.failureBelow || child.action.status === 'failure')
  }
  return roots.sort(byStart)
}

/** The lines to draw: every node whose parents are all open, depth first. */
export function visibleRows(roots: readonly TraceNode[], closed: ReadonlySet<string>): readonly TraceRow[] {
  const rows: TraceRow[] = []
  // A stack instead of recursion: an agent that calls itself a thousand deep must not end the page.
  const waiting = roots.toReversed().map((node) => ({ node, depth: 0 }))
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, depth } = next
    const open = node.children.length > 0 && !closed.has(node.action.actionId)
    rows.push({ node, depth, open })
    if (open) for (const child of node.children.toReversed()) waiting.push({ node: child, depth: depth + 1 })
  }
  return rows
}

/** Ids of all nodes that have children: what “close all” closes. */
export function parentsOf(roots: readonly TraceNode[]): readonly string[] {
  return visibleRows(roots, new Set()).flatMap(({ node }) => (node.children.length > 0 ? [node.action.actionId] : []))
}

/** The ids of the nodes above an action, so that it can be brought into view; empty when it stands at the top. */
export function ancestorsOf(actions: readonly Action[], actionId: string): readonly string[] {
  const parents = new Map(actions.map((action) => [action.actionId, action.parentActionId]))
  const found: string[] = []
  for (let at = parents.get(actionId) ?? null; at !== null && !found.includes(at); at = parents.get(at) ?? null)
    found.push(at)
  return found
}

// In each circle of parents, the action that started first becomes a top node, and so the circle is cut once.
function firstOfEachLoop(drafts: ReadonlyMap<string, Draft>): ReadonlySet<string> {
  const first = new Set<string>()
  const done = new Set<string>()
  for (const start of drafts.keys()) {
    const path: string[] = []
    const onPath = new Set<string>()
    let at: string | null = start
    while (at !== null && drafts.has(at) && !done.has(at) && !onPath.has(at)) {
      path.push(at)
      onPath.add(at)
      at = drafts.get(at)?.action.parentActionId ?? null
    }
    if (at !== null && onPath.has(at)) {
      const loop = path.slice(path.indexOf(at)).flatMap((id) => drafts.get(id) ?? [])
      const earliest = loop.sort(byStart)[0]
      if (earliest !== undefined) first.add(earliest.action.actionId)
    }
    for (const id of path) done.add(id)
  }
  return first
}

function inOrder(roots: readonly Draft[]): readonly Draft[] {
  const found: Draft[] = [...roots]
  for (let at = 0; at < found.length; at++) found.push(...(found[at]?.children ?? []))
  return found
}

function byStart(a: { readonly action: Action }, b: { readonly action: Action }): number {
  return compare(a.action.startedAt, b.action.startedAt) || compare(a.action.actionId, b.action.actionId)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
