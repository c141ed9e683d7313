/**
 * Exact fractions for money: prices are decimals, hours have 3,600 seconds, and a sum is rounded once, at its end.
 * The denominator is positive; fractions are not reduced, since they live for one sum only.
 */
export interface Rational {
  readonly numerator: bigint
  readonly denominator: bigint
}

export const zero: Rational = { numerator: 0n, denominator: 1n }

const decimalText = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/

/** The exact value of a decimal as people and JSON write it (`0.15`, `7e-7`); null for any other text. */
export function parseDecimal(text: string): Rational | null {
  const match = decimalText.exec(text)
  if (match === null) return null
  const [, sign = '', whole = '0', fraction = '', exponent = '0'] = match
  const digits = BigInt(`${sign}${whole}${fraction}`)
  const scale = fraction.length - Number(exponent)
  return scale >= 0
    ? { numerator: digits, denominator: 10n ** BigInt(scale) }
    : { numerator: digits * 10n ** BigInt(-scale), denominator: 1n }
}

/** A finite number's shortest decimal form, which is what it was written with; throws for NaN and infinities. */
export function rationalOf(value: number): Rational {
  const parsed = parseDecimal(String(value))
  if (parsed === null) throw new RangeError(`${value} is not a finite number`)
  return parsed
}

export function add(a: Rational, b: Rational): Rational {
  if (a.denominator === b.denominator) return { numerator: a.numerator + b.numerator, denominator: a.denominator }
  return {
    numerator: a.numerator * b.denominator + b.numerator * a.denominator,
    denominator: a.denominator * b.denominator,
  }
}

export function multiply(a: Rational, b: Rational): Rational {
  return { numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator }
}

/** The nearest whole number; a half goes to the even neighbour. */
export function roundHalfEven({ numerator, denominator }: Rational): bigint {
  const down = numerator / denominator - (numerator < 0n && numerator % denominator !== 0n ? 1n : 0n)
  const twiceRest = 2n * (numerator - down * denominator)
  const up = twiceRest > denominator || (twiceRest === denominator && down % 2n !== 0n)
  return up ? down + 1n : down
}
