import type { ActionKind } from '@metaagent/contract'
import type { Attribution, RowSource } from './rows.ts'

/** What the tree of a trace needs to know of one action. */
export interface TraceNode extends Attribution {
  readonly actionId: string
  readonly parentActionId: string | null
  readonly source: RowSource
  readonly kind: ActionKind
  readonly hasUsage: boolean
  readonly ownAgent: boolean
  readonly ownRelease: boolean
  readonly ownEnvironment: boolean
}

/** Who an action is counted for, and whether its tokens count. */
export interface Settled extends Attribution {
  readonly counted: boolean
}

/**
 * Settles the actions of one execution by their relatives. The result depends on the set of actions and the execution,
 * not on the order in which they came, so settling again after more have come is all that late spans need.
 *
 * - What an action does not say of itself (agent) comes from its nearest ancestor that does, else from the execution;
 *   its environment from the execution; its release from where its agent came from.
 * - Tokens count where they were used: a parent that repeats the sum of its descendants does not count. Model calls that
 *   our SDKs report are taken at their word.
 */
export function settleTrace(execution: Attribution, nodes: readonly TraceNode[]): ReadonlyMap<string, Settled> {
  const byId = withoutCircles(nodes)
  const aboveUsage = new Set<string>()
  for (const node of byId.values()) if (node.hasUsage) markAncestors(node, byId, aboveUsage)
  const settled = new Map<string, Settled>()
  for (const node of byId.values()) {
    const counted = !dependsOnRelatives(node, node.hasUsage) || !aboveUsage.has(node.actionId)
    settled.set(node.actionId, { ...attributionOf(execution, node, byId), counted })
  }
  return settled
}

function takenAtItsWord(node: Pick<TraceNode, 'source' | 'kind'>): boolean {
  return node.source === 'sdk' && (node.kind === 'llm' || node.kind === 'embedding')
}

/** Whether the counting or attribution of an action can change when relatives of it arrive. */
export function dependsOnRelatives(node: Pick<TraceNode, 'source' | 'kind'>, hasUsage: boolean): boolean {
  return node.source !== 'sdk' || (hasUsage && !takenAtItsWord(node))
}

function markAncestors(node: TraceNode, byId: ReadonlyMap<string, TraceNode>, marked: Set<string>): void {
  for (const ancestor of ancestorsOf(node, byId)) {
    if (marked.has(ancestor.actionId)) return
    marked.add(ancestor.actionId)
  }
}

/** Parent, grandparent and so on, as far as they are there. */
function* ancestorsOf(node: TraceNode, byId: ReadonlyMap<string, TraceNode>): Generator<TraceNode> {
  let parent = node.parentActionId
  while (parent !== null) {
    const ancestor = byId.get(parent)
    if (ancestor === undefined) return
    yield ancestor
    parent = ancestor.parentActionId
  }
}

/** The nodes by id; those that claim to be each other's ancestors have no parent. */
function withoutCircles(nodes: readonly TraceNode[]): ReadonlyMap<string, TraceNode> {
  const byId = new Map(nodes.map((node) => [node.actionId, node]))
  // Walk n marks what it passes with n: meeting its own mark it has found a circle, meeting an older one it may stop.
  const passedBy = new Map<string, number>()
  nodes.forEach((start, walk) => {
    let node: TraceNode | undefined = start
    while (node !== undefined && !passedBy.has(node.actionId)) {
      passedBy.set(node.actionId, walk)
      node = node.parentActionId === null ? undefined : byId.get(node.parentActionId)
    }
    if (node !== undefined && passedBy.get(node.actionId) === walk) cutCircle(node, byId)
  })
  return byId
}

function cutCircle(from: TraceNode, byId: Map<string, TraceNode>): void {
  let node: TraceNode | undefined = from
  while (node?.parentActionId != null) {
    byId.set(node.actionId, { ...node, parentActionId: null })
    node = byId.get(node.parentActionId)
  }
}

function attributionOf(execution: Attribution, node: TraceNode, byId: ReadonlyMap<string, TraceNode>): Attribution {
  const environment = node.ownEnvironment ? node.environment : execution.environment
  if (node.ownAgent) return { agent: node.agent, environment, release: ownOr(node, execution, node.agent) }
  for (const ancestor of ancestorsOf(node, byId))
    if (ancestor.ownAgent) {
      const release = ancestor.ownRelease ? ancestor.release : ownOr(node, execution, ancestor.agent)
      return { agent: ancestor.agent, environment, release: node.ownRelease ? node.release : release }
    }
  return { agent: execution.agent, environment, release: node.ownRelease ? node.release : execution.release }
}

/** A release belongs to an agent: the execution's is only that of the execution's agent. */
function ownOr(node: TraceNode, execution: Attribution, agent: string): string | null {
  if (node.ownRelease) return node.release
  return agent === execution.agent ? execution.release : null
}
