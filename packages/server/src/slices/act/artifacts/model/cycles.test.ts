import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DependencyEdge, findCycles, type GraphNode } from './cycles.ts'

const artifact = (id: number | string): GraphNode => ({ kind: 'artifact', id: String(id) })
const edge = (from: number, to: number): DependencyEdge => ({ from: artifact(from), to: artifact(to) })
const ascending = (a: number, b: number) => a - b
const byFirst = ([a = 0]: readonly number[], [b = 0]: readonly number[]) => a - b
const idsOf = (nodes: readonly GraphNode[]) => nodes.map(({ id }) => Number(id))

test.each([
  ['nothing', [], []],
  [
    'a row',
    [
      [1, 2],
      [2, 3],
      [1, 3],
    ],
    [],
  ],
  [
    'itself',
    [
      [1, 1],
      [1, 2],
    ],
    [[1]],
  ],
  [
    'a pair',
    [
      [1, 2],
      [2, 1],
    ],
    [[1, 2]],
  ],
  [
    'a pair within a ring',
    [
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 1],
      [3, 2],
    ],
    [[2, 3]],
  ],
  [
    'two rings',
    [
      [1, 2],
      [2, 1],
      [3, 4],
      [4, 5],
      [5, 3],
      [1, 3],
    ],
    [
      [1, 2],
      [3, 4, 5],
    ],
  ],
])('the cycles of %s', (_of, edges, cycles) => {
  const found = findCycles(edges.map(([from = 0, to = 0]) => edge(from, to)))
  expect(found.map(({ nodes }) => idsOf(nodes).toSorted(ascending)).toSorted(byFirst)).toEqual(cycles)
  expect(found.every(({ isShortest }) => isShortest)).toBe(true)
})

test('artifact, task and agent with the same id are three', () => {
  const task: GraphNode = { kind: 'task', id: '1' }
  const agent: GraphNode = { kind: 'agent', id: '1' }
  expect(
    findCycles([
      { from: artifact(1), to: task },
      { from: task, to: agent },
    ]),
  ).toEqual([])
  const closed = findCycles([
    { from: artifact(1), to: task },
    { from: task, to: agent },
    { from: agent, to: artifact(1) },
  ])
  expect(closed[0]?.nodes.map(({ kind }) => kind).toSorted()).toEqual(['agent', 'artifact', 'task'])
})

test('100,000 nodes in a row do not exhaust the stack', () => {
  const row = Array.from({ length: 100_000 }, (_, at) => edge(at, at + 1))
  expect(findCycles(row)).toEqual([])
})

test('a ring of 10,000 is found whole', () => {
  const ring = Array.from({ length: 10_000 }, (_, at) => edge(at, (at + 1) % 10_000))
  const [found, ...more] = findCycles(ring)
  expect(more).toEqual([])
  expect(found).toMatchObject({ isShortest: true, members: 10_000 })
  expect(found?.nodes).toHaveLength(10_000)
})

describe('every graph', () => {
  const graphs = fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 20 })

  test('has a cycle for each set of nodes that reach each other, and none is shorter', () => {
    fc.assert(
      fc.property(graphs, (pairs) => {
        const has = new Set(pairs.map(([from, to]) => `${from} ${to}`))
        const found = findCycles(pairs.map(([from, to]) => edge(from, to)))
        for (const { nodes } of found) {
          const ids = idsOf(nodes)
          for (const [at, id] of ids.entries()) expect(has).toContain(`${id} ${ids[(at + 1) % ids.length]}`)
        }
        const lengths = found.map(({ nodes, members }) => `${nodes.length} of ${members}`)
        expect(Map.groupBy(lengths, String)).toEqual(Map.groupBy(plainly(pairs), String))
      }),
    )
  })
})

/** Length of the shortest cycle and size of each component, by all distances (Floyd and Warshall). */
function plainly(pairs: readonly (readonly [number, number])[]): readonly string[] {
  const all = [...Array(8).keys()]
  const distance = all.map(() => all.map(() => Number.POSITIVE_INFINITY))
  const at = (from: number, to: number) => distance[from]?.[to] ?? Number.POSITIVE_INFINITY
  const set = (from: number, to: number, value: number) => distance[from]?.splice(to, 1, value)
  for (const [from, to] of pairs) set(from, to, 1)
  for (const over of all)
    for (const from of all) for (const to of all) set(from, to, Math.min(at(from, to), at(from, over) + at(over, to)))
  const components = Map.groupBy(
    all.filter((node) => at(node, node) < Number.POSITIVE_INFINITY),
    (node) => all.find((other) => at(node, other) + at(other, node) < Number.POSITIVE_INFINITY),
  )
  return [...components.values()].map(
    (nodes) => `${Math.min(...nodes.map((node) => at(node, node)))} of ${nodes.length}`,
  )
}
