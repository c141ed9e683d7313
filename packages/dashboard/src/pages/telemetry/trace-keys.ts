import type { TraceRow } from './trace-tree.ts'

/** What a key does in the tree: choose another line, open or close one, or nothing. */
export type TreeMove =
  | { readonly kind: 'choose'; readonly index: number }
  | { readonly kind: 'open' | 'close'; readonly actionId: string }
  /** On to what is known of the step. */
  | { readonly kind: 'detail' }

const PAGE = 20

/**
 * What a key means at a line of the tree (WAI-ARIA tree pattern; Enter opens and closes, at a leaf it goes on to the step). Line -1 is the execution itself, above all rows. Null
 * when the key means nothing here.
 */
export function treeMove(key: string, rows: readonly TraceRow[], at: number): TreeMove | null {
  const choose = (index: number): TreeMove => ({
    kind: 'choose',
    index: Math.max(-1, Math.min(rows.length - 1, index)),
  })
  const row = rows[at]
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return choose(at + 1)
    case 'ArrowUp':
    case 'k':
      return choose(at - 1)
    case 'PageDown':
      return choose(at + PAGE)
    case 'PageUp':
      return choose(at - PAGE)
    case 'Home':
      return choose(-1)
    case 'End':
      return choose(rows.length - 1)
    case 'ArrowRight':
      if (row === undefined || row.node.children.length === 0) return null
      return row.open ? choose(at + 1) : { kind: 'open', actionId: row.node.action.actionId }
    case 'ArrowLeft':
      if (row === undefined) return null
      return row.open ? { kind: 'close', actionId: row.node.action.actionId } : choose(parentRow(rows, at))
    case 'Enter':
    case ' ':
      if (row === undefined || row.node.children.length === 0) return { kind: 'detail' }
      return { kind: row.open ? 'close' : 'open', actionId: row.node.action.actionId }
    default:
      return null
  }
}

/** The next failed line after `at`, from the top again at the end; null when none failed. */
export function nextFailure(rows: readonly TraceRow[], at: number): number | null {
  for (let step = 1; step <= rows.length; step++) {
    const index = (at + step + rows.length) % rows.length
    if (rows[index]?.node.action.status === 'failure') return index
  }
  return null
}

function parentRow(rows: readonly TraceRow[], at: number): number {
  const depth = rows[at]?.depth ?? 0
  for (let index = at - 1; index >= 0; index--) if ((rows[index]?.depth ?? 0) < depth) return index
  return -1
}
