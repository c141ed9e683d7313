import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exactMcNemar } from './binomial.ts'
import { fisherExact } from './fisher.ts'
import { type Fraction, signFlipTest } from './sign-flip.ts'

const count = (max: number) => fc.integer({ min: 0, max })

describe('exact McNemar', () => {
  // 59 and 121: the table in the documentation of statsmodels' `mcnemar` (p = 4.434446e-06); 86 and 150: approval
  // ratings of R's `mcnemar.test` (exact p by `binom.test(86, 236)`). All digits: integer sums at 40 digits.
  test.each([
    [12, 0, 0.00048828125],
    [3, 6, 0.5078125],
    [1, 7, 0.0703125],
    [6, 16, 0.052478790283203125],
    [59, 121, 4.434449263755176e-6],
    [86, 150, 3.715936139571442e-5],
    [100, 1000, 2.3274498138259826e-187],
    [5000, 5200, 0.04878796312682245],
    [500_000, 502_000, 0.045824695263224316],
  ])('%i against %i discordant pairs gives the reference value to 12 digits', (b, c, expected) => {
    expect(Math.abs(exactMcNemar(b, c) / expected - 1)).toBeLessThan(1e-12)
  })

  test('agrees with counting all outcomes for every table of up to 14 discordant pairs, to the last bit', () => {
    for (let b = 0; b <= 7; b++) {
      for (let c = 0; c <= 7; c++) {
        const pairs = b + c
        let asExtreme = 0
        for (let outcome = 0; outcome < 2 ** pairs; outcome++) {
          if (Math.abs(2 * bits(outcome) - pairs) >= Math.abs(b - c)) asExtreme += 1
        }
        expect(exactMcNemar(b, c)).toBe(asExtreme / 2 ** pairs)
      }
    }
  })

  test('exchanging the arms gives the same number to the last bit, and it is a probability', () => {
    fc.assert(
      fc.property(count(1e6), count(1e6), (b, c) => {
        const p = exactMcNemar(b, c)
        expect(p).toBe(exactMcNemar(c, b))
        expect(p).toBeGreaterThanOrEqual(0)
        expect(p).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('one more pair for the side that leads never weakens the evidence', () => {
    fc.assert(
      fc.property(count(2000), count(2000), (b, extra) => {
        expect(exactMcNemar(b, b + extra + 1)).toBeLessThanOrEqual(exactMcNemar(b, b + extra) * (1 + 1e-12))
      }),
    )
  })

  test('refuses what is not a count', () => {
    expect(() => exactMcNemar(-1, 2)).toThrow(RangeError)
    expect(() => exactMcNemar(0.5, 2)).toThrow(RangeError)
  })
})

describe('Fisher exact', () => {
  // Fisher's tea taster and the convicted twins (R `fisher.test`: p = 0.4857, 0.0005367), whales and sharks (SciPy
  // `fisher_exact`: p = 0.0349…). All digits: integer sums at 40 digits.
  test.each([
    [3, 4, 1, 4, 0.4857142857142857],
    [10, 13, 2, 17, 0.0005367241191434358],
    [8, 10, 1, 6, 0.03496503496503497],
    [6, 8, 1, 5, 0.10256410256410256],
    [1, 12, 5, 14, 0.16956521739130434],
    [450, 1000, 520, 1010, 0.003727197533976828],
    [300, 600, 298, 601, 0.9081545152989634],
    [9000, 20_000, 9300, 20_500, 0.4599825900637755],
    [450_000, 1_000_000, 451_500, 1_000_000, 0.0331496729760466],
  ])('%i of %i against %i of %i gives the reference value to ten digits', (a, n1, c, n2, expected) => {
    const p = fisherExact({ successes: a, trials: n1 }, { successes: c, trials: n2 })
    expect(Math.abs(p / expected - 1)).toBeLessThan(1e-10)
  })

  test('agrees with counting all tables of the same margins in integers', () => {
    fc.assert(
      fc.property(count(25), count(25), fc.nat(), fc.nat(), (n1, n2, seedA, seedC) => {
        const a = seedA % (n1 + 1)
        const c = seedC % (n2 + 1)
        const p = fisherExact({ successes: a, trials: n1 }, { successes: c, trials: n2 })
        expect(Math.abs(p - countedFisher(a, n1, c, n2))).toBeLessThan(1e-12)
      }),
      { numRuns: 500 },
    )
  })

  test('exchanging the arms gives the same number to the last bit; success and failure are symmetric', () => {
    fc.assert(
      fc.property(count(5000), count(5000), fc.nat(), fc.nat(), (n1, n2, seedA, seedC) => {
        const first = { successes: seedA % (n1 + 1), trials: n1 }
        const second = { successes: seedC % (n2 + 1), trials: n2 }
        const p = fisherExact(first, second)
        expect(fisherExact(second, first)).toBe(p)
        const failures = fisherExact(
          { successes: n1 - first.successes, trials: n1 },
          { successes: n2 - second.successes, trials: n2 },
        )
        expect(Math.abs(failures - p)).toBeLessThan(1e-9)
        expect(p).toBeGreaterThanOrEqual(0)
        expect(p).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('no trials in an arm, or no success anywhere, is no evidence: p = 1', () => {
    expect(fisherExact({ successes: 0, trials: 0 }, { successes: 5, trials: 9 })).toBe(1)
    expect(fisherExact({ successes: 0, trials: 7 }, { successes: 0, trials: 9 })).toBe(1)
    expect(fisherExact({ successes: 7, trials: 7 }, { successes: 9, trials: 9 })).toBe(1)
  })

  test('refuses more successes than trials', () => {
    expect(() => fisherExact({ successes: 2, trials: 1 }, { successes: 0, trials: 1 })).toThrow(RangeError)
  })
})

describe('sign flip', () => {
  const fraction = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.nat(), fc.nat())
    .map(([n1, n2, s1, s2]): Fraction => {
      return { numerator: (s2 % (n2 + 1)) * n1 - (s1 % (n1 + 1)) * n2, denominator: n1 * n2 }
    })

  // SciPy 1.17.1 `permutation_test` with permutation_type='samples' over all 128 sign patterns: 0.21875.
  test('gives the reference value for differences of ½, −¼, ¾, 1, ¼, −½, ⅓', () => {
    const differences = (
      [
        [1, 2],
        [-1, 4],
        [3, 4],
        [1, 1],
        [1, 4],
        [-1, 2],
        [1, 3],
      ] as const
    ).map(([numerator, denominator]) => ({ numerator, denominator }))
    expect(signFlipTest(differences)).toEqual({ pValue: 0.21875, exact: true })
  })

  test('agrees with trying all sign patterns', () => {
    fc.assert(
      fc.property(fc.array(fraction, { maxLength: 10 }), (differences) => {
        // 144 is a multiple of every denominator, so the sums are whole.
        const steps = differences.map(({ numerator, denominator }) => (numerator * 144) / denominator)
        const signedSum = (pattern: number) => steps.reduce((sum, s, i) => sum + ((pattern >> i) & 1 ? s : -s), 0)
        const observed = Math.abs(steps.reduce((sum, s) => sum + s, 0))
        let asExtreme = 0
        for (let pattern = 0; pattern < 2 ** steps.length; pattern++) {
          if (Math.abs(signedSum(pattern)) >= observed) asExtreme += 1
        }
        const result = signFlipTest(differences)
        expect(result.exact).toBe(true)
        expect(result.pValue).toBeCloseTo(asExtreme / 2 ** steps.length, 12)
      }),
    )
  })

  test('is exactly McNemar when every unit was tried once', () => {
    fc.assert(
      fc.property(count(60), count(60), count(60), (b, c, ties) => {
        const differences = [
          ...Array.from({ length: b }, () => ({ numerator: -1, denominator: 1 })),
          ...Array.from({ length: c }, () => ({ numerator: 1, denominator: 1 })),
          ...Array.from({ length: ties }, () => ({ numerator: 0, denominator: 1 })),
        ]
        expect(Math.abs(signFlipTest(differences).pValue - exactMcNemar(b, c))).toBeLessThan(1e-12)
      }),
    )
  })

  test('beyond what can be enumerated it says so and lies close to the exact answer', () => {
    const differences = Array.from({ length: 60 }, (_, i) => ({ numerator: (i % 9) - 3, denominator: 8 }))
    const exact = signFlipTest(differences)
    const approximate = signFlipTest([...differences, { numerator: 1, denominator: 20_000_003 }])
    expect(exact.exact).toBe(true)
    expect(approximate.exact).toBe(false)
    expect(Math.abs(approximate.pValue - exact.pValue)).toBeLessThan(0.002)
  })
})

function bits(value: number): number {
  let rest = value
  let set = 0
  for (; rest > 0; rest >>= 1) set += rest & 1
  return set
}

function countedFisher(a: number, n1: number, c: number, n2: number): number {
  const successes = a + c
  const ways = (k: number) => choose(n1, k) * choose(n2, successes - k)
  let asExtreme = 0n
  let all = 0n
  for (let k = Math.max(0, successes - n2); k <= Math.min(n1, successes); k++) {
    all += ways(k)
    if (ways(k) <= ways(a)) asExtreme += ways(k)
  }
  return Number((asExtreme * 10n ** 18n) / all) / 1e18
}

function choose(n: number, k: number): bigint {
  let ways = 1n
  for (let i = 1; i <= k; i++) ways = (ways * BigInt(n - k + i)) / BigInt(i)
  return ways
}
