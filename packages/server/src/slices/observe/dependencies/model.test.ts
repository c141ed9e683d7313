import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instantFromEpochMs, utcDay } from '../../../kernel/instant.ts'
import { blastRadius, type WeighedEdge } from './model/blast-radius.ts'
import { dayUsesOf, type ObservedStep, type ObservedTrace, usesOf } from './model/learning.ts'

const step = (actionId: string, agentId: string, change: Partial<ObservedStep> = {}): ObservedStep => ({
  actionId,
  parentActionId: null,
  agentId,
  kind: 'other',
  name: 'x',
  status: 'success',
  provider: null,
  model: null,
  ...change,
})

const trace = (steps: readonly ObservedStep[], second = 0): ObservedTrace => ({
  agentId: 'root',
  startedAt: instantFromEpochMs(1000 * second),
  endedAt: null,
  synthetic: false,
  steps,
})

test('a trace shows tools, models, providers and called agents', () => {
  const uses = usesOf(
    trace([
      step('1', 'root', { kind: 'llm', model: 'gpt-4.1', provider: 'openai' }),
      step('2', 'helper', { parentActionId: '1', kind: 'tool', name: 'search', status: 'failure' }),
      step('3', 'other'),
    ]),
  )
  expect(uses).toEqual([
    { agentId: 'helper', kind: 'run', target: '', calls: 0, errors: 0 },
    { agentId: 'helper', kind: 'tool', target: 'search', calls: 1, errors: 1 },
    { agentId: 'other', kind: 'run', target: '', calls: 0, errors: 0 },
    { agentId: 'root', kind: 'agent', target: 'helper', calls: 1, errors: 1 },
    { agentId: 'root', kind: 'agent', target: 'other', calls: 1, errors: 0 },
    { agentId: 'root', kind: 'model', target: 'gpt-4.1', calls: 1, errors: 0 },
    { agentId: 'root', kind: 'provider', target: 'openai', calls: 1, errors: 0 },
    { agentId: 'root', kind: 'run', target: '', calls: 1, errors: 0 },
  ])
})

test('DP1: the order of traces changes no sum', () => {
  const some = [trace([step('1', 'a')], 5), trace([step('1', 'b'), step('2', 'a')], 90_000), trace([], 7)]
  const sums = (traces: readonly ObservedTrace[]) => dayUsesOf(traces, utcDay)
  expect(sums([...some].reverse())).toEqual(sums(some))
  expect(sums(some).map(({ day }) => day)).toContain('1970-01-02')
})

const edge = (agentId: string, target: string, share: number | null): WeighedEdge => ({
  agentId,
  kind: 'agent',
  target,
  share,
})

test('DP3: shares multiply along the strongest path', () => {
  const edges = [edge('b', 'a', 0.5), edge('c', 'b', 0.5), edge('c', 'a', 0.2), edge('d', 'c', null)]
  expect(blastRadius(edges, { kind: 'agent', target: 'a' })).toEqual([
    { agentId: 'b', distance: 1, share: 0.5, path: ['b'] },
    { agentId: 'c', distance: 2, share: 0.25, path: ['c', 'b'] },
    { agentId: 'd', distance: 3, share: null, path: ['d', 'c', 'b'] },
  ])
})

test('DP3: loops end, nobody is affected twice or by itself, and every path exists', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  const edges = fc.array(fc.tuple(name, name, fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 15 })
  fc.assert(
    fc.property(edges, (tuples) => {
      const all = tuples.map(([from, to, share]) => edge(from, to, share))
      const affected = blastRadius(all, { kind: 'agent', target: 'a' })
      expect(new Set(affected.map(({ agentId }) => agentId)).size).toBe(affected.length)
      for (const { agentId, path, share } of affected) {
        expect(agentId).not.toBe('a')
        expect(path[0]).toBe(agentId)
        const steps = [...path, 'a']
        for (const [index, from] of path.entries())
          expect(all.some((known) => known.agentId === from && known.target === steps[index + 1])).toBe(true)
        expect(share).toBeLessThanOrEqual(1)
      }
    }),
  )
})
