import { describe, expect, test } from 'vitest'
import { arbitrate } from './decide.ts'
import { figuresOf } from './figures.ts'
import { gapFor, startGap } from './gap.ts'
import { balancedLoss, equalLoss, evenLoss, leastLoss, missCosts } from './loss.ts'
import { lowerBound } from './lower-bound.ts'
import { auditedOf, type Item, panelOf } from './votes.ts'

const fail = 0
const pass = 1
const rules = { loss: equalLoss(2), vetoes: [], gapMin: 0.5 }
const votes = [
  { judge: 'QA', label: fail, score: null },
  { judge: 'Backend', label: pass, score: null },
  { judge: 'Architect', label: pass, score: null },
  { judge: 'Frontend', label: null, score: null },
]

const panelOfGold = (golds: readonly ('pass' | 'fail')[]) =>
  panelOf(golds.map((gold, at): Item => ({ itemId: `${at}`, group: null, votes: [], gold })))

describe('what mistakes cost', () => {
  test('AR9: the least expected loss decides, and a tie is not a pass', () => {
    expect(leastLoss([0.5, 0.5], equalLoss(2))).toBe(fail)
    expect(leastLoss([0.49, 0.51], equalLoss(2))).toBe(pass)
    const passingABadOneCostsNine = [
      [0, 9],
      [1, 0],
    ]
    expect(leastLoss([0.11, 0.89], passingABadOneCostsNine)).toBe(fail)
    expect(leastLoss([0.09, 0.91], passingABadOneCostsNine)).toBe(pass)
    expect(missCosts(passingABadOneCostsNine)).toEqual([9, 1])
    expect(leastLoss([0.2, 0.5, 0.3], equalLoss(3))).toBe(1)
  })

  test('the even loss weighs a class by its share, half of the way to the balanced one', () => {
    // Two passes and six fails, one of each added: π = .3 and .7.
    const audited = auditedOf(panelOfGold(['pass', 'pass', 'fail', 'fail', 'fail', 'fail', 'fail', 'fail']))
    expect(missCosts(balancedLoss(audited, 2))).toEqual([0.5 / 0.7, 0.5 / 0.3].map((cost) => expect.closeTo(cost, 12)))
    const even = missCosts(evenLoss(audited, 2))
    expect(even).toEqual([0.5 + 0.25 / 0.7, 0.5 + 0.25 / 0.3].map((cost) => expect.closeTo(cost, 12)))
  })
})

describe('one verdict', () => {
  test('AR9: a wide gap is decided, with who dissents', () => {
    expect(arbitrate({ probabilities: [0.1, 0.9], named: null }, { votes }, rules)).toEqual({
      outcome: 'decided',
      winner: pass,
      probability: 0.9,
      gap: expect.closeTo(0.8, 12),
      dissent: ['QA'],
      because: expect.objectContaining({ rule: 'least-expected-loss', observed: 0.8, limit: 0.5 }),
    })
  })

  test('AR10: under the gap a human is asked, and so where costs speak against the odds', () => {
    const close = arbitrate({ probabilities: [0.4, 0.6], named: null }, { votes }, rules)
    expect(close).toMatchObject({
      outcome: 'escalated',
      winner: pass,
      because: { rule: 'gap-too-small', observed: 0.2 },
    })
    const costly = [
      [0, 9],
      [1, 0],
    ]
    const feared = arbitrate(
      { probabilities: [0.2, 0.8], named: null },
      { votes },
      { ...rules, loss: costly, gapMin: 0 },
    )
    expect(feared).toMatchObject({ outcome: 'escalated', winner: fail, because: { observed: -0.6 } })
  })

  test('AR11: the first veto that is cast stands against any odds; one that is not cast does nothing', () => {
    const vetoes = [
      { judge: 'Architect', label: fail },
      { judge: 'QA', label: fail },
      { judge: 'Backend', label: pass },
    ]
    const opinion = { probabilities: [0.01, 0.99], named: null }
    expect(arbitrate(opinion, { votes }, { ...rules, vetoes })).toMatchObject({
      outcome: 'vetoed',
      winner: fail,
      probability: 0.01,
      dissent: ['Architect', 'Backend'],
      because: { rule: 'veto', observed: 'QA', limit: null },
    })
    expect(arbitrate(opinion, { votes }, { ...rules, vetoes: vetoes.slice(0, 1) }).outcome).toBe('decided')
  })
})

describe('the gap', () => {
  const cases = (count: number, gap: number, right: boolean) => Array.from({ length: count }, () => ({ gap, right }))

  test('AR10: is read off audited decisions: the smallest whose decisions surely err as seldom as asked', () => {
    const audited = [...cases(80, 0.9, true), ...cases(40, 0.6, true), ...cases(40, 0.2, false)]
    expect(gapFor(audited, 0.05)).toMatchObject({
      gapMin: 0.6,
      because: { rule: 'audited-risk-coverage', limit: 0.95 },
    })
    const mixed = [...cases(80, 0.9, true), ...cases(30, 0.6, true), ...cases(30, 0.6, false)]
    expect(gapFor(mixed, 0.05).gapMin).toBe(0.9)
  })

  test('AR10: starts at .5 while audits are few, and leaves all to humans where no gap is good enough', () => {
    expect(gapFor([], 0.05)).toMatchObject({ gapMin: startGap, because: { rule: 'too-few-audits', observed: 0 } })
    expect(gapFor(cases(19, 0.9, true), 0.05).gapMin).toBe(0.5)
    expect(gapFor([...cases(100, 0.9, true), ...cases(100, 0.9, false)], 0.05)).toMatchObject({
      gapMin: 1,
      because: { rule: 'no-gap-is-safe' },
    })
  })
})

describe('figures', () => {
  const one = (truth: number, said: number, confidence: number) => ({ truth, said, confidence })

  test('are accuracy, its mean over the classes, the calibration error and the coverage at 90 %', () => {
    const judged = [one(1, 1, 0.95), one(0, 0, 0.95), one(0, 0, 0.75), one(0, 1, 0.55)]
    expect(figuresOf(judged)).toEqual({
      accuracy: 0.75,
      balancedAccuracy: expect.closeTo((1 + 2 / 3) / 2, 12),
      ece: expect.closeTo((2 * 0.05 + 0.25 + 0.55) / 4, 12),
      coverageAt90: 0.75,
    })
  })

  test('items as confident go together: nothing is covered by the luck of an order', () => {
    expect(figuresOf([one(1, 1, 0.8), one(1, 0, 0.8)]).coverageAt90).toBe(0)
    expect(figuresOf([])).toEqual({ accuracy: null, balancedAccuracy: null, ece: null, coverageAt90: null })
  })

  test.each([
    [1, 8, 0.9, 0.9 - Math.sqrt(0.09 / 11)],
    [0, 0, 0.5, 0.5 - Math.sqrt(0.25 / 3)],
  ])('a share of %d in %d is at least what its lower bound says', (share, count, estimate, bound) => {
    expect(lowerBound(share, count).estimate).toBeCloseTo(estimate, 12)
    expect(lowerBound(share, count).lowerBound).toBeCloseTo(bound, 12)
  })
})
