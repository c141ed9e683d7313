import type { Dependency, DependencyNode } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { placeNodes } from './layout.ts'

const node = (kind: DependencyNode['kind'], target: string): DependencyNode => ({
  kind,
  target,
  name: target,
  domain: null,
  executions: 1,
})
const edge = (agentId: string, kind: Dependency['kind'], target: string): Dependency => ({
  agentId,
  kind,
  target,
  source: 'learned',
  hidden: false,
  note: null,
  executions: 1,
  calls: 1,
  errors: 0,
  share: 1,
  firstSeenAt: null,
  lastSeenAt: null,
})

test('callers stand left of what they call, and what is no agent behind all agents', () => {
  const nodes = [node('agent', 'b'), node('agent', 'a'), node('agent', 'c'), node('tool', 't'), node('provider', 'p')]
  const placed = placeNodes({
    nodes,
    edges: [edge('a', 'agent', 'b'), edge('b', 'agent', 'c'), edge('a', 'agent', 'c'), edge('a', 'tool', 't')],
  })
  const x = (name: string) => placed.find((one) => one.node.name === name)?.x ?? Number.NaN
  expect([x('a'), x('b'), x('c'), x('t'), x('p')]).toEqual([0, 260, 520, 780, 1040])
})

test('a loop ends, and no two nodes stand on one place', () => {
  const nodes = ['a', 'b', 'c', 'd'].map((name) => node('agent', name))
  const placed = placeNodes({
    nodes,
    edges: [edge('a', 'agent', 'b'), edge('b', 'agent', 'c'), edge('c', 'agent', 'a'), edge('d', 'agent', 'a')],
  })
  expect(new Set(placed.map(({ x, y }) => `${x} ${y}`)).size).toBe(4)
})

test('dozens of tools are set in columns of even height', () => {
  const placed = placeNodes({ nodes: Array.from({ length: 30 }, (_, n) => node('tool', `tool ${n}`)), edges: [] })
  const columns = Map.groupBy(placed, ({ x }) => x)
  expect([...columns.values()].map((column) => column.length)).toEqual([10, 10, 10])
})
