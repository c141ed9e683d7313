import { readFileSync } from 'node:fs'
import { type ComplianceFramework, eventCatalogue, eventTypes } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assess, countStates, type Evidence, EvidenceCollector, evidenceKey, listedPlaces } from './model/assess.ts'
import { isEvidence } from './model/conditions.ts'
import { frameworkFiles, readFramework, withoutOwnEvidence } from './model/frameworks.ts'
import { formatPlaces, spread } from './model/places.ts'
import { providerOf } from './model/trail.ts'

const ledgerTypes = new Set<string>(eventTypes.filter((type) => eventCatalogue[type].ledger))
const textOf = (name: string) =>
  readFileSync(new URL(`../../../../config/compliance/${name}.json`, import.meta.url), 'utf8')
const frameworks = frameworkFiles.map((name) => readFramework(textOf(name), ledgerTypes))

/** Enough evidence of every kind, each entry in a place of its own. */
function everything({ controls }: ComplianceFramework): Map<string, readonly number[]> {
  let place = 0
  return new Map(
    controls.flatMap(({ id, evidence }) =>
      evidence.map((rule) => [evidenceKey(id, rule.id), Array.from({ length: rule.atLeast }, () => place++)]),
    ),
  )
}

const gapsOf = (framework: ComplianceFramework, evidence: Evidence) =>
  assess(framework, evidence)
    .filter(({ state }) => state === 'gap')
    .map(({ id }) => id)

describe.each(frameworks.map((framework) => [framework.id, framework] as const))('%s', (_, framework) => {
  test('CA2: every control has evidence of its own, which no other control of the framework looks for', () => {
    expect(withoutOwnEvidence(framework)).toEqual([])
  })

  test('CA1: with all evidence there is no gap, and what software cannot show says so', () => {
    const assessed = assess(framework, everything(framework))
    expect(gapsOf(framework, everything(framework))).toEqual([])
    for (const { state, outside, evidence } of assessed) {
      expect(state).toBe(evidence.length === 0 ? 'outside' : 'covered')
      if (state === 'outside') expect(outside).not.toBeNull()
    }
  })

  test('CA2: take a control’s own evidence away, and that control and no other becomes a gap', () => {
    for (const control of framework.controls.filter(({ evidence }) => evidence.length > 0)) {
      const others = new Set(
        framework.controls.flatMap(({ id, evidence }) =>
          id === control.id ? [] : evidence.flatMap(({ types }) => types),
        ),
      )
      // As entries of the ledger, one for each type that any control looks for.
      const collector = new EvidenceCollector(framework)
      const own = new Set(control.evidence.flatMap(({ types }) => types).filter((type) => !others.has(type)))
      let index = 0
      for (const { evidence } of framework.controls)
        for (const rule of evidence)
          for (const type of rule.types)
            if (!own.has(type)) collector.add({ index: index++, type, content: contentFor(rule.where) })
      expect(gapsOf(framework, collector.evidence)).toEqual([control.id])
    }
  })
})

/** A text that fulfils these conditions. */
function contentFor(where: ComplianceFramework['controls'][number]['evidence'][number]['where']) {
  const payload: Record<string, string | number | boolean | null> = {}
  for (const condition of where) {
    const name = condition.path.replace(/^payload\./, '')
    payload[name] = 'is' in condition ? (condition.is[0] ?? null) : 'something else'
  }
  return { payload }
}

const anyFramework = fc.constantFrom(...frameworks)

test('CA2: where controls share evidence, exactly those become gaps of which some kind loses too many entries', () => {
  fc.assert(
    fc.property(anyFramework, fc.infiniteStream(fc.boolean()), (framework, taken) => {
      const left = new Map(
        [...everything(framework)].map(([key, places]) => [key, places.filter(() => !taken.next().value)] as const),
      )
      const expected = framework.controls
        .filter(({ id, evidence }) =>
          evidence.some((rule) => (left.get(evidenceKey(id, rule.id))?.length ?? 0) < rule.atLeast),
        )
        .map(({ id }) => id)
      expect(gapsOf(framework, left)).toEqual(expected)
    }),
  )
})

test('CA1: more evidence never makes a gap, and states are counted whole', () => {
  fc.assert(
    fc.property(anyFramework, fc.infiniteStream(fc.nat({ max: 3 })), (framework, counts) => {
      const some = new Map(
        [...everything(framework).keys()].map((key) => [key, Array.from({ length: counts.next().value }, (_, n) => n)]),
      )
      const more = new Map([...some].map(([key, places]) => [key, [...places, 900]]))
      const before = new Set(gapsOf(framework, some))
      for (const gap of gapsOf(framework, more)) expect(before).toContain(gap)
      const { covered, gaps, outside } = countStates(assess(framework, some))
      expect(covered + gaps + outside).toBe(framework.controls.length)
    }),
  )
})

test.each([
  [{ path: 'payload.verdict', is: ['approved'] }, true],
  [{ path: 'payload.verdict', is: ['rejected', 'expired'] }, false],
  [{ path: 'payload.approvalId', isNot: [null] }, true],
  [{ path: 'payload.nothing', isNot: [null] }, false],
  [{ path: 'payload.toString', isNot: [null] }, false],
  [{ path: 'payload.nothing.deeper', is: [null] }, true],
  [{ path: 'actor.id', differsFrom: 'payload.author' }, true],
  [{ path: 'actor.id', differsFrom: 'actor.id' }, false],
])('an entry fulfils %j: %s', (condition, fulfils) => {
  const content = { actor: { id: 'ann' }, payload: { verdict: 'approved', approvalId: '7', author: 'ben' } }
  const entry = { index: 0, type: 'a.b', content }
  expect(isEvidence({ types: ['a.b'], where: [condition] }, entry)).toBe(fulfils)
  expect(isEvidence({ types: ['a.c'], where: [] }, entry)).toBe(false)
})

test.each([
  [[], ''],
  [[3], '3'],
  [[0, 1, 2, 5, 7, 8], '0-2,5,7-8'],
])('places %j are written %j', (places, written) => {
  expect(formatPlaces(places)).toBe(written)
})

test('CA4: a sample is spread from the first to the last place, in order and without doubles', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(), { maxLength: 200 }), fc.integer({ min: 2, max: 30 }), (unordered, most) => {
      const places = unordered.toSorted((a, b) => a - b)
      const sample = spread(places, most)
      expect(sample.length).toBe(Math.min(places.length, most))
      expect([...new Set(sample)].toSorted((a, b) => a - b)).toEqual(sample)
      expect(sample.at(0)).toBe(places.at(0))
      expect(sample.at(-1)).toBe(places.at(-1))
    }),
  )
})

test('a file with a type that enters no ledger is refused, and one without evidence says what to show otherwise', () => {
  const text = textOf('soc2').replace('identity.api_key.created', 'identity.api_key.invented')
  expect(() => readFramework(text, ledgerTypes)).toThrow('identity.api_key.invented')
  const physical = JSON.parse(textOf('soc2')) as { controls: { id: string; outside: string | null }[] }
  for (const control of physical.controls) if (control.id === 'CC6.4') control.outside = null
  expect(() => readFramework(JSON.stringify(physical), ledgerTypes)).toThrow('otherwise')
})

test('a payload’s provider is found at any depth', () => {
  expect(providerOf({ a: [{ provider: 'openai' }] })).toBe('openai')
  expect(providerOf({ provider: 7, route: null })).toBe(null)
  expect(listedPlaces([])).toEqual([])
})
