import fc from 'fast-check'
import { expect, test } from 'vitest'
import { add, multiply, parseDecimal, type Rational, rationalOf, roundHalfEven } from './rational.ts'

const whole = (n: number): Rational => ({ numerator: BigInt(n), denominator: 1n })

test.each<[string, bigint | null]>([
  ['0.5', 0n],
  ['1.5', 2n],
  ['2.5', 2n],
  ['2.5000001', 3n],
  ['-0.5', 0n],
  ['-1.5', -2n],
  ['7e-7', 0n],
  ['7E+2', 700n],
  ['1.25e1', 12n],
  ['', null],
  ['.5', null],
  ['1.', null],
  ['0x10', null],
  ['1e9999', null],
  ['NaN', null],
])('%s is read as a decimal and rounds to %s', (text, rounded) => {
  const parsed = parseDecimal(text)
  expect(parsed === null ? null : roundHalfEven(parsed)).toBe(rounded)
})

test('a finite number is the decimal that it is written as', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const { numerator, denominator } = rationalOf(value)
      const text = String(value)
      expect(parseDecimal(text)).toEqual({ numerator, denominator })
    }),
  )
  expect(() => rationalOf(Number.NaN)).toThrow(RangeError)
})

test('sums and products of whole numbers over a common denominator are exact', () => {
  const small = fc.integer({ min: -1_000_000, max: 1_000_000 })
  fc.assert(
    fc.property(small, small, fc.integer({ min: 1, max: 999 }), fc.integer({ min: 1, max: 999 }), (a, b, c, d) => {
      const sum = add(
        { numerator: BigInt(a), denominator: BigInt(c) },
        { numerator: BigInt(b), denominator: BigInt(d) },
      )
      expect(sum.numerator * BigInt(c * d)).toBe((BigInt(a) * BigInt(d) + BigInt(b) * BigInt(c)) * sum.denominator)
      expect(roundHalfEven(multiply(whole(a), whole(b)))).toBe(BigInt(a) * BigInt(b))
    }),
  )
})
