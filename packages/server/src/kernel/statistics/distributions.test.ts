import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { regularizedIncompleteBeta } from './beta.ts'
import { logGamma, stirlingError } from './gamma.ts'
import { normalCdf, normalQuantile } from './normal.ts'
import { studentCdf, studentQuantile } from './student.ts'

/** Asserts agreement to a number of significant digits. */
function expectDigits(actual: number, expected: number, digits: number): void {
  expect(Math.abs(actual - expected), `${actual} against ${expected}`).toBeLessThan(
    Math.abs(expected) * 0.5 * 10 ** (1 - digits),
  )
}

describe('log gamma', () => {
  // Abramowitz & Stegun, table 6.1: Γ(1.25), Γ(1.5), Γ(1.75), ten digits.
  test.each([
    [1.25, 0.9064024771],
    [1.5, 0.8862269255],
    [1.75, 0.9190625268],
  ])('agrees with the published table at %f to ten digits', (x, gamma) => {
    expectDigits(Math.exp(logGamma(x)), gamma, 10)
  })

  // mpmath 1.3.0 at 40 digits.
  test.each([
    [0.1, 2.252712651734206],
    [0.5, 0.5723649429247001],
    [3.7, 1.428072326665388],
    [10, 12.801827480081469],
    [100, 359.1342053695754],
    [1e6, 12_815_504.569147611],
  ])('agrees with arbitrary precision at %f to 14 digits', (x, expected) => {
    expectDigits(logGamma(x), expected, 14)
  })

  test('Γ(n) is the factorial of n − 1', () => {
    let factorial = 1
    for (let n = 1; n <= 20; n++) {
      expect(Math.abs(logGamma(n) - Math.log(factorial))).toBeLessThan(1e-13)
      factorial *= n
    }
  })

  test('the Stirling error joins its series without a step', () => {
    const before = stirlingError(10 - 1e-11)
    expect(Math.abs(before - stirlingError(10 + 1e-11))).toBeLessThan(1e-13)
  })

  test('refuses what has no value', () => {
    expect(() => logGamma(0)).toThrow(RangeError)
    expect(() => logGamma(Number.NaN)).toThrow(RangeError)
  })
})

describe('normal distribution', () => {
  // Abramowitz & Stegun, table 26.1, 15 decimals.
  test.each([
    [0.5, 0.691462461274013],
    [1, 0.841344746068543],
    [1.5, 0.933192798731142],
    [2, 0.977249868051821],
    [3, 0.99865010196837],
  ])('P(Z ≤ %f) agrees with the published table to 15 decimals', (x, expected) => {
    expect(Math.abs(normalCdf(x) - expected)).toBeLessThan(1e-15)
  })

  // mpmath 1.3.0 at 40 digits.
  test.each([
    [-1, 0.15865525393145705],
    [-1.96, 0.024997895148220435],
    [-2.5, 0.006209665325776135],
    [-5, 2.866515718791939e-7],
    [-10, 7.619853024160525e-24],
  ])('the tail P(Z ≤ %f) keeps 13 significant digits', (x, expected) => {
    expectDigits(normalCdf(x), expected, 13)
  })

  // Wichura, algorithm AS 241 (Applied Statistics 37, 1988): its own check values.
  test.each([
    [0.25, -0.6744897501960817],
    [0.001, -3.090232306167814],
    [1e-20, -9.2623400897984],
  ])('the quantile at %f agrees with AS 241 to 14 digits', (probability, expected) => {
    expectDigits(normalQuantile(probability), expected, 14)
  })

  test('quantile and probability undo each other', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), (p) => {
        expectDigits(normalCdf(normalQuantile(p)), p, 12)
      }),
    )
  })

  test('P(Z ≤ x) + P(Z ≤ −x) = 1, and more x never means less probability', () => {
    const finite = fc.double({ min: -12, max: 12, noNaN: true })
    fc.assert(
      fc.property(finite, finite, (x, y) => {
        expect(Math.abs(normalCdf(x) + normalCdf(-x) - 1)).toBeLessThan(1e-15)
        expect(normalCdf(Math.min(x, y))).toBeLessThanOrEqual(normalCdf(Math.max(x, y)) * (1 + 1e-14))
      }),
    )
  })
})

describe('incomplete beta', () => {
  // mpmath 1.3.0 at 40 digits.
  test.each([
    [0.3, 0.2, 3.5, 0.9559177795089265],
    [0.5, 2, 3, 0.6875],
    [0.1, 0.5, 0.5, 0.20483276469913345],
    [0.25, 10, 20, 0.16630494959787945],
    [0.45, 500, 600, 0.3816937336648402],
  ])('I_%f(%f, %f) agrees with arbitrary precision to 13 digits', (x, a, b, expected) => {
    expectDigits(regularizedIncompleteBeta(x, a, b), expected, 13)
  })

  test('I at whole a, b is the binomial tail', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (a, b) => {
        const n = a + b - 1
        let tail = 0
        for (let k = a; k <= n; k++) tail += chooseHalf(n, k)
        expectDigits(regularizedIncompleteBeta(0.5, a, b), tail, 12)
      }),
    )
  })

  test('refuses what has no value', () => {
    expect(() => regularizedIncompleteBeta(1.1, 1, 1)).toThrow(RangeError)
    expect(() => regularizedIncompleteBeta(0.5, 0, 1)).toThrow(RangeError)
  })
})

describe('Student t', () => {
  // Abramowitz & Stegun, table 26.10: t with two-sided probability .95 (three decimals) and one-sided .9995.
  test.each([
    [0.025, 1, 12.706],
    [0.025, 2, 4.303],
    [0.025, 5, 2.571],
    [0.025, 10, 2.228],
    [0.025, 30, 2.042],
    [0.025, 120, 1.98],
    [0.0005, 5, 6.869],
  ])('the quantile at %f with %f d.f. agrees with the published table', (probability, df, expected) => {
    expect(Math.abs(-studentQuantile(probability, df) - expected)).toBeLessThan(0.0005)
  })

  // mpmath 1.3.0 at 40 digits.
  test.each([
    [0.025, 1, -12.706204736174705],
    [0.025, 2, -4.302652729749464],
    [0.025, 9, -2.2621571627982053],
    [0.025, 39, -2.0226909200367613],
    [0.025, 17.776, -2.1028213103802216],
    [0.0005, 5, -6.86882662588111],
    [0.025, 1e5, -1.9599877075346097],
  ])('the quantile at %f with %f d.f. agrees with arbitrary precision to 12 digits', (probability, df, expected) => {
    expectDigits(studentQuantile(probability, df), expected, 12)
  })

  test.each([
    [-1, 1, 0.25],
    [-2.5, 3, 0.04385332350403277],
    [-2, 9, 0.03827641188535052],
    [-1.8608, 17.776, 0.039698289069889904],
    [-6, 30, 6.971384383602371e-7],
  ])('P(T ≤ %f) with %f d.f. agrees with arbitrary precision to 12 digits', (t, df, expected) => {
    expectDigits(studentCdf(t, df), expected, 12)
  })

  test('a million degrees of freedom still leave 11 digits', () => {
    expectDigits(studentCdf(-3, 1e6), 0.0013499312707108985, 11)
  })

  test('quantile and probability undo each other, and t approaches the normal', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }),
        fc.double({ min: 0.5, max: 500, noNaN: true }),
        (p, df) => {
          expectDigits(studentCdf(studentQuantile(p, df), df), p, 10)
        },
      ),
    )
    expect(Math.abs(studentQuantile(0.975, 1e8) - normalQuantile(0.975))).toBeLessThan(1e-6)
  })
})

function chooseHalf(n: number, k: number): number {
  let product = 1
  for (let i = 1; i <= k; i++) product *= (n - k + i) / i
  return product / 2 ** n
}
