import type { Found } from './found.ts'
import { digitsOf, passesLuhn, type Searched, textAfter, textBefore } from './surroundings.ts'

/**
 * Issuers' prefixes with the lengths that they give out (ISO/IEC 7812, as listed at "Payment card number" and by the
 * schemes): from and to are compared with as many leading digits as they have.
 */
const issuers: readonly (readonly [from: number, to: number, lengths: readonly number[]])[] = [
  [4, 4, [13, 16, 19]],
  [51, 55, [16]],
  [2221, 2720, [16]],
  [34, 34, [15]],
  [37, 37, [15]],
  [6011, 6011, [16, 19]],
  [644, 659, [16, 17, 18, 19]],
  [300, 305, [14, 16]],
  [3095, 3095, [14, 16]],
  [36, 36, [14, 16]],
  [38, 39, [14, 16]],
  [3528, 3589, [16, 17, 18, 19]],
  [1800, 1800, [15]],
  [2131, 2131, [15]],
  [62, 62, [16, 17, 18, 19]],
  [81, 82, [16]],
  [2200, 2204, [16, 17, 18, 19]],
  [50, 50, [12, 13, 14, 15, 16, 17, 18, 19]],
  [56, 58, [12, 13, 14, 15, 16, 17, 18, 19]],
  [60, 60, [16]],
  [63, 63, [12, 13, 14, 15, 16, 17, 18, 19]],
  [67, 67, [12, 13, 14, 15, 16, 17, 18, 19]],
  [9792, 9792, [16]],
]

/** One piece, or pieces as they stand on the card: 4-4-4-4(-3), 4-6-5 and 4-6-4. */
const candidates =
  /(?<![\p{L}\p{N}_]|[\p{N}][.,-])(?:\d{12,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5})(?![\p{L}\p{N}_]|[.,]\d|-\d)/gu

/** Words that make a number a card's, whoever issued it. */
const cardWords =
  /\b(?:cards?|credit|debit|visa|master ?card|maestro|amex|american express|diners|discover|jcb|union ?pay|cc|ccn|pan|cvv|cvc|karten?|kreditkarten?(?:nummer)?|tarjetas?|cartes?|cartas?|carte|cart[ãa]o|kort(?:et|nummer)?|kaart(?:nummer)?)\b/

/** Lengths that other numbers have as well, of which one in ten passes Luhn: bar codes, time stamps, snowflake ids. */
const commonLengths: ReadonlySet<number> = new Set([12, 13, 17, 18, 19])

/**
 * Card numbers: Luhn's checksum, and an issuer's prefix with a length that it gives out or words that say it is a card's
 * (test numbers and young issuers stand in no list).
 */
export function findCards(searched: Searched): readonly Found[] {
  const found: Found[] = []
  for (const match of searched.text.matchAll(candidates)) {
    const start = match.index
    const end = start + match[0].length
    const digits = digitsOf(match[0])
    if (!passesLuhn(digits)) continue
    const byForm = isIssued(digits) && !commonLengths.has(digits.length)
    if (!byForm && !isSpokenOf(searched, start, end)) continue
    found.push({ start, end, rule: 'card', class: 'card' })
  }
  return found
}

function isIssued(digits: readonly number[]): boolean {
  return issuers.some(([from, to, lengths]) => {
    const prefix = Number(digits.slice(0, String(from).length).join(''))
    return prefix >= from && prefix <= to && lengths.includes(digits.length)
  })
}

function isSpokenOf(searched: Searched, start: number, end: number): boolean {
  return cardWords.test(textBefore(searched, start, 80)) || cardWords.test(textAfter(searched, end, 40))
}
