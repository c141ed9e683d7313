import type { Action } from '@metaagent/contract'
import type { TraceNode } from './trace-tree.ts'
import { visibleRows } from './trace-tree.ts'

/**
 * The ids of the steps that hold every word of a text, in the order of the tree, closed branches included. Looked at
 * are name, kind, status, model, provider, agent, error and the id itself, in any case.
 */
export function findSteps(roots: readonly TraceNode[], text: string): readonly string[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return []
  return visibleRows(roots, new Set()).flatMap(({ node: { action } }) => {
    const searched = textOf(action)
    return words.every((word) => searched.includes(word)) ? [action.actionId] : []
  })
}

function textOf(action: Action): string {
  const { name, kind, status, model, provider, agent, errorType, errorMessage, actionId } = action
  return [name, kind, status, model, provider, agent, errorType, errorMessage, actionId].join('\n').toLowerCase()
}

/** The match after the chosen step, or before it; round at the ends. Null where nothing matches. */
export function nextMatch(matches: readonly string[], chosen: string | null, by: 1 | -1): string | null {
  const at = chosen === null ? -1 : matches.indexOf(chosen)
  if (at < 0) return matches.at(by === 1 ? 0 : -1) ?? null
  return matches[(at + by + matches.length) % matches.length] ?? null
}
