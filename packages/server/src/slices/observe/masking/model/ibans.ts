import type { Found } from './found.ts'
import type { Searched } from './surroundings.ts'

/** Length of an IBAN by country: the SWIFT IBAN registry, release 99. */
const lengths: Readonly<Record<string, number>> = {
  AD: 24,
  AE: 23,
  AL: 28,
  AT: 20,
  AZ: 28,
  BA: 20,
  BE: 16,
  BG: 22,
  BH: 22,
  BI: 27,
  BR: 29,
  BY: 28,
  CH: 21,
  CR: 22,
  CY: 28,
  CZ: 24,
  DE: 22,
  DJ: 27,
  DK: 18,
  DO: 28,
  EE: 20,
  EG: 29,
  ES: 24,
  FI: 18,
  FK: 18,
  FO: 18,
  FR: 27,
  GB: 22,
  GE: 22,
  GI: 23,
  GL: 18,
  GR: 27,
  GT: 28,
  HN: 28,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IQ: 23,
  IS: 26,
  IT: 27,
  JO: 30,
  KW: 30,
  KZ: 20,
  LB: 28,
  LC: 32,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  LY: 25,
  MC: 27,
  MD: 24,
  ME: 22,
  MK: 19,
  MN: 20,
  MR: 27,
  MT: 31,
  MU: 30,
  NI: 28,
  NL: 18,
  NO: 15,
  OM: 23,
  PK: 24,
  PL: 28,
  PS: 29,
  PT: 25,
  QA: 29,
  RO: 24,
  RS: 22,
  RU: 33,
  SA: 24,
  SC: 31,
  SD: 18,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  SO: 23,
  ST: 25,
  SV: 28,
  TL: 23,
  TN: 24,
  TR: 26,
  UA: 29,
  VA: 22,
  VG: 24,
  XK: 20,
  YE: 30,
}

const beginnings = /(?<![\p{L}\p{N}_])[A-Za-z]{2}\d{2}(?=[ -]?[0-9A-Za-z])/gu

/** International bank account numbers, in one piece or in groups of four: country, its length, and remainder 1 of 97. */
export function findIbans({ text }: Searched): readonly Found[] {
  const found: Found[] = []
  for (const { index: start, 0: beginning } of text.matchAll(beginnings)) {
    const length = lengths[beginning.slice(0, 2).toUpperCase()]
    const end = length === undefined ? null : endOf(text, start, length)
    if (end !== null && remainderOf(text.slice(start, end)) === 1)
      found.push({ start, end, rule: 'iban', class: 'iban' })
  }
  return found
}

/** Where so many letters and digits end, with at most one space or hyphen between groups of four; null: they do not. */
function endOf(text: string, start: number, length: number): number | null {
  let at = start
  for (let taken = 0; taken < length; taken++) {
    if (taken > 0 && taken % 4 === 0 && /[ -]/.test(text.charAt(at))) at += 1
    if (!/[0-9A-Za-z]/.test(text.charAt(at))) return null
    at += 1
  }
  return /[\p{L}\p{N}_]/u.test(text.charAt(at)) ? null : at
}

/** ISO 7064 MOD 97-10 over the number with its first four characters behind and letters as 10 to 35. */
function remainderOf(iban: string): number {
  const compact = iban.replace(/[ -]/g, '').toUpperCase()
  let remainder = 0
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    remainder = (value > 9 ? remainder * 100 + value : remainder * 10 + value) % 97
  }
  return remainder
}
