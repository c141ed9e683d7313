import { describe, expect, test } from 'vitest'
import { armFigures } from './arm.ts'
import { type Guardrail, guardrailEvidence } from './guardrail.ts'
import { successEvidence } from './success.ts'
import { type Arms, assertTrials, pairedUnits, pairingFor, type Trial } from './trials.ts'

const trial = (unit: string | null, succeeded: boolean | null, durationMs: number | null = null): Trial => ({
  unit,
  succeeded,
  durationMs,
  costNanoUsd: null,
})
const duration: Guardrail = { metric: 'duration', harmAbove: 1, safeBelow: 1.1, confidence: 0.95 }

describe('units', () => {
  const arms: Arms = {
    control: [trial('b', true), trial('a', true), trial('a', false), trial(null, true), trial('only control', true)],
    candidate: [trial('a', true), trial('b', null), trial(null, false)],
  }

  test('a unit is paired when both arms tried it, however often; what has no counterpart is left out', () => {
    expect(pairedUnits(arms).map(({ unit, control, candidate }) => [unit, control.length, candidate.length])).toEqual([
      ['a', 2, 1],
      ['b', 1, 1],
    ])
  })

  test('pairing is chosen where it keeps half of each arm', () => {
    expect(pairingFor(arms)).toBe('unit')
    expect(pairingFor({ ...arms, control: [...arms.control, trial('x', true), trial('y', true)] })).toBe('none')
    expect(pairingFor({ control: [trial('a', true)], candidate: [trial('b', true)] })).toBe('none')
    expect(pairingFor({ control: [], candidate: [] })).toBe('none')
  })

  test('what no execution can have is a broken invariant', () => {
    expect(() => assertTrials([trial('a', true, -1)])).toThrow('a duration is ≥ 0 ms')
    expect(() => assertTrials([{ ...trial('a', true), costNanoUsd: 0.5 }])).toThrow('a cost is ≥ 0')
  })
})

describe('one arm', () => {
  test('unknown values are counted and left out; a total with an unknown part is unknown', () => {
    const known = { unit: 'a', succeeded: true, durationMs: 1000, costNanoUsd: 5 }
    expect(armFigures([known, { ...known, succeeded: false, durationMs: 3000 }])).toEqual({
      executions: 2,
      outcomesKnown: 2,
      successes: 1,
      successRate: 0.5,
      meanDurationMs: 2000,
      durationsKnown: 2,
      costNanoUsd: 10,
      costsKnown: 2,
    })
    expect(armFigures([known, trial('b', null)])).toEqual({
      executions: 2,
      outcomesKnown: 1,
      successes: 1,
      successRate: 1,
      meanDurationMs: 1000,
      durationsKnown: 1,
      costNanoUsd: null,
      costsKnown: 1,
    })
    expect(armFigures([])).toMatchObject({ successRate: null, meanDurationMs: null, costNanoUsd: null })
  })
})

describe('success', () => {
  test('one trial per unit is McNemar’s table of the complete pairs', () => {
    const outcomes: [boolean, boolean | null][] = [
      [true, true],
      [false, true],
      [false, true],
      [true, false],
      [false, null],
    ]
    const evidence = successEvidence(
      {
        control: outcomes.map(([succeeded], i) => trial(`${i}`, succeeded)),
        candidate: outcomes.map(([, succeeded], i) => trial(`${i}`, succeeded)),
      },
      'unit',
      0.05,
    )
    expect(evidence).toMatchObject({
      test: 'exact-mcnemar',
      pairs: 4,
      onlyControlSucceeded: 1,
      onlyCandidateSucceeded: 2,
      controlRate: 0.5,
      candidateRate: 0.75,
      difference: 0.25,
      pValue: 1,
    })
  })

  test('repeating one lucky task fakes no evidence: a unit counts once', () => {
    const repeated = Array.from({ length: 30 }, () => trial('lucky', true))
    const evidence = successEvidence(
      { control: [trial('lucky', false), trial('x', true)], candidate: [...repeated, trial('x', true)] },
      'unit',
      0.05,
    )
    expect(evidence).toMatchObject({ test: 'exact-sign-flip', pairs: 2, onlyCandidateSucceeded: 1, pValue: 1 })
  })

  test('several trials of a unit are its success rate, and more of them sharpen the test', () => {
    const units = Array.from({ length: 8 }, (_, i) => `task ${i}`)
    const four = (successes: number) => [0, 1, 2, 3].map((i) => i < successes)
    const arms: Arms = {
      control: units.flatMap((unit) => four(1).map((succeeded) => trial(unit, succeeded))),
      candidate: units.flatMap((unit, i) => four(i === 0 ? 1 : 3).map((succeeded) => trial(unit, succeeded))),
    }
    expect(successEvidence(arms, 'unit', 0.05)).toMatchObject({
      test: 'exact-sign-flip',
      pairs: 8,
      onlyControlSucceeded: 0,
      onlyCandidateSucceeded: 7,
      controlRate: 0.25,
      difference: 0.4375,
      pValue: 2 / 2 ** 7,
    })
  })

  test('units that all differ alike give no interval', () => {
    const arms: Arms = {
      control: ['a', 'b', 'c'].flatMap((unit) => [trial(unit, true), trial(unit, true)]),
      candidate: ['a', 'b', 'c'].map((unit) => trial(unit, true)),
    }
    expect(successEvidence(arms, 'unit', 0.05)).toMatchObject({
      difference: 0,
      differenceLow: null,
      differenceHigh: null,
      pValue: 1,
    })
  })

  test('not paired, every known outcome counts and units are not read', () => {
    const evidence = successEvidence(
      {
        control: [...Array.from({ length: 6 }, () => trial('same', false)), trial('same', true), trial(null, null)],
        candidate: Array.from({ length: 8 }, () => trial('same', true)),
      },
      'none',
      0.05,
    )
    expect(evidence).toMatchObject({ test: 'fisher-exact', pairs: null, onlyControlSucceeded: null, candidateRate: 1 })
    // R: fisher.test(matrix(c(1, 6, 8, 0), 2))$p.value, 0.001398601
    expect(evidence.pValue).toBeCloseTo(0.0013986, 6)
    expect(evidence.differenceLow).toBeGreaterThan(0)
  })

  test('nothing to compare is null, never a p-value', () => {
    for (const pairing of ['unit', 'none'] as const) {
      const evidence = successEvidence({ control: [trial('a', true)], candidate: [trial('a', null)] }, pairing, 0.05)
      expect(evidence).toMatchObject({ pValue: null, difference: null, differenceLow: null, differenceHigh: null })
    }
  })
})

describe('guardrail', () => {
  const withRatios = (ratios: readonly (number | null)[]): Arms => ({
    control: ratios.map((_, i) => trial(`${i}`, null, 1000 * (i + 1))),
    candidate: ratios.map((ratio, i) => trial(`${i}`, null, ratio === null ? null : ratio * 1000 * (i + 1))),
  })

  test.each([
    ['faster', [0.8, 0.9, 0.85, 0.8], 'PROVEN_SAFE'],
    ['slower', [1.3, 1.4, 1.5, 1.3], 'PROVEN_HARM'],
    ['open', [0.7, 1.4, 0.9, 1.2], 'HOLD'],
    ['a small, sharply measured slowdown', [1.04, 1.05, 1.04, 1.05], 'PROVEN_HARM'],
    ['one pair', [0.5], 'HOLD'],
    ['never measured in the candidate', [null, null, null], 'HOLD'],
    ['equal in a handful of pairs', [1, 1, 1], 'HOLD'],
    ['equal in many pairs', [1, 1, 1, 1, 1, 1], 'PROVEN_SAFE'],
  ] as const)('%s', (_name, ratios, verdict) => {
    expect(guardrailEvidence(withRatios(ratios), 'unit', duration).verdict).toBe(verdict)
  })

  test('counts what was measured, and leaves out durations of 0', () => {
    const arms: Arms = {
      control: [trial('a', null, 10), trial('a', null, 20), trial('b', null, 0), trial('c', null, 30)],
      candidate: [trial('a', null, 10), trial('b', null, 5), trial('c', null, 60)],
    }
    expect(guardrailEvidence(arms, 'unit', duration)).toMatchObject({
      pairs: 2,
      controlMeasured: 3,
      candidateMeasured: 2,
    })
    expect(guardrailEvidence(arms, 'none', duration)).toMatchObject({
      pairs: null,
      controlMeasured: 3,
      candidateMeasured: 3,
    })
  })

  test('not paired, geometric means are compared', () => {
    const arms: Arms = {
      control: [100, 200, 400].map((ms) => trial(null, null, ms)),
      candidate: [200, 400, 800].map((ms) => trial(null, null, ms)),
    }
    const evidence = guardrailEvidence(arms, 'none', duration)
    expect(evidence.ratio).toBeCloseTo(2, 12)
    expect(evidence.verdict).toBe('HOLD')
  })
})
