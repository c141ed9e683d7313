import { expect, test } from 'vitest'
import { agentSeeds } from '../../testing/agent-seeds.ts'
import { healthOf, seriesOf } from '../../testing/fleet.ts'
import { fleetRows } from './fleet-rows.ts'
import { fleetSortKeys } from './search.ts'
import { drawnRange, seriesQuestion } from './series-range.ts'

const now = Date.UTC(2026, 10, 21, 9)
const agents = agentSeeds.map((_, index) => healthOf(index, '24h', null, now))
const names = (list: readonly { readonly agent: string }[]) => list.map(({ agent }) => agent)

test('the most urgent stands first', () => {
  expect(names(fleetRows(agents, {})).slice(0, 3)).toEqual(['airline-desk', 'telecom-care', 'log-summarizer'])
})

test.each(fleetSortKeys)('by %s, unknown stands last in both directions', (sort) => {
  const up = fleetRows(agents, { sort })
  const down = fleetRows(agents, { sort, desc: 'true' })
  expect(new Set(names(up))).toEqual(new Set(names(down)))
  if (sort === 'p95' || sort === 'score' || sort === 'success' || sort === 'seen') {
    expect([up.at(-1)?.agent, down.at(-1)?.agent]).toEqual(['release-notes-writer', 'release-notes-writer'])
  }
})

test('text finds names and domains; a state lets only itself through', () => {
  expect(names(fleetRows(agents, { q: 'SUPPORT' }))).toEqual(['airline-desk', 'telecom-care'])
  expect(names(fleetRows(agents, { q: 'triage' }))).toEqual(['phishing-triage'])
  expect(names(fleetRows(agents, { state: 'silent' }))).toEqual(['log-summarizer'])
})

test('equal values are ordered by name', () => {
  const twins = [
    { ...healthOf(2, '24h', null, now), agent: 'b' },
    { ...healthOf(2, '24h', null, now), agent: 'a' },
  ]
  expect(names(fleetRows(twins, { sort: 'cost' }))).toEqual(['a', 'b'])
})

test('a chart asks the same question until one of its steps has passed', () => {
  const first = seriesQuestion('24h', now + 1000, 24)
  expect(seriesQuestion('24h', now + 3_599_000, 24)).toEqual(first)
  expect(seriesQuestion('24h', now + 3_601_000, 24)).not.toEqual(first)
  expect(first.bounds).toEqual({ from: '2026-11-20T10:00:00.000Z', to: '2026-11-21T10:00:00.000Z' })
})

test('all time asks for everything and shows from the first to the last point', () => {
  const question = seriesQuestion('all', now, 24)
  expect(question.bounds).toEqual({})
  const series = seriesOf(0, now - 86_400_000, now)
  expect(drawnRange(question, series)).toEqual({
    fromMs: Date.parse(series.points[0]?.at ?? ''),
    toMs: Date.parse(series.points.at(-1)?.at ?? '') + series.stepSeconds * 1000,
  })
  expect(drawnRange(question, { ...series, points: [] })).toEqual({ fromMs: 0, toMs: 1 })
  expect(drawnRange(seriesQuestion('1h', now, 60), series).toMs).toBe(now)
})
