import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dependsOnRelatives, settleTrace, type TraceNode } from './trace-tree.ts'

const execution = { agent: 'root-agent', environment: 'production', release: 'r1' }

function node(actionId: string, parentActionId: string | null, change: Partial<TraceNode> = {}): TraceNode {
  return {
    actionId,
    parentActionId,
    source: 'otlp',
    kind: 'other',
    hasUsage: false,
    agent: 'service',
    environment: 'service-env',
    release: null,
    ownAgent: false,
    ownRelease: false,
    ownEnvironment: false,
    ...change,
  }
}

test('T8: a parent that repeats the tokens of its descendants does not count, at any distance', () => {
  const settled = settleTrace(execution, [
    node('root', null, { kind: 'agent', hasUsage: true }),
    node('step', 'root', { hasUsage: true }),
    node('wrapper', 'step', { kind: 'llm', hasUsage: true }),
    node('call', 'wrapper', { kind: 'llm', hasUsage: true }),
    node('tool', 'root', { kind: 'tool' }),
    node('lonely', 'root', { kind: 'agent', hasUsage: true }),
  ])
  expect([...settled].filter(([, { counted }]) => counted).map(([id]) => id)).toEqual(['call', 'tool', 'lonely'])
})

test('T8: a model call that our SDK reports counts, whatever stands below it', () => {
  const settled = settleTrace(execution, [
    node('outer', null, { source: 'sdk', kind: 'llm', hasUsage: true }),
    node('inner', 'outer', { source: 'sdk', kind: 'llm', hasUsage: true }),
  ])
  expect(settled.get('outer')?.counted).toBe(true)
  expect(dependsOnRelatives({ source: 'sdk', kind: 'llm' }, true)).toBe(false)
  expect(dependsOnRelatives({ source: 'sdk', kind: 'agent' }, true)).toBe(true)
  expect(dependsOnRelatives({ source: 'otlp', kind: 'tool' }, false)).toBe(true)
})

test('T8: what an action does not say of itself comes from its nearest relative that does', () => {
  const settled = settleTrace(execution, [
    node('root', null),
    node('sub', 'root', { ownAgent: true, agent: 'researcher', ownRelease: true, release: 'r7' }),
    node('call', 'sub'),
    node('deeper', 'call', { ownRelease: true, release: 'r8', ownEnvironment: true, environment: 'lab' }),
    node('same', 'root', { ownAgent: true, agent: 'root-agent' }),
    node('other', 'root', { ownAgent: true, agent: 'writer' }),
    node('orphan', 'missing'),
  ])
  const of = (id: string) => {
    const { agent, environment, release } = settled.get(id) ?? {}
    return [agent, environment, release]
  }
  expect(of('root')).toEqual(['root-agent', 'production', 'r1'])
  expect(of('call')).toEqual(['researcher', 'production', 'r7'])
  expect(of('deeper')).toEqual(['researcher', 'lab', 'r8'])
  expect(of('same')).toEqual(['root-agent', 'production', 'r1'])
  expect(of('other')).toEqual(['writer', 'production', null])
  expect(of('orphan')).toEqual(['root-agent', 'production', 'r1'])
})

test('T8: spans that claim to be each other’s parents are settled too', () => {
  const settled = settleTrace(execution, [
    node('a', 'b', { hasUsage: true }),
    node('b', 'a', { hasUsage: true }),
    node('c', 'c', { hasUsage: true }),
  ])
  expect(settled.size).toBe(3)
  expect(settled.get('c')?.counted).toBe(true)
})

const nodes = fc
  .array(
    fc.record({
      parent: fc.nat({ max: 12 }),
      hasUsage: fc.boolean(),
      kind: fc.constantFrom('llm', 'agent', 'tool'),
      source: fc.constantFrom('otlp', 'sdk'),
      agent: fc.constantFrom('x', 'y'),
      ownAgent: fc.boolean(),
    }),
    { maxLength: 12 },
  )
  .map((drawn) =>
    drawn.map(({ parent, ...change }, index) =>
      node(`n${index}`, parent === 12 ? null : `n${parent}`, change as Partial<TraceNode>),
    ),
  )

test('T8: how a trace is settled does not depend on the order of its actions', () => {
  fc.assert(
    fc.property(nodes, fc.infiniteStream(fc.nat()), (drawn, keys) => {
      const shuffled = drawn
        .map((one) => [keys.next().value ?? 0, one] as const)
        .sort(([a], [b]) => a - b)
        .map(([, one]) => one)
      const settled = settleTrace(execution, drawn)
      const again = settleTrace(execution, shuffled)
      for (const [id, value] of settled) expect(again.get(id)).toEqual(value)
    }),
  )
})

test('T8: of two actions with tokens, one above the other, only one counts', () => {
  fc.assert(
    fc.property(nodes, (drawn) => {
      // Parents stand before their children, so there are no circles.
      const otlp = drawn.map((one, index) => {
        const parent = Number(one.parentActionId?.slice(1) ?? index)
        return { ...one, source: 'otlp' as const, parentActionId: parent < index ? `n${parent}` : null }
      })
      const settled = settleTrace(execution, otlp)
      for (const one of otlp) {
        const parent = otlp.find(({ actionId }) => actionId === one.parentActionId)
        if (parent === undefined || parent === one || !one.hasUsage || !parent.hasUsage) continue
        expect(settled.get(parent.actionId)?.counted).toBe(false)
      }
    }),
  )
})
