import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMs, instantFromEpochMs } from '../../../kernel/instant.ts'
import {
  type AgentProfile,
  defaultDomain,
  foldSightings,
  lastSeenSlackMs,
  patchProfile,
  type RecordedRelease,
  type Sighting,
  widenedAgent,
  widenedEnvironment,
  widenedRelease,
} from './model.ts'

const t0 = instantFromEpochMs(Date.UTC(2026, 0, 5))

const sighting = fc.record(
  {
    agent: fc.constantFrom('billing', 'support', 'Support', 'é'),
    environment: fc.constantFrom('production', 'staging'),
    release: fc.constantFrom(null, 'v1', 'v2'),
    domain: fc.constantFrom('general', 'infra', 'app'),
    at: fc.integer({ min: 0, max: 1_000_000 }).map((ms) => addMs(t0, ms)),
    model: fc.constantFrom('gpt-4.1', 'claude-sonnet-4', 'a'),
  },
  { requiredKeys: ['agent', 'environment', 'release', 'at'] },
)

describe('folding sightings', () => {
  test('no sightings are no names', () => {
    expect(foldSightings([])).toEqual({ agents: [], environments: [], releases: [] })
  })

  test('RG2: the order of sightings changes nothing', () => {
    fc.assert(
      fc.property(
        fc
          .array(sighting, { maxLength: 30 })
          .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          expect(foldSightings(shuffled)).toEqual(foldSightings(all))
        },
      ),
    )
  })

  test('RG2: each name once, sorted by code units, so that every writer takes its locks in one order', () => {
    fc.assert(
      fc.property(fc.array(sighting), (all) => {
        const { agents, environments, releases } = foldSightings(all)
        for (const names of [agents.map(({ name }) => name), environments.map(({ name }) => name)])
          expect(names).toEqual([...new Set(names)].sort())
        expect(agents.map(({ name }) => name)).toEqual([...new Set(all.map(({ agent }) => agent))].sort())
        const keys = releases.map(({ agent, name }) => `${agent}/${name}`)
        expect(keys).toEqual([...new Set(keys)].sort())
      }),
    )
  })

  test('spans run from the first to the last sighting, models are a sorted set', () => {
    const seen = (ms: number, model?: string): Sighting => ({
      agent: 'a',
      environment: 'production',
      release: 'v1',
      at: addMs(t0, ms),
      ...(model === undefined ? {} : { model }),
    })
    const folded = foldSightings([seen(5, 'z'), seen(1), seen(9, 'b'), seen(3, 'z')])
    const span = { firstAt: addMs(t0, 1), lastAt: addMs(t0, 9) }
    expect(folded).toEqual({
      agents: [{ name: 'a', domain: defaultDomain, ...span }],
      environments: [{ name: 'production', ...span }],
      releases: [{ agent: 'a', name: 'v1', models: ['b', 'z'], ...span }],
    })
  })

  test.each([
    { name: 'no domain is the default one', domains: [undefined, undefined], domain: 'general' },
    { name: 'a named domain beats none', domains: [undefined, 'infra'], domain: 'infra' },
    { name: 'a named domain beats the default one', domains: ['infra', 'general'], domain: 'infra' },
    { name: 'of two domains the smaller name counts', domains: ['infra', 'app'], domain: 'app' },
  ])('$name', ({ domains, domain }) => {
    const all = domains.map((given): Sighting => {
      const seen = { agent: 'a', environment: 'production', release: null, at: t0 }
      return given === undefined ? seen : { ...seen, domain: given }
    })
    expect(foldSightings(all).agents[0]?.domain).toBe(domain)
  })
})

describe('recording what was seen', () => {
  const times = fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 40 })

  test('RG3: after any sightings the first is exact and the last at most a minute behind', () => {
    fc.assert(
      fc.property(times, (offsets) => {
        const [first = t0, ...later] = offsets.map((ms) => addMs(t0, ms))
        let recorded = { agentId: 'id', name: 'a', firstAt: first, lastAt: first }
        let environment = { name: 'production', firstAt: first }
        for (const at of later) {
          const seen = { firstAt: at, lastAt: at }
          recorded = widenedAgent(recorded, seen) ?? recorded
          environment = widenedEnvironment(environment, seen) ?? environment
        }
        const newest = Math.max(first, ...later)
        expect(recorded.firstAt).toBe(Math.min(first, ...later))
        expect(environment.firstAt).toBe(recorded.firstAt)
        expect(newest - recorded.lastAt).toBeLessThanOrEqual(lastSeenSlackMs)
        expect(recorded.lastAt).toBeLessThanOrEqual(newest)
      }),
    )
  })

  test('RG3: the same sighting again writes nothing', () => {
    const seen = { firstAt: t0, lastAt: addMs(t0, lastSeenSlackMs) }
    expect(widenedAgent({ agentId: 'id', name: 'a', firstAt: t0, lastAt: t0 }, seen)).toBeNull()
    expect(widenedEnvironment({ name: 'production', firstAt: t0 }, seen)).toBeNull()
  })

  test('RG4: a release has every model that was seen, each once, and is written only for a new one', () => {
    const release: RecordedRelease = {
      releaseId: 'r',
      agentId: 'a',
      name: 'v1',
      firstAt: t0,
      lastAt: t0,
      models: ['m'],
    }
    const seen = (models: readonly string[]) => widenedRelease(release, { firstAt: t0, lastAt: t0, models })
    expect(seen([])).toBeNull()
    expect(seen(['m'])).toBeNull()
    expect(seen(['z', 'b', 'm'])?.models).toEqual(['b', 'm', 'z'])
    expect(widenedRelease(release, { firstAt: addMs(t0, -1), lastAt: t0, models: [] })).toMatchObject({
      firstAt: addMs(t0, -1),
      models: ['m'],
    })
  })
})

describe('what people say about an agent', () => {
  const profile: AgentProfile = { domain: 'general', owner: null, description: 'Answers', archivedAt: null }

  test.each([
    { name: 'an empty patch changes nothing', patch: {}, changed: [], over: {} },
    { name: 'what is so already is no change', patch: { domain: 'general', owner: null }, changed: [], over: {} },
    { name: 'null clears a text', patch: { description: null }, changed: ['description'], over: { description: null } },
    {
      name: 'only what differs is named',
      patch: { domain: 'infra', owner: 'Ada', description: 'Answers' },
      changed: ['domain', 'owner'],
      over: { domain: 'infra', owner: 'Ada' },
    },
    { name: 'archiving keeps the time', patch: { archived: true }, changed: ['archivedAt'], over: { archivedAt: t0 } },
    { name: 'restoring what is not archived is no change', patch: { archived: false }, changed: [], over: {} },
  ])('RG7: $name', ({ patch, changed, over }) => {
    expect(patchProfile(profile, patch, t0)).toEqual({ profile: { ...profile, ...over }, changed })
  })

  test('RG7: archiving again keeps the first time, restoring forgets it', () => {
    const archived = patchProfile(profile, { archived: true }, t0).profile
    expect(patchProfile(archived, { archived: true }, addMs(t0, 5))).toEqual({ profile: archived, changed: [] })
    expect(patchProfile(archived, { archived: false }, addMs(t0, 5))).toEqual({ profile, changed: ['archivedAt'] })
  })
})
