import type { FleetStatus, GroupHealth } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { byName, groupStatus, statusDiffers } from './model.ts'

function group(figures: object, name = 'claims'): GroupHealth {
  const because = [{ rule: 'worst-agent', observed: 'intake', limit: null, text: '1 of 2 failing, first intake.' }]
  return { kind: 'domain', name, agents: 2, state: 'failing', because, figures } as unknown as GroupHealth
}

test('SA3: a domain is told as health judged it, and its cost is unknown beside a call without a price', () => {
  const figures = { executions: 5, successes: 4, failures: 1, successRate: 0.8, costNanoUsd: 12, unpricedCalls: 0 }
  expect(groupStatus(group(figures))).toEqual({
    name: 'claims',
    agents: 2,
    state: 'failing',
    executions: 5,
    successes: 4,
    failures: 1,
    successRate: 0.8,
    costNanoUsd: 12,
    reason: '1 of 2 failing, first intake.',
  })
  expect(groupStatus(group({ ...figures, unpricedCalls: 1 })).costNanoUsd).toBeNull()
})

test('lists keep their places by name, and a picture of another time alone is no news', () => {
  const named = ['b', 'a', 'a'].map((name) => groupStatus(group({ unpricedCalls: 0 }, name)))
  expect(named.toSorted(byName).map(({ name }) => name)).toEqual(['a', 'a', 'b'])
  const status: FleetStatus = {
    window: '24h',
    asOf: '2026-01-01T00:00:00.000Z',
    agents: [],
    domains: [],
    environments: [],
  }
  expect(statusDiffers(status, { ...status, asOf: '2026-01-01T00:00:01.000Z' })).toBe(false)
  expect(statusDiffers(status, { ...status, domains: [] })).toBe(false)
  expect(statusDiffers(status, { ...status, window: '1h' })).toBe(true)
})
