import type { PersonalClass } from '@metaagent/contract'
import type { Found } from './found.ts'
import { digitsOf, passesLuhn, type Searched, textBefore } from './surroundings.ts'

interface NumberRule {
  readonly rule: string
  readonly class: PersonalClass
  /** Global. */
  readonly pattern: RegExp
  readonly isValid: (match: string) => boolean
  /** Words that must stand before it, where its form and checksum are not enough. */
  readonly spokenOf?: RegExp
}

const before = String.raw`(?<![\p{L}\p{N}_]|\d[-.,/])`
const after = String.raw`(?![\p{L}\p{N}_]|[-.,/]\d)`
const pattern = (body: string) => new RegExp(`${before}(?:${body})${after}`, 'gu')

/** Numbers by which states know people. All linear; those without letters or separators need to be spoken of. */
const rules: readonly NumberRule[] = [
  { rule: 'us-ssn', class: 'ssn', pattern: pattern(String.raw`\d{3}-\d{2}-\d{4}`), isValid: isSsn },
  {
    rule: 'us-ssn',
    class: 'ssn',
    pattern: pattern(String.raw`\d{3}([ .]?)\d{2}\1\d{4}`),
    isValid: isSsn,
    spokenOf: /\b(?:ssns?|social security|soc\.? ?sec|itin|tax ?payer id)\b/,
  },
  // Brazil, CPF: two check digits modulo 11.
  { rule: 'br-cpf', class: 'national_id', pattern: pattern(String.raw`\d{3}\.\d{3}\.\d{3}-\d{2}`), isValid: isCpf },
  // India, Aadhaar: Verhoeff's checksum.
  {
    rule: 'in-aadhaar',
    class: 'national_id',
    pattern: pattern(String.raw`[2-9]\d{3}([ -])\d{4}\1\d{4}`),
    isValid: isVerhoeff,
  },
  // Canada, SIN: Luhn.
  {
    rule: 'ca-sin',
    class: 'national_id',
    pattern: pattern(String.raw`[1-79]\d{2}([ -]?)\d{3}\1\d{3}`),
    isValid: (match) => passesLuhn(digitsOf(match)),
    spokenOf: /\b(?:sin|social insurance|nas|assurance sociale)\b/,
  },
  // France, NIR: sex, year, month, place, order and 97 minus the remainder of 97.
  {
    rule: 'fr-nir',
    class: 'national_id',
    pattern: pattern(String.raw`[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?\d{2} ?\d{3} ?\d{3} ?\d{2}`),
    isValid: isNir,
  },
  // Sweden, personnummer: a day of birth and Luhn.
  {
    rule: 'se-personnummer',
    class: 'national_id',
    pattern: pattern(String.raw`(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-+]\d{4}`),
    isValid: (match) => passesLuhn(digitsOf(match).slice(-10)),
  },
  // Finland, henkilötunnus: a check character modulo 31.
  {
    rule: 'fi-hetu',
    class: 'national_id',
    pattern: pattern(String.raw`(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]`),
    isValid: isHetu,
  },
  // Poland, PESEL: a day of birth and weights modulo 10.
  {
    rule: 'pl-pesel',
    class: 'national_id',
    pattern: pattern(String.raw`\d{11}`),
    isValid: (match) => weighted(match, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0,
    spokenOf: /\bpesel\b/,
  },
  // The Netherlands, BSN: weights modulo 11.
  {
    rule: 'nl-bsn',
    class: 'national_id',
    pattern: pattern(String.raw`\d{9}`),
    isValid: (match) => weighted(match, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
    spokenOf: /\b(?:bsn|burgerservicenummer|sofinummer)\b/,
  },
  // Spain, DNI and NIE: a check letter modulo 23.
  {
    rule: 'es-dni',
    class: 'national_id',
    pattern: pattern(String.raw`(?:[XYZxyz]-?\d{7}|\d{8})-?[A-HJ-NP-TV-Za-hj-np-tv-z]`),
    isValid: isDni,
    spokenOf: /\b(?:dni|nie|nif|documento)\b/,
  },
  // The United Kingdom, NHS number: weights modulo 11.
  {
    rule: 'uk-nhs',
    class: 'national_id',
    pattern: pattern(String.raw`\d{3}([ -]?)\d{3}\1\d{4}`),
    isValid: (match) => weighted(match, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
    spokenOf: /\bnhs\b/,
  },
]

/** Social security numbers of the United States and numbers of other countries that carry a checksum. */
export function findNationalNumbers(searched: Searched, classes: ReadonlySet<PersonalClass>): readonly Found[] {
  const found: Found[] = []
  for (const one of rules) {
    if (!classes.has(one.class)) continue
    for (const { index: start, 0: match } of searched.text.matchAll(one.pattern)) {
      if (!one.isValid(match)) continue
      if (one.spokenOf !== undefined && !one.spokenOf.test(textBefore(searched, start, 60))) continue
      found.push({ start, end: start + match.length, rule: one.rule, class: one.class })
    }
  }
  return found
}

/** No area 000, 666 or, but for taxpayers without a number (groups 50 to 99), 900 and above; no group 00; no serial 0000. */
function isSsn(match: string): boolean {
  const digits = match.replace(/\D/g, '')
  const area = Number(digits.slice(0, 3))
  const group = Number(digits.slice(3, 5))
  if (area === 0 || area === 666 || group === 0 || digits.endsWith('0000')) return false
  return area < 900 || group >= 50
}

function weighted(match: string, weights: readonly number[]): number {
  const digits = digitsOf(match)
  return weights.reduce((sum, weight, place) => sum + weight * (digits[place] ?? 0), 0)
}

function isCpf(match: string): boolean {
  const digits = digitsOf(match)
  if (new Set(digits).size === 1) return false
  const check = (count: number) => {
    const sum = digits.slice(0, count).reduce((all, digit, place) => all + digit * (count + 1 - place), 0)
    return ((sum * 10) % 11) % 10
  }
  return check(9) === digits[9] && check(10) === digits[10]
}

function isNir(match: string): boolean {
  const digits = match.replaceAll(' ', '')
  return 97 - (Number(digits.slice(0, 13)) % 97) === Number(digits.slice(13))
}

function isHetu(match: string): boolean {
  const remainder = Number(match.slice(0, 6) + match.slice(7, 10)) % 31
  return '0123456789ABCDEFHJKLMNPRSTUVWXY'.charAt(remainder) === match.slice(10)
}

function isDni(match: string): boolean {
  const compact = match.replaceAll('-', '').toUpperCase()
  const number = Number(compact.slice(0, -1).replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter))))
  return 'TRWAGMYFPDXBNJZSQVHLCKE'.charAt(number % 23) === compact.slice(-1)
}

/** Verhoeff 1969: the dihedral group of order ten, as multiplication and permutation. */
function isVerhoeff(match: string): boolean {
  const permutation = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
  const permuted = (digit: number, times: number): number =>
    times === 0 ? digit : permuted(permutation[digit] ?? 0, times - 1)
  return (
    digitsOf(match)
      .toReversed()
      .reduce((sum, digit, place) => multiplied(sum, permuted(digit, place % 8)), 0) === 0
  )
}

function multiplied(a: number, b: number): number {
  if (a < 5) return b < 5 ? (a + b) % 5 : ((a + b) % 5) + 5
  return b < 5 ? ((a - b + 5) % 5) + 5 : (a - b + 5) % 5
}
