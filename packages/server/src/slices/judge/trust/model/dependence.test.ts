import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../testkit/seeded-random.ts'
import { copiesAmong } from './copies.ts'
import { agreementIndependence, auditedIndependence, independenceOf } from './independence.ts'
import { orderEffectsOf } from './order-effects.ts'
import type { JudgedItem } from './panel.ts'

const other = { pass: 'fail', fail: 'pass' } as const

/** Judges that are right with the given probabilities, independently; `copyOf` names whose word another repeats. */
function panel(
  accuracies: Readonly<Record<string, number>>,
  count: number,
  seed: number,
  copyOf: Readonly<Record<string, string>> = {},
): JudgedItem[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, at) => {
    const gold = random.unit() < 0.5 ? ('pass' as const) : ('fail' as const)
    const words = new Map(
      Object.entries(accuracies).map(([judge, accuracy]) => [judge, random.unit() < accuracy ? gold : other[gold]]),
    )
    for (const [judge, from] of Object.entries(copyOf)) words.set(judge, words.get(from) ?? gold)
    return [...words].map(([judge, said]): JudgedItem => ({ itemId: `item ${at}`, judge, said, gold }))
  }).flat()
}

const four = { a: 0.8, b: 0.75, c: 0.85, d: 0.7 }
const unaudited = (items: readonly JudgedItem[]) => items.map((item) => ({ ...item, gold: null }))

describe('independent votes', () => {
  test('TR7: judges who err independently count nearly all, judges who err together as one', () => {
    expect(auditedIndependence(panel(four, 2000, 1))).toMatchObject({ basis: 'audited-errors', judges: 4, pairs: 6 })
    expect(auditedIndependence(panel(four, 2000, 1))?.effectiveVotes).toBeGreaterThan(3.7)
    const copied = panel({ a: 0.8 }, 500, 2, { b: 'a', c: 'a' })
    expect(auditedIndependence(copied)?.effectiveVotes).toBeCloseTo(1, 9)
  })

  test('TR7: what it rests on is said: audited errors, else agreement, which counts shared truth as dependence', () => {
    const items = panel(four, 1000, 3)
    expect(independenceOf(items)?.basis).toBe('audited-errors')
    const byAgreement = independenceOf(unaudited(items))
    expect(byAgreement?.basis).toBe('agreement')
    expect(byAgreement).toEqual(agreementIndependence(items))
    expect(byAgreement?.effectiveVotes).toBeLessThan(independenceOf(items)?.effectiveVotes ?? 0)
    expect(independenceOf(items.slice(0, 4 * 9))).toBeNull()
    expect(independenceOf([])).toBeNull()
  })

  test('TR7: it lies between one and all judges, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 10, max: 60 }), (seed, count) => {
        const items = panel(four, count, seed)
        const votes = independenceOf(items)
        expect(independenceOf([...items].reverse())).toEqual(votes)
        if (votes === null) return
        expect(votes.effectiveVotes).toBeGreaterThanOrEqual(1)
        expect(votes.effectiveVotes).toBeLessThanOrEqual(4)
      }),
    )
  })
})

describe('copies', () => {
  test('TR8: a judge that repeats another is found, with the pair first and a p-value', () => {
    const [first, ...rest] = copiesAmong(panel(four, 200, 4, { d: 'b' }))
    expect(first).toMatchObject({ first: 'b', second: 'd', shared: 200, agreement: 1, excess: 1, isCopy: true })
    expect(first?.pValue).toBeLessThan(1e-10)
    expect(rest.every(({ isCopy }) => !isCopy)).toBe(true)
  })

  test('TR8: judges who agree because both are right are no copies', () => {
    const good = copiesAmong(panel({ a: 0.97, b: 0.97, c: 0.96 }, 300, 5))
    expect(good.every(({ agreement }) => agreement > 0.9)).toBe(true)
    expect(good.every(({ isCopy }) => !isCopy)).toBe(true)
  })

  test('TR8: the p-value is exact: independent judges fall below .05 in at most 5 % of the panels', () => {
    let alarms = 0
    const panels = 400
    for (let seed = 1; seed <= panels; seed++)
      if ((copiesAmong(panel({ a: 0.7, b: 0.6 }, 40, seed))[0]?.pValue ?? 1) < 0.05) alarms++
    // Binomial(400, .05) exceeds 31 with probability .005.
    expect(alarms).toBeLessThanOrEqual(31)
  })

  test('TR8: it is Fisher’s exact test where all gold is alike', () => {
    // Both right on 8, one each right on 1 and 0, both wrong on 5: P(X ≥ 8) = C(9,8)·C(5,0)/C(14,8) = 9/3003.
    const rows = [
      ...Array.from({ length: 8 }, () => [true, true] as const),
      [true, false] as const,
      ...Array.from({ length: 5 }, () => [false, false] as const),
    ]
    const items = rows.flatMap((rights, at) =>
      rights.map((right, judge): JudgedItem => {
        return { itemId: `${at}`, judge: `${judge}`, said: right ? 'pass' : 'fail', gold: 'pass' }
      }),
    )
    expect(copiesAmong(items)[0]?.pValue).toBeCloseTo(9 / 3003, 12)
  })

  test('without audits nobody is called a copy', () => {
    expect(copiesAmong(unaudited(panel(four, 50, 6, { d: 'b' })))).toEqual([])
  })
})

describe('order', () => {
  const shown = (judge: string, itemId: number, asGiven: 'pass' | 'fail' | 'abstain', swapped: 'pass' | 'fail') => [
    { itemId: `${itemId}`, judge, order: 'as-given' as const, said: asGiven },
    { itemId: `${itemId}`, judge, order: 'swapped' as const, said: swapped },
  ]

  test('TR9: a judge that prefers what it sees first is found by McNemar on swapped pairs', () => {
    const first = Array.from({ length: 12 }, (_, at) => shown('first', at, 'pass', 'fail')).flat()
    const noisy = Array.from({ length: 12 }, (_, at) =>
      at % 2 === 0 ? shown('noisy', at, 'pass', 'fail') : shown('noisy', at, 'fail', 'pass'),
    ).flat()
    const steady = Array.from({ length: 12 }, (_, at) => shown('steady', at, 'pass', 'pass')).flat()
    expect(orderEffectsOf([...steady, ...noisy, ...first])).toEqual([
      {
        judge: 'first',
        pairs: 12,
        passOnlyAsGiven: 12,
        passOnlySwapped: 0,
        flipRate: 1,
        pValue: 2 / 2 ** 12,
        favoursAnOrder: true,
      },
      expect.objectContaining({ judge: 'noisy', flipRate: 1, pValue: 1, favoursAnOrder: false }),
      expect.objectContaining({ judge: 'steady', flipRate: 0, pValue: 1, favoursAnOrder: false }),
    ])
  })

  test('TR9: abstentions and items seen in one order are no pairs; without a pair the rate is unknown', () => {
    const half = shown('a', 1, 'pass', 'fail').slice(0, 1)
    expect(orderEffectsOf([...half, ...shown('a', 2, 'abstain', 'pass')])).toEqual([
      expect.objectContaining({ pairs: 0, flipRate: null, pValue: 1 }),
    ])
  })
})
