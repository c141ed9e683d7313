import type { Action } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { actionsOf, executionOf } from '../../testing/executions.ts'
import { hexId, iso } from '../../testing/random.ts'
import { nextFailure, treeMove } from './trace-keys.ts'
import { ancestorsOf, buildTree, parentsOf, type TraceNode, visibleRows } from './trace-tree.ts'

const start = Date.UTC(2026, 10, 21, 9)
const [template] = actionsOf(executionOf(0, start))

function action(number: number, parent: number | null, facts: Partial<Action> = {}): Action {
  if (template === undefined) throw new Error('the fixture lost its actions')
  return {
    ...template,
    actionId: hexId(number, 16),
    parentActionId: parent === null ? null : hexId(parent, 16),
    startedAt: iso(start + number * 1000),
    endedAt: iso(start + number * 1000 + 500),
    name: `step-${number}`,
    status: 'success',
    ...facts,
  }
}

/** The drawn tree as text: two spaces for each depth. */
const drawn = (actions: readonly Action[], closed: ReadonlySet<string> = new Set()) =>
  visibleRows(buildTree(actions), closed).map(
    ({ node, depth }) => `${'  '.repeat(depth)}${node.action.name}${node.orphan ? ' (orphan)' : ''}`,
  )

describe('the tree of a trace', () => {
  test('orders siblings by their start, whatever order they came in', () => {
    const actions = [action(4, 1), action(2, 1), action(1, null), action(3, null), action(5, 2)]
    expect(drawn(actions)).toEqual(['step-1', '  step-2', '    step-5', '  step-4', 'step-3'])
  })

  test('steps that start together are ordered by id, so that a reload shows the same', () => {
    const same = { startedAt: iso(start) }
    expect(drawn([action(3, null, same), action(2, null, same)])).toEqual(['step-2', 'step-3'])
  })

  test('a step whose parent never came stands at the top, marked', () => {
    expect(drawn([action(2, 99), action(1, null), action(3, 2)])).toEqual(['step-1', 'step-2 (orphan)', '  step-3'])
  })

  test('a circle of parents is cut at its earliest step and loses nothing', () => {
    expect(drawn([action(1, 3), action(2, 1), action(3, 2), action(4, 3)])).toEqual([
      'step-1 (orphan)',
      '  step-2',
      '    step-3',
      '      step-4',
    ])
    expect(drawn([action(1, 1)])).toEqual(['step-1 (orphan)'])
  })

  test('a step that was sent twice is shown once', () => {
    expect(drawn([action(1, null), action(1, null)])).toEqual(['step-1'])
  })

  test('every step stands in the tree exactly once, whatever the parents say', () => {
    const parents = fc.array(fc.option(fc.nat(30)), { maxLength: 30 })
    fc.assert(
      fc.property(parents, (list) => {
        const actions = list.map((parent, number) => action(number, parent))
        const names = visibleRows(buildTree(actions), new Set()).map(({ node }) => node.action.name)
        return names.length === actions.length && new Set(names).size === actions.length
      }),
    )
  })

  test('3,000 steps, one inside the other, end neither the page nor the stack', () => {
    const deep = Array.from({ length: 3000 }, (_, number) => action(number, number === 0 ? null : number - 1))
    const rows = visibleRows(buildTree(deep.toReversed()), new Set())
    expect(rows).toHaveLength(3000)
    expect(rows.at(-1)?.depth).toBe(2999)
    expect(rows[0]?.node.descendants).toBe(2999)
  })

  test('a closed step hides what is below it, counts it, and shows that something failed there', () => {
    const actions = [action(1, null), action(2, 1), action(3, 2, { status: 'failure' }), action(4, null)]
    expect(drawn(actions, new Set([hexId(1, 16)]))).toEqual(['step-1', 'step-4'])
    const [root] = buildTree(actions)
    expect(root).toMatchObject({ descendants: 2, failureBelow: true })
    expect(parentsOf(buildTree(actions))).toEqual([hexId(1, 16), hexId(2, 16)])
  })

  test('the way up from a step is found, also where it runs in a circle', () => {
    const actions = [action(1, null), action(2, 1), action(3, 2), action(4, 5), action(5, 4)]
    expect(ancestorsOf(actions, hexId(3, 16))).toEqual([hexId(2, 16), hexId(1, 16)])
    expect(ancestorsOf(actions, hexId(4, 16))).toEqual([hexId(5, 16), hexId(4, 16)])
    expect(ancestorsOf(actions, hexId(1, 16))).toEqual([])
  })
})

describe('keys in the tree', () => {
  const actions = [action(1, null), action(2, 1), action(3, 2), action(4, null, { status: 'failure' })]
  const roots: readonly TraceNode[] = buildTree(actions)
  const rows = visibleRows(roots, new Set())
  const choose = (index: number) => ({ kind: 'choose', index })

  test.each([
    ['ArrowDown', 0, choose(1)],
    ['j', -1, choose(0)],
    ['ArrowUp', 0, choose(-1)],
    ['k', -1, choose(-1)],
    ['ArrowDown', 3, choose(3)],
    ['PageDown', 0, choose(3)],
    ['PageUp', 3, choose(-1)],
    ['Home', 2, choose(-1)],
    ['End', 0, choose(3)],
    ['ArrowRight', 0, choose(1)],
    ['ArrowRight', 3, null],
    ['ArrowRight', -1, null],
    ['ArrowLeft', 0, { kind: 'close', actionId: hexId(1, 16) }],
    ['ArrowLeft', 2, choose(1)],
    ['ArrowLeft', 3, choose(-1)],
    ['ArrowLeft', -1, null],
    ['q', 0, null],
  ])('%s at line %i', (key, at, move) => {
    expect(treeMove(key, rows, at)).toEqual(move)
  })

  test('the right arrow opens a closed step', () => {
    const closed = visibleRows(roots, new Set([hexId(1, 16)]))
    expect(treeMove('ArrowRight', closed, 0)).toEqual({ kind: 'open', actionId: hexId(1, 16) })
  })

  test('the next failure is found behind the line, then from the top', () => {
    expect(nextFailure(rows, -1)).toBe(3)
    expect(nextFailure(rows, 3)).toBe(3)
    expect(nextFailure(rows.slice(0, 3), 0)).toBeNull()
    expect(nextFailure([], -1)).toBeNull()
  })
})
