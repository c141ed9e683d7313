import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { meanDifferenceInterval, meanInterval, meanOf, varianceOf } from './means.ts'
import { independentDifferenceInterval, pairedDifferenceInterval, wilsonInterval } from './proportions.ts'
import { independentRatio, pairedRatio } from './ratios.ts'

// Gosset's sleep data, the example of R's `t.test`.
const drug1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2]
const drug2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
const gains = drug2.map((value, i) => value - (drug1[i] ?? Number.NaN))
const logs = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 40 })

describe('means', () => {
  test('the paired interval of the sleep data is that of R to seven decimals', () => {
    const interval = meanInterval(gains, 0.95)
    expect(interval?.mean).toBeCloseTo(1.58, 12)
    expect(interval?.low).toBeCloseTo(0.7001142, 7)
    expect(interval?.high).toBeCloseTo(2.4598858, 7)
  })

  test('Welch’s interval of the sleep data is that of R to seven decimals', () => {
    const interval = meanDifferenceInterval(drug1, drug2, 0.95)
    expect(interval?.low).toBeCloseTo(-0.2054832, 7)
    expect(interval?.high).toBeCloseTo(3.3654832, 7)
  })

  test('too few values give no interval, never a certain one', () => {
    expect(meanInterval([3], 0.95)).toBeNull()
    expect(meanInterval([], 0.95)).toBeNull()
    expect(meanDifferenceInterval([1], [1, 2, 3], 0.95)).toBeNull()
    expect(() => meanOf([])).toThrow(RangeError)
    expect(() => varianceOf([1])).toThrow(RangeError)
  })

  test('exchanging the samples mirrors Welch’s interval', () => {
    fc.assert(
      fc.property(logs, logs, (first, second) => {
        const forth = meanDifferenceInterval(first, second, 0.95)
        const back = meanDifferenceInterval(second, first, 0.95)
        expect(forth?.low).toBeCloseTo(-(back?.high ?? Number.NaN), 9)
        expect(forth?.high).toBeCloseTo(-(back?.low ?? Number.NaN), 9)
      }),
    )
  })
})

describe('ratios', () => {
  test('the paired ratio is the exponential of the paired interval', () => {
    const ratio = pairedRatio(gains, 0.95)
    expect(Math.log(ratio?.ratio ?? 0)).toBeCloseTo(1.58, 12)
    expect(Math.log(ratio?.low ?? 0)).toBeCloseTo(0.7001142, 7)
    expect(Math.log(independentRatio(drug1, drug2, 0.95)?.high ?? 0)).toBeCloseTo(3.3654832, 7)
  })

  test('scaling every value of one arm scales the ratio and keeps its relative width', () => {
    fc.assert(
      fc.property(logs, fc.double({ min: -2, max: 2, noNaN: true }), (values, shift) => {
        const before = pairedRatio(values, 0.95)
        const after = pairedRatio(
          values.map((value) => value + shift),
          0.95,
        )
        fc.pre(before !== null && after !== null)
        expect(Math.log(after.low)).toBeCloseTo(Math.log(before.low) + shift, 6)
        expect(Math.log(after.high)).toBeCloseTo(Math.log(before.high) + shift, 6)
      }),
    )
  })

  test('a handful of equal values is no evidence; six are', () => {
    expect(pairedRatio([0.1, 0.1, 0.1, 0.1, 0.1], 0.95)).toBeNull()
    expect(pairedRatio([0, 0, 0, 0, 0, 0], 0.95)).toEqual({ ratio: 1, low: 1, high: 1 })
    expect(independentRatio([1, 1], [1, 1, 1], 0.95)).toBeNull()
    expect(independentRatio([1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1], 0.95)).toEqual({ ratio: 1, low: 1, high: 1 })
    expect(independentRatio([1, 1, 1, 1, 1, 1], [], 0.95)).toBeNull()
  })
})

describe('proportions', () => {
  // Newcombe, Statistics in Medicine 17:857–872 (1998), table I, method 3: 81/263 → .2553–.3662; 15/148 → .0624–.1605;
  // 0/20 → 0–.1611; 1/29 → .0061–.1718.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('Wilson’s interval of %i of %i is the published one to four decimals', (successes, trials, low, high) => {
    const interval = wilsonInterval({ successes, trials }, 0.95)
    expect(Math.abs(interval.low - low)).toBeLessThan(0.00005)
    expect(Math.abs(interval.high - high)).toBeLessThan(0.00005)
  })

  // Newcombe, Statistics in Medicine 17:873–890 (1998), method 10: 56/70 − 48/80 → .0524 to .3339.
  test('the difference of independent proportions is the published one to four decimals', () => {
    const interval = independentDifferenceInterval({ successes: 48, trials: 80 }, { successes: 56, trials: 70 }, 0.95)
    expect(interval.low).toBeCloseTo(0.0524, 4)
    expect(interval.high).toBeCloseTo(0.3339, 4)
  })

  // Fagerland, Lydersen, Laake (BMC Med. Res. Method. 14:133, 2014), Tango: −.517 to −.026 (Bentur: 1 and 7 of 21);
  // R contingencytables, Tango: −.1240 to −.0054 (Cavo: 6 and 16 of 161). Longer: direct maximisation of the likelihood.
  test.each([
    [21, 7, 1, -0.517, -0.026, 3],
    [21, 7, 1, -0.5172323, -0.026003, 6],
    [161, 16, 6, -0.124, -0.0054, 4],
    [160, 20, 40, 0.0308645, 0.2180642, 6],
    [44, 1, 0, -0.118077, 0.0593932, 6],
    [20, 0, 0, -0.1611252, 0.1611252, 6],
  ])('of %i pairs, %i and %i discordant: Tango’s interval is the reference one', (pairs, b, c, low, high, decimals) => {
    const interval = pairedDifferenceInterval({ pairs, onlyFirst: b, onlySecond: c }, 0.95)
    expect(interval.low).toBeCloseTo(low, decimals)
    expect(interval.high).toBeCloseTo(high, decimals)
  })

  test('paired intervals mirror to the last bit, hold the estimate and stay within −1 and 1', () => {
    const three = fc.integer({ min: 0, max: 400 })
    fc.assert(
      fc.property(three, three, three, (both, b, c) => {
        const pairs = both + b + c
        fc.pre(pairs > 0)
        const interval = pairedDifferenceInterval({ pairs, onlyFirst: b, onlySecond: c }, 0.95)
        const mirrored = pairedDifferenceInterval({ pairs, onlyFirst: c, onlySecond: b }, 0.95)
        expect(interval.low).toBe(-mirrored.high)
        expect(interval.high).toBe(-mirrored.low)
        expect(interval.low).toBeGreaterThanOrEqual(-1)
        expect(interval.high).toBeLessThanOrEqual(1)
        expect(interval.low).toBeLessThanOrEqual((c - b) / pairs)
        expect(interval.high).toBeGreaterThanOrEqual((c - b) / pairs)
        expect(interval.high).toBeGreaterThan(interval.low)
      }),
    )
  })

  test('independent intervals hold the estimate and stay within −1 and 1', () => {
    const trials = fc.integer({ min: 1, max: 500 })
    fc.assert(
      fc.property(trials, trials, fc.nat(), fc.nat(), (n1, n2, a, b) => {
        const first = { successes: a % (n1 + 1), trials: n1 }
        const second = { successes: b % (n2 + 1), trials: n2 }
        const { low, high } = independentDifferenceInterval(first, second, 0.95)
        const difference = second.successes / n2 - first.successes / n1
        expect(low).toBeGreaterThanOrEqual(-1 - 1e-12)
        expect(high).toBeLessThanOrEqual(1 + 1e-12)
        expect(low).toBeLessThan(difference + 1e-12)
        expect(high).toBeGreaterThan(difference - 1e-12)
      }),
    )
  })

  test('refuses tables that cannot be', () => {
    expect(() => pairedDifferenceInterval({ pairs: 0, onlyFirst: 0, onlySecond: 0 }, 0.95)).toThrow(RangeError)
    expect(() => pairedDifferenceInterval({ pairs: 3, onlyFirst: 2, onlySecond: 2 }, 0.95)).toThrow(RangeError)
    expect(() => wilsonInterval({ successes: 0, trials: 0 }, 0.95)).toThrow(RangeError)
    expect(() => wilsonInterval({ successes: 1, trials: 2 }, 95)).toThrow(RangeError)
  })
})
