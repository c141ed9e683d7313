/** A text that is searched, with the name of the field that it stands in, if any: `phone_number` says what a value is. */
export interface Searched {
  readonly text: string
  readonly field: string | null
}

/**
 * What stands before a place, in lower case, at most `length` characters; the field's name counts as the beginning of
 * the text. A name such as `contactPhone_number` reads `contact phone number: `.
 */
export function textBefore({ text, field }: Searched, start: number, length: number): string {
  const near = text.slice(Math.max(0, start - length), start)
  const whole = field === null || start >= length ? near : `${wordsOf(field)}: ${near}`
  return whole.toLowerCase()
}

/** What stands behind a place, in lower case. */
export function textAfter({ text }: Searched, end: number, length: number): string {
  return text.slice(end, end + length).toLowerCase()
}

function wordsOf(field: string): string {
  return field
    .slice(-100)
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .replace(/[_.-]+/g, ' ')
}

/** The digits of a text as numbers. */
export function digitsOf(text: string): readonly number[] {
  const digits: number[] = []
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit >= 0 && digit <= 9) digits.push(digit)
  }
  return digits
}

/** Luhn's checksum (ISO/IEC 7812-1, annex B). */
export function passesLuhn(digits: readonly number[]): boolean {
  let sum = 0
  for (let place = 0; place < digits.length; place++) {
    const digit = digits[digits.length - 1 - place] ?? 0
    const counted = place % 2 === 0 ? digit : digit * 2
    sum += counted > 9 ? counted - 9 : counted
  }
  return sum % 10 === 0
}
