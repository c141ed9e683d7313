import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ComparisonDecision, compare, comparisonPolicies, type PolicyTerms, policyTerms } from './compare.ts'
import type { Arms, Pairing, Trial } from './trials.ts'

const { 'success-only': successOnly, guarded } = comparisonPolicies

const trial = (fields: Partial<Trial>): Trial => ({
  unit: null,
  succeeded: null,
  durationMs: null,
  costNanoUsd: null,
  ...fields,
})

/** Pairs with these outcomes (control, candidate) and, in turn, these ratios of duration. */
function pairs(
  counts: { both?: number; gained?: number; lost?: number; neither?: number },
  ratios: number[] = [],
): Arms {
  const outcomes = [
    ...Array.from({ length: counts.both ?? 0 }, () => [true, true] as const),
    ...Array.from({ length: counts.gained ?? 0 }, () => [false, true] as const),
    ...Array.from({ length: counts.lost ?? 0 }, () => [true, false] as const),
    ...Array.from({ length: counts.neither ?? 0 }, () => [false, false] as const),
  ]
  const ratioAt = (i: number) => (ratios.length === 0 ? null : (ratios[i % ratios.length] ?? null))
  return {
    control: outcomes.map(([succeeded], i) => trial({ unit: `task ${i}`, succeeded, durationMs: 20_000 + 500 * i })),
    candidate: outcomes.map(([, succeeded], i) => {
      const ratio = ratioAt(i)
      return trial({ unit: `task ${i}`, succeeded, durationMs: ratio === null ? null : ratio * (20_000 + 500 * i) })
    }),
  }
}

const anyTrial: fc.Arbitrary<Trial> = fc.record({
  unit: fc.option(
    fc.nat({ max: 12 }).map((n) => `task ${n}`),
    { nil: null },
  ),
  succeeded: fc.option(fc.boolean(), { nil: null }),
  durationMs: fc.option(fc.integer({ min: 0, max: 90_000 }), { nil: null }),
  costNanoUsd: fc.option(fc.nat({ max: 1e9 }), { nil: null }),
})
const anyArms: fc.Arbitrary<Arms> = fc.record({
  control: fc.array(anyTrial, { maxLength: 40 }),
  candidate: fc.array(anyTrial, { maxLength: 40 }),
})
/** Strong effects either way, so that every verdict occurs. */
const anyPairs: fc.Arbitrary<Arms> = fc
  .record({
    counts: fc.record({
      both: fc.nat({ max: 10 }),
      gained: fc.nat({ max: 14 }),
      lost: fc.nat({ max: 14 }),
      neither: fc.nat({ max: 10 }),
    }),
    ratios: fc.array(fc.double({ min: 0.7, max: 1.4, noNaN: true }), { minLength: 2, maxLength: 12 }),
  })
  .map(({ counts, ratios }) => pairs(counts, ratios))
const anyEvidence = fc.oneof(anyArms, anyPairs)
const anyPairing: fc.Arbitrary<Pairing> = fc.constantFrom('unit', 'none')
const anyPolicy: fc.Arbitrary<PolicyTerms> = fc.constantFrom(successOnly, guarded)

describe('the verdict', () => {
  const steady = [0.98, 1, 1.02]
  test.each<[string, Arms, PolicyTerms, ComparisonDecision['verdict'], string]>([
    ['better', pairs({ both: 10, gained: 12 }), successOnly, 'promote', 'success-better'],
    ['five gains are not enough', pairs({ gained: 5 }), successOnly, 'continue', 'success-difference-not-shown'],
    ['six are', pairs({ gained: 6 }), successOnly, 'promote', 'success-better'],
    ['worse', pairs({ both: 10, lost: 12 }), successOnly, 'reject', 'success-worse'],
    ['no outcome at all', { control: [], candidate: [] }, successOnly, 'continue', 'success-difference-not-shown'],
    [
      'better and as fast',
      pairs({ both: 10, gained: 12 }, steady),
      guarded,
      'promote',
      'success-better-and-guardrails-safe',
    ],
    ['better, duration unknown', pairs({ both: 10, gained: 12 }), guarded, 'hold', 'duration-not-proven-safe'],
    ['better, duration open', pairs({ gained: 12 }, [0.6, 1.6]), guarded, 'hold', 'duration-not-proven-safe'],
    ['better but slower', pairs({ gained: 12 }, [1.2, 1.3]), guarded, 'reject', 'duration-proven-harm'],
    ['no better and slower', pairs({ both: 12 }, [1.2, 1.3]), guarded, 'reject', 'duration-proven-harm'],
    ['no better, as fast', pairs({ both: 12 }, steady), guarded, 'continue', 'success-difference-not-shown'],
    ['worse, as fast', pairs({ lost: 12 }, steady), guarded, 'reject', 'success-worse'],
    [
      'a small slowdown, sharply measured',
      pairs({ gained: 40 }, [1.04, 1.05]),
      guarded,
      'reject',
      'duration-proven-harm',
    ],
  ])('%s', (_name, arms, policy, verdict, rule) => {
    const decided = compare(arms, 'unit', policy)
    expect(decided.verdict).toBe(verdict)
    expect(decided.because.rule).toBe(rule)
  })

  test('says what was observed against which limit', () => {
    const { because } = compare(pairs({ both: 18, gained: 12, neither: 10 }, [0.7, 1.4]), 'unit', guarded)
    expect(because.rule).toBe('duration-not-proven-safe')
    expect(because.limit).toBe(1.1)
    expect(because.observed).toBeGreaterThan(1.1)
    expect(because.text).toContain('75.0 % against 45.0 % of 40 units that both tried; exact McNemar p = 0.0004883')
  })

  test('every rule’s sentence names unknown values as unknown', () => {
    const texts = [
      compare({ control: [], candidate: [] }, 'none', guarded),
      compare(pairs({ gained: 9 }), 'unit', guarded),
      compare(pairs({ lost: 9 }), 'unit', guarded),
      compare(pairs({ both: 3 }), 'none', guarded),
    ].map(({ because }) => because.text)
    expect(texts[0]).toContain('No outcome is known')
    expect(texts[1]).toContain('too few executions have a measured duration')
    expect(texts.join(' ')).not.toMatch(/null|NaN|undefined/)
  })
})

describe('the lines', () => {
  const six = pairs({ gained: 6 }, [0.98, 1, 1.02])

  test('a stricter alpha asks for more evidence', () => {
    const terms = policyTerms('success-only', { alpha: 0.02, durationRatioLimit: 1.1 })
    expect(compare(six, 'unit', successOnly).verdict).toBe('promote')
    expect(compare(six, 'unit', terms)).toMatchObject({ verdict: 'continue', because: { limit: 0.02 } })
  })

  test('a narrower limit of duration holds what was proven safe', () => {
    const terms = policyTerms('guarded', { alpha: 0.05, durationRatioLimit: 1.01 })
    expect(compare(six, 'unit', guarded).verdict).toBe('promote')
    expect(compare(six, 'unit', terms)).toMatchObject({ verdict: 'hold', because: { limit: 1.01 } })
  })
})

describe('laws', () => {
  test('RO1: the order of the executions changes nothing, to the last bit', () => {
    fc.assert(
      fc.property(anyEvidence, anyPairing, anyPolicy, fc.infiniteStream(fc.nat()), (arms, pairing, policy, keys) => {
        const shuffled = (trials: readonly Trial[]) =>
          trials
            .map((t) => ({ t, key: keys.next().value ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ t }) => t)
        const reordered = { control: shuffled(arms.control), candidate: shuffled(arms.candidate) }
        expect(compare(reordered, pairing, policy)).toEqual(compare(arms, pairing, policy))
      }),
    )
  })

  test('RO2: exchanging the arms mirrors the decision on success', () => {
    const mirror = { promote: 'reject', reject: 'promote', hold: 'hold', continue: 'continue' } as const
    fc.assert(
      fc.property(anyEvidence, anyPairing, (arms, pairing) => {
        const forth = compare(arms, pairing, successOnly)
        const back = compare({ control: arms.candidate, candidate: arms.control }, pairing, successOnly)
        expect(back.verdict).toBe(mirror[forth.verdict])
        expect(back.success.pValue).toBe(forth.success.pValue)
        expect(back.success.difference ?? 0).toBeCloseTo(-(forth.success.difference ?? 0), 12)
      }),
    )
  })

  test('RO3: more of the same evidence never undoes a decision on success', () => {
    const again = (trials: readonly Trial[], round: number) =>
      trials.map((t) => ({ ...t, unit: t.unit === null ? null : `${t.unit} again ${round}` }))
    fc.assert(
      fc.property(anyPairs, anyPairing, fc.integer({ min: 1, max: 4 }), (arms, pairing, rounds) => {
        const before = compare(arms, pairing, successOnly)
        const after = compare(
          {
            control: Array.from({ length: rounds + 1 }, (_, round) => again(arms.control, round)).flat(),
            candidate: Array.from({ length: rounds + 1 }, (_, round) => again(arms.candidate, round)).flat(),
          },
          pairing,
          successOnly,
        )
        const decided = before.verdict === 'continue' ? after.verdict : before.verdict
        expect(after.verdict).toBe(decided)
      }),
    )
  })

  test('RO4: without a measured duration the guarded policy promotes nothing', () => {
    fc.assert(
      fc.property(anyEvidence, anyPairing, fc.constantFrom('control', 'candidate'), (arms, pairing, blind) => {
        const unmeasured = { ...arms, [blind]: arms[blind].map((t) => ({ ...t, durationMs: null })) }
        const decided = compare(unmeasured, pairing, guarded)
        const success = compare(unmeasured, pairing, successOnly)
        expect(decided.guardrails.map(({ verdict }) => verdict)).toEqual(['HOLD'])
        expect(decided.verdict).toBe(success.verdict === 'promote' ? 'hold' : success.verdict)
      }),
    )
  })

  test('RO5: the guarded policy promotes only what success alone would promote, and rejects whatever it rejects', () => {
    fc.assert(
      fc.property(anyEvidence, anyPairing, (arms, pairing) => {
        const alone = compare(arms, pairing, successOnly).verdict
        const decided = compare(arms, pairing, guarded).verdict
        const possible = {
          promote: ['promote', 'hold', 'reject'],
          reject: ['reject'],
          hold: [],
          continue: ['continue', 'reject'],
        }[alone]
        expect(possible).toContain(decided)
      }),
    )
  })

  test('RO6: an unknown outcome or cost counts neither as a failure nor as free', () => {
    fc.assert(
      fc.property(anyEvidence, anyPairing, anyPolicy, fc.nat({ max: 20 }), (arms, pairing, policy, extra) => {
        const silent = Array.from({ length: extra }, () => trial({ unit: 'task 0' }))
        const before = compare(arms, pairing, policy)
        const after = compare({ ...arms, candidate: [...arms.candidate, ...silent] }, pairing, policy)
        expect({ ...after, candidate: null }).toEqual({ ...before, candidate: null })
        expect(after.candidate.successRate).toBe(before.candidate.successRate)
        expect(after.candidate.costsKnown).toBe(before.candidate.costsKnown)
        const total = extra === 0 ? before.candidate.costNanoUsd : null
        expect(after.candidate.costNanoUsd).toBe(total)
      }),
    )
  })

  test('costs change no decision of these policies', () => {
    fc.assert(
      fc.property(anyEvidence, anyPairing, anyPolicy, (arms, pairing, policy) => {
        const free = (trials: readonly Trial[]) => trials.map((t) => ({ ...t, costNanoUsd: null }))
        const before = compare(arms, pairing, policy)
        const after = compare({ control: free(arms.control), candidate: free(arms.candidate) }, pairing, policy)
        expect(after.because).toEqual(before.because)
      }),
    )
  })
})
