import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AuditedVerdict,
  defaultHalfLifeVerdicts,
  type Evidence,
  evidenceOn,
  noTrust,
  stateOfJournal,
  type TrustState,
  withVerdict,
} from './evidence.ts'
import { authorityOf, ratesOf, reliabilityOf } from './reliability.ts'

const sides = fc.constantFrom('pass' as const, 'fail' as const)
const verdicts = fc.array(
  fc.record({
    judge: fc.constantFrom('QA', 'Architect', '__proto__'),
    metric: fc.constantFrom('tests', 'style'),
    said: fc.constantFrom('pass' as const, 'fail' as const, 'abstain' as const),
    gold: sides,
    halfLifeVerdicts: fc.double({ min: 0.5, max: 1000, noNaN: true }),
  }),
  { maxLength: 60 },
)

const judged = (right: boolean): AuditedVerdict => ({
  judge: 'QA',
  metric: 'tests',
  said: right ? 'pass' : 'fail',
  gold: 'pass',
  halfLifeVerdicts: defaultHalfLifeVerdicts,
})

function reliabilityIn(state: TrustState) {
  const evidence = evidenceOn(state, 'QA', 'tests')
  return reliabilityOf(
    evidence?.confusion ?? { passSaidPass: 0, passSaidFail: 0, failSaidPass: 0, failSaidFail: 0, abstained: 0 },
  )
}

const authorityIn = (state: TrustState) => authorityOf(reliabilityIn(state))
const times = (count: number, right: boolean) => Array.from({ length: count }, () => judged(right))

describe('replay', () => {
  test('TR1: the state of a journal is, bit for bit, that of a snapshot written as JSON and the rest of it', () => {
    fc.assert(
      fc.property(verdicts, fc.nat(), (journal, at) => {
        const cut = journal.length === 0 ? 0 : at % (journal.length + 1)
        const snapshot = JSON.parse(JSON.stringify(stateOfJournal(journal.slice(0, cut)))) as TrustState
        const replayed = stateOfJournal(journal.slice(cut), snapshot)
        expect(JSON.stringify(replayed)).toBe(JSON.stringify(stateOfJournal(journal)))
        expect(replayed).toEqual(stateOfJournal(journal))
      }),
    )
  })

  test('TR1: verdict by verdict is the same as all at once', () => {
    fc.assert(
      fc.property(verdicts, (journal) => {
        const one = journal.reduce((state, verdict) => stateOfJournal([verdict], state), noTrust)
        expect(one).toEqual(stateOfJournal(journal))
        for (const { judge, metric } of one.evidence) {
          const own = journal.filter((verdict) => verdict.judge === judge && verdict.metric === metric)
          const grown = own.reduce<Evidence | null>((evidence, verdict) => withVerdict(evidence, verdict), null)
          expect(grown).toEqual(evidenceOn(one, judge, metric))
        }
      }),
    )
  })

  test('a half-life that is no positive number is a broken invariant', () => {
    expect(() => withVerdict(null, { ...judged(true), halfLifeVerdicts: 0 })).toThrow('above 0 verdicts')
    expect(() => withVerdict(null, { ...judged(true), halfLifeVerdicts: NaN })).toThrow('above 0 verdicts')
  })
})

describe('evidence', () => {
  test('TR2: a verdict counts half after as many further ones as the half-life says', () => {
    const state = stateOfJournal([judged(true), ...times(defaultHalfLifeVerdicts, false)])
    expect(evidenceOn(state, 'QA', 'tests')?.confusion.passSaidPass).toBeCloseTo(0.5, 10)
    expect(evidenceOn(state, 'QA', 'tests')?.verdicts).toBe(201)
  })

  test('TR3: an abstention is counted apart and is evidence for neither side', () => {
    const state = stateOfJournal([{ ...judged(true), said: 'abstain' }])
    expect(evidenceOn(state, 'QA', 'tests')?.confusion).toMatchObject({
      abstained: 1,
      passSaidPass: 0,
      passSaidFail: 0,
    })
    expect(reliabilityIn(state)).toEqual(reliabilityIn(noTrust))
  })

  test('TR4: evidence on one metric or judge says nothing of another', () => {
    fc.assert(
      fc.property(verdicts, verdicts, (mine, others) => {
        const own = mine.map((verdict) => ({ ...verdict, judge: 'me' }))
        const mixed = own.flatMap((verdict, at) => [verdict, ...others.slice(at, at + 1)])
        for (const metric of ['tests', 'style'])
          expect(evidenceOn(stateOfJournal(mixed), 'me', metric)).toEqual(evidenceOn(stateOfJournal(own), 'me', metric))
      }),
    )
  })

  test('rates are by kind, and unknown where nothing of a kind was audited', () => {
    const state = stateOfJournal([judged(true), { ...judged(true), said: 'abstain' }])
    const rates = ratesOf(evidenceOn(state, 'QA', 'tests')?.confusion ?? expect.fail('no evidence'))
    expect(rates).toMatchObject({ passesFound: 1, failsFound: null })
    expect(rates.abstentionRate).toBeCloseTo(0.5, 2)
  })
})

describe('reliability', () => {
  test.each([
    [0, 0, 0.5, 0.5 - Math.sqrt(0.25 / 3)],
    [8, 0, 0.9, 0.9 - Math.sqrt(0.09 / 11)],
    [30, 10, 31 / 42, 31 / 42 - Math.sqrt(((31 / 42) * (11 / 42)) / 43)],
  ])(
    'of %d right and %d wrong is the mean of the Beta posterior, and one deviation below it',
    (right, wrong, mean, low) => {
      const confusion = { passSaidPass: right, passSaidFail: 0, failSaidPass: wrong, failSaidFail: 0, abstained: 9 }
      const reliability = reliabilityOf(confusion)
      expect(reliability.estimate).toBeCloseTo(mean, 12)
      expect(reliability.lowerBound).toBeCloseTo(low, 12)
      expect(reliability.effectiveCount).toBe(right + wrong)
    },
  )

  test('TR5: nobody has authority before audits; one more right verdict never lowers it, one wrong never raises it', () => {
    expect(authorityIn(noTrust)).toBe(0)
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 300 }), (history) => {
        const state = stateOfJournal(history.map(judged))
        const before = reliabilityIn(state)
        expect(reliabilityIn(stateOfJournal([judged(true)], state)).estimate).toBeGreaterThanOrEqual(
          before.estimate - 1e-12,
        )
        expect(reliabilityIn(stateOfJournal([judged(false)], state)).estimate).toBeLessThanOrEqual(
          before.estimate + 1e-12,
        )
      }),
    )
  })

  test('TR6: a judge that becomes unreliable loses its authority, and has it again when its performance is back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 30, max: 400 }), (count) => {
        const good = stateOfJournal(times(count, true))
        const bad = stateOfJournal(times(2 * defaultHalfLifeVerdicts, false), good)
        const again = stateOfJournal(times(4 * defaultHalfLifeVerdicts, true), bad)
        expect(authorityIn(good)).toBeGreaterThan(0.75)
        expect(authorityIn(bad)).toBe(0)
        expect(authorityIn(again)).toBeGreaterThan(0.7)
      }),
    )
  })

  test('TR6: without forgetting the same recovery would not be seen', () => {
    const forever = (count: number, right: boolean) =>
      times(count, right).map((verdict) => ({ ...verdict, halfLifeVerdicts: 1e12 }))
    const stubborn = stateOfJournal([...forever(800, false), ...forever(800, true)])
    const forgetting = stateOfJournal([...times(800, false), ...times(800, true)])
    expect(authorityIn(stubborn)).toBe(0)
    expect(authorityIn(forgetting)).toBeGreaterThan(0.8)
  })
})
