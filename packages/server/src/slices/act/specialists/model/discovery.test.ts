import { sensitivities } from '@metaagent/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Candidate, comparePlaces, cosine, fits, mayBeGiven, placeOf, rank } from './discovery.ts'

const candidate = (over: Partial<Candidate> = {}): Candidate => ({
  origin: 'own',
  id: 'id',
  name: 'reviewer',
  title: 'Contract reviewer',
  version: '1.0.0',
  description: 'Reads contracts.',
  skills: [{ id: 'review', name: 'Review', description: 'Finds unusual clauses', tags: ['Legal'], examples: [] }],
  endpoints: [],
  inputModes: ['text/*'],
  outputModes: ['application/json'],
  sensitivityCeiling: 'SENSITIVE',
  evaluationScore: null,
  costPerTaskNanoUsd: null,
  ...over,
})

test.each([
  [{}, true],
  [{ skill: 'review' }, true],
  [{ skill: 'Review' }, false],
  [{ tag: 'legal' }, true],
  [{ tag: 'leg' }, false],
  [{ q: 'contract UNUSUAL' }, true],
  [{ q: 'claus' }, true],
  [{ q: 'contract invoice' }, false],
  [{ q: '...' }, false],
  [{ sensitivity: 'SENSITIVE' }, true],
  [{ sensitivity: 'CRITICAL' }, false],
  [{ inputMode: 'text/markdown' }, true],
  [{ inputMode: 'image/png' }, false],
  [{ outputMode: 'application/json' }, true],
  [{ origin: 'foreign' }, false],
] as const)('SP5: %o: %s', (filters, expected) => {
  expect(fits(candidate(), filters)).toBe(expected)
})

test('SP5: nobody is given what is above their ceiling', () => {
  for (const [at, ceiling] of sensitivities.entries())
    expect(sensitivities.filter((data) => mayBeGiven(ceiling, data))).toEqual(sensitivities.slice(0, at + 1))
})

const vectors = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 3, maxLength: 3 })

test('SP6: a cosine is between -1 and 1, the same both ways, and unknown without a length', () => {
  fc.assert(
    fc.property(vectors, vectors, (a, b) => {
      const found = cosine(a, b)
      expect(cosine(b, a)).toBe(found)
      if (found !== null) expect(Math.abs(found)).toBeLessThanOrEqual(1)
    }),
  )
  expect(cosine([1, 2, 3], [2, 4, 6])).toBe(1)
  expect(cosine([1, 0], [-1, 0])).toBe(-1)
  expect(cosine([0, 0], [1, 0])).toBeNull()
  expect(cosine([1], [1, 0])).toBeNull()
})

test('SP6: the order is one whatever comes first, so that pages fit together', () => {
  const many = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), id: fc.uuid() }), { maxLength: 12 })
  fc.assert(
    fc.property(many, fc.array(fc.constantFrom(null, 0.1, 0.5), { minLength: 12, maxLength: 12 }), (names, scores) => {
      const all = names.map((one) => candidate(one))
      const score = new Map(all.map((one, at) => [one.id, scores[at] ?? null]))
      const likeness = (one: Candidate) => score.get(one.id) ?? null
      const ids = (ranked: ReturnType<typeof rank>) => ranked.map((one) => one.candidate.id)
      const ranked = rank(all, likeness, null)
      expect(ids(rank(all.toReversed(), likeness, null))).toEqual(ids(ranked))
      for (const [at, one] of ranked.entries()) {
        const next = ranked[at + 1]
        if (next !== undefined) expect(comparePlaces(placeOf(one), placeOf(next))).toBeLessThanOrEqual(0)
      }
    }),
  )
})

test('SP6: whose likeness is unknown comes last, and not at all when a line is drawn', () => {
  const all = [candidate({ id: 'unknown', name: 'a' }), candidate({ id: 'near', name: 'b' }), candidate({ id: 'far' })]
  const likeness = ({ id }: Candidate) => ({ near: 0.9, far: 0.2 })[id] ?? null
  const order = (min: number | null) => rank(all, likeness, min).map((one) => [one.candidate.id, one.because.rule])
  expect(order(null)).toEqual([
    ['near', 'likeness'],
    ['far', 'likeness'],
    ['unknown', 'likeness-unknown'],
  ])
  expect(order(0.5)).toEqual([['near', 'likeness']])
})
