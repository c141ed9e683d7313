import { expect, test } from 'vitest'
import { actionsOf, executionOf } from '../../testing/executions.ts'
import { treeMove } from './trace-keys.ts'
import { findSteps, nextMatch } from './trace-search.ts'
import { buildTree, visibleRows } from './trace-tree.ts'

const roots = buildTree(actionsOf(executionOf(1, Date.now())))
const named = (text: string) => {
  const byId = new Map(visibleRows(roots, new Set()).map(({ node }) => [node.action.actionId, node.action.name]))
  return findSteps(roots, text).map((id) => byId.get(id))
}

test.each([
  ['', 0],
  ['   ', 0],
  ['guardrail', 1],
  ['PII', 1],
  ['gpt-4.1 answer', 5],
  ['did not answer', 1],
  ['failure', 1],
  ['nothing of the kind', 0],
])('%j is found %d times', (text, count) => {
  expect(findSteps(roots, text)).toHaveLength(count)
})

test('steps are found in the order of the tree, also in closed branches', () => {
  expect(named('get_customer')).toHaveLength(4)
  expect(named('turn').length).toBeGreaterThan(2)
})

test('from match to match it goes round in both directions', () => {
  const matches = ['a', 'b', 'c']
  expect(nextMatch(matches, null, 1)).toBe('a')
  expect(nextMatch(matches, 'other', -1)).toBe('c')
  expect(nextMatch(matches, 'a', 1)).toBe('b')
  expect(nextMatch(matches, 'c', 1)).toBe('a')
  expect(nextMatch(matches, 'a', -1)).toBe('c')
  expect(nextMatch([], 'a', 1)).toBe(null)
})

test('Enter closes and opens a branch, and at a leaf goes on to the step', () => {
  const rows = visibleRows(roots, new Set())
  const branch = rows.findIndex(({ node }) => node.children.length > 0)
  const leaf = rows.findIndex(({ node }) => node.children.length === 0)
  const actionId = rows[branch]?.node.action.actionId ?? ''
  expect(treeMove('Enter', rows, branch)).toEqual({ kind: 'close', actionId })
  const closed = visibleRows(roots, new Set([actionId]))
  expect(treeMove(' ', closed, branch)).toEqual({ kind: 'open', actionId })
  expect(treeMove('Enter', rows, leaf)).toEqual({ kind: 'detail' })
  expect(treeMove('Enter', rows, -1)).toEqual({ kind: 'detail' })
})
