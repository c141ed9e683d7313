import { AgentHealth, type FleetHealth } from '@metaagent/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { agentSeeds } from '../testing/agent-seeds.ts'
import { fleetOf, healthOf } from '../testing/fleet.ts'
import { applyEvent, emptyLiveFleet, type FleetFilter, type LiveFleet } from './fleet-live.ts'
import type { ServerSentEvent } from './sse.ts'

const now = Date.UTC(2026, 10, 21, 9)
const filter: FleetFilter = { window: '24h' }
const fleet = fleetOf('24h', null, null, now)
const told = (event: string, value: unknown, id: string | null = null): ServerSentEvent => ({
  id,
  event,
  data: JSON.stringify(value),
})
const from = (events: readonly ServerSentEvent[], wanted = filter) =>
  events.reduce<LiveFleet>((live, event) => applyEvent(live, event, wanted), emptyLiveFleet)
const turned = (index: number, changes: Partial<AgentHealth>): AgentHealth => ({
  ...healthOf(index, '24h', null, now),
  ...changes,
})
const stateOf = (live: LiveFleet, index: number) =>
  live.fleet?.agents.find(({ agent }) => agent === agentSeeds[index]?.name)?.state

test('an agent event replaces that agent and recounts states and totals', () => {
  const better = turned(1, {
    state: 'healthy',
    figures: { ...healthOf(1, '24h', null, now).figures, successes: 400, failures: 9 },
  })
  const live = from([told('fleet', fleet), told('agent', better)])
  expect(stateOf(live, 1)).toBe('healthy')
  expect(live.fleet?.states.failing).toBe(0)
  expect(live.fleet?.totals.failures).toBe(fleet.totals.failures - (fleet.agents[1]?.figures.failures ?? 0) + 9)
  expect(live.turns).toEqual([{ agentId: better.agentId, agent: 'airline-desk', from: 'failing', to: 'healthy' }])
  expect(live.revision).toBe(1)
})

test('costs that nobody knows are left out of the sum, and all unknown is unknown', () => {
  const live = from([told('fleet', fleet), told('agent', turned(0, {}))])
  const known = fleet.agents.reduce((sum, { figures }) => sum + (figures.costNanoUsd ?? 0), 0)
  expect(live.fleet?.totals.costNanoUsd).toBe(known)
  const blind: FleetHealth = { ...fleet, agents: fleet.agents.slice(0, 1) }
  const unknown = turned(0, { figures: { ...healthOf(0, '24h', null, now).figures, costNanoUsd: null } })
  expect(from([told('fleet', blind), told('agent', unknown)]).fleet?.totals.costNanoUsd).toBeNull()
})

test('totals replace those of the picture, unless they are older or of another window', () => {
  const totals = { ...fleet.totals, latencyP95Ms: 1_234 }
  const asOf = new Date(now + 1_000).toISOString()
  const shown = from([told('fleet', fleet), told('totals', { window: '24h', asOf, totals })])
  expect([shown.fleet?.totals.latencyP95Ms, shown.fleet?.asOf]).toEqual([1_234, asOf])
  const older = new Date(now - 1_000).toISOString()
  for (const event of [
    { window: '24h', asOf: older, totals },
    { window: '1h', asOf, totals },
  ])
    expect(from([told('fleet', fleet), told('totals', event)]).fleet?.totals).toEqual(fleet.totals)
  expect(from([told('totals', { window: '24h', asOf, totals })]).fleet).toBeNull()
})

test('an id that was applied before changes nothing, also after a reconnection', () => {
  const once = from([told('fleet', fleet, '1'), told('agent', turned(1, { state: 'healthy' }), '2')])
  const again = applyEvent(once, told('agent', turned(1, { state: 'silent' }), '2'), filter)
  expect(again).toBe(once)
})

test('agents that come before the first picture are applied to it', () => {
  const live = from([
    told('agent', turned(1, { state: 'degraded' })),
    told('agent', turned(1, { state: 'healthy' })),
    told('fleet', fleet),
  ])
  expect(stateOf(live, 1)).toBe('healthy')
  expect(live.early).toEqual([])
})

test('an older picture never replaces a newer one; a newer one does and tells what turned', () => {
  const newer = { ...fleetOf('24h', null, null, now + 60_000), agents: [turned(0, { state: 'failing' })] }
  const live = from([told('fleet', fleet), told('fleet', newer), told('fleet', fleet)])
  expect(live.fleet?.asOf).toBe(newer.asOf)
  expect(live.turns.map(({ to }) => to)).toEqual(['failing'])
  expect(applyEvent(live, told('fleet', fleet), filter)).toBe(live)
})

test('a new agent is added', () => {
  const stranger = turned(0, { agentId: '01900000-0000-7000-8000-00000000ffff', agent: 'newcomer' })
  const live = from([told('fleet', fleet), told('agent', stranger)])
  expect(live.fleet?.agents).toHaveLength(fleet.agents.length + 1)
})

test('agents of another window, environment or domain stay out', () => {
  const events = [told('fleet', fleet), told('agent', { ...healthOf(1, '1h', null, now), state: 'healthy' })]
  expect(stateOf(from(events), 1)).toBe('failing')
  expect(
    stateOf(
      from([told('fleet', fleet), told('agent', turned(1, { state: 'healthy' }))], {
        window: '24h',
        environment: 'staging',
      }),
      1,
    ),
  ).toBe('failing')
  expect(
    stateOf(
      from([told('fleet', fleet), told('agent', turned(1, { state: 'healthy' }))], { window: '24h', domain: 'infra' }),
      1,
    ),
  ).toBe('failing')
})

test('what does not fit the contract is counted and changes nothing', () => {
  const live = from([
    told('fleet', fleet),
    told('agent', { agentId: 7 }),
    { id: '9', event: 'agent', data: 'not json' },
    told('weather', {}),
  ])
  expect(live.unreadable).toBe(2)
  expect(live.fleet?.agents).toEqual(fleet.agents)
})

test('each event twice gives the same as once, in the same order', () => {
  const states = AgentHealth.shape.state.options
  const changes = fc.array(fc.tuple(fc.nat(agentSeeds.length - 1), fc.constantFrom(...states)), { maxLength: 12 })
  fc.assert(
    fc.property(changes, (list) => {
      const events = [
        told('fleet', fleet, 'f'),
        ...list.map(([index, state], place) => told('agent', turned(index, { state }), String(place))),
      ]
      const twice = events.flatMap((event) => [event, event])
      expect(from(twice)).toEqual(from(events))
    }),
    { numRuns: 40 },
  )
})
