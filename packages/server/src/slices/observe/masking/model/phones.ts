import type { Found } from './found.ts'
import { type Searched, textAfter, textBefore } from './surroundings.ts'

/** What is known of the world's numbering plans; the action fills it with Google's metadata. */
export interface NumberingPlans {
  /** Whether a number with its country's calling code (`+49…`) has a length that this country gives out. */
  isPossible(international: string): boolean
  /** Whether a number with its trunk prefix (`0…`) is one in some country that dials so. */
  isNational(national: string): boolean
}

const gap = String.raw`(?:[ .\-/\u00a0\u2007\u2009\u202f\u2010-\u2014]|\)[ .\-/]?|[ .\-]?\((?=\d)| - )`

/** Groups of digits with one separator between them, perhaps a country's plus or a bracket in front, an extension behind. */
const candidates = new RegExp(
  String.raw`(?<![\p{L}\p{N}_]|\d[.,:/-])(?:\+ ?\(?|\(\+? ?)?\d+(?:${gap}\d+)*(?:,? ?(?:x|ext\.?|extension|#) ?\d{1,6})?(?![\p{L}\p{N}_]|[,:]\d)`,
  'giu',
)

interface Candidate {
  readonly start: number
  readonly end: number
  /** Without the extension. */
  readonly number: string
  readonly digits: string
  /** The groups of digits. */
  readonly groups: readonly string[]
}

/** ITU-T E.164 allows fifteen digits; local numbers of less than seven are not told from other figures. */
const shortest = 7
const longest = 15

/**
 * Phone numbers: with a calling code where the numbering plan has the length; without one where the form alone says so
 * (area code in brackets, North American 3-3-4, a trunk zero with groups), or the words around it do.
 */
export function findPhones(searched: Searched, plans: NumberingPlans): readonly Found[] {
  return Array.from(searched.text.matchAll(candidates), (match) => match).flatMap(({ index, 0: text }) =>
    phonesIn(searched, plans, index, text).map(
      ({ start, end }): Found => ({ start, end, rule: 'phone', class: 'phone' }),
    ),
  )
}

/**
 * The phone in a stretch of digits and separators, or the phones: several in a row, or one beside another figure, are told
 * apart at their spaces.
 */
function phonesIn(searched: Searched, plans: NumberingPlans, start: number, text: string): readonly Candidate[] {
  const whole = candidateOf(start, text)
  const isPhone = (candidate: Candidate) =>
    candidate.digits.length >= shortest &&
    candidate.digits.length <= longest &&
    !isOtherFigure(candidate) &&
    !isInAddress(searched.text, candidate)
  if (isPhone(whole) && (isByForm(whole, plans) || isByWords(searched, whole))) return [whole]
  if (whole.digits.length <= longest && whole.groups.length < 4) return []
  const words = Array.from(text.matchAll(/\S+/g), ({ index, 0: word }) => ({
    start: start + index,
    end: start + index + word.length,
  }))
  const found: Candidate[] = []
  for (let first = 0; first < words.length; ) {
    const part = longestPart(words.slice(first, first + mostWords), (from, to) => {
      const candidate = candidateOf(from, searched.text.slice(from, to))
      const isPart =
        isPhone(candidate) && (isByForm(candidate, plans) || (first === 0 && isByWords(searched, candidate)))
      return isPart ? candidate : null
    })
    if (part !== null) found.push(part.candidate)
    first += part === null ? 1 : part.words
  }
  return found
}

/** Groups of digits that one number is written in at the most. */
const mostWords = 6

function longestPart(
  words: readonly { readonly start: number; readonly end: number }[],
  read: (start: number, end: number) => Candidate | null,
): { readonly candidate: Candidate; readonly words: number } | null {
  const [first] = words
  for (let count = words.length; first !== undefined && count > 0; count--) {
    const candidate = read(first.start, words[count - 1]?.end ?? first.end)
    if (candidate !== null) return { candidate, words: count }
  }
  return null
}

function candidateOf(start: number, text: string): Candidate {
  const number = text.replace(/,? ?(?:x|ext\.?|extension|#) ?\d{1,6}$/i, '')
  const groups = number.match(/\d+/g) ?? []
  return { start, end: start + text.length, number, digits: groups.join(''), groups }
}

/** Days, IP addresses and numbers with a decimal point. */
function isOtherFigure({ number, groups }: Candidate): boolean {
  if (/^(?:[12]\d{3}[-./ ][01]?\d[-./ ][0-3]?\d|[0-3]?\d[-./][0-3]?\d[-./](?:19|20)\d\d)(?!\d)/.test(number))
    return true
  if (/^\d+\.\d+$/.test(number)) return true
  return (
    groups.length === 4 &&
    /^[\d.]+$/.test(number) &&
    groups.every((group) => Number(group) <= 255 && !/^0\d/.test(group))
  )
}

const longestAddress = 300

/** Within the address of a page: an id in its path. `tel:` and WhatsApp's addresses do hold numbers. */
function isInAddress(text: string, { start }: Candidate): boolean {
  let from = start
  while (from > 0 && start - from < longestAddress && !/\s/.test(text.charAt(from - 1))) from -= 1
  const word = text.slice(from, start)
  return /:\/\/|\bwww\./i.test(word) && !/(?:wa\.me|whatsapp\.com|[?&](?:phone|tel))/i.test(word)
}

function isByForm({ number, digits, groups }: Candidate, plans: NumberingPlans): boolean {
  if (/^\(?\+/.test(number)) return plans.isPossible(`+${withoutTrunkZero(number)}`)
  if (/^(?:00|011)[1-9]/.test(digits) && groups.length > 2)
    return plans.isPossible(`+${withoutTrunkZero(number).replace(/^(?:00|011)/, '')}`)
  if (isNorthAmerican(number)) return true
  if (/^\(0?\d{1,4}\)/.test(number))
    return digits.length >= 8 && groups.length > 2 && !/^\((?:19|20)\d\d\)/.test(number)
  const isGrouped = groups.length > 2 && groups.every((group) => group.length >= 2 && group.length <= 5)
  return /^0[1-9]/.test(digits) && digits.length >= 9 && isGrouped && plans.isNational(digits)
}

/** `+41 (0)38 …` is written for callers at home and abroad; abroad the zero is not dialled. */
function withoutTrunkZero(number: string): string {
  return number.replace(/\(0\)/, '').replace(/\D/g, '')
}

/** Area code and exchange begin with 2 to 9; 3-3-4 with brackets, hyphens or dots, perhaps behind a 1. */
function isNorthAmerican(number: string): boolean {
  return /^(?:1[-. ])?(?:\([2-9]\d\d\)[-. ]?[2-9]?\d\d[-. ]\d{4}|[2-9]\d\d([-.])[2-9]\d\d\1\d{4})$/.test(number)
}

/** Words for a phone and its kind in languages of the west, north and south of Europe, and in some others. */
const phoneWords =
  /(?:^|[^\p{L}])(?:(?:tele|smart|cell|mobile)?phones?|phone ?(?:numbers?|no)|tel(?:s|no)?|telephone|telefon[a-z]*|t[ée]l[ée](?:fono|phone|fone)s?|mobile?|mobiel|m[óo]vil|celular(?:es)?|cell(?:ular)?|cellulare|handy(?:nummer)?|portable|gsm|fax(?:es)?|whats ?app|sms|msisdn|voice ?mail|hot ?line|help ?line|land ?line|pager|puhelin|телефон|电话|電話|전화|טלפון|هاتف)[^\p{L}\p{N}]*(?:[\p{L}'’]+[^\p{L}\p{N}]+){0,4}$/u

/** Sentences in which a number is called. */
const callWords =
  /(?:^|[^\p{L}])(?:(?:call(?:ing|ed|s|back)?|r[iau]ng|ringing|dial(?:l?ing|l?ed)?|reach(?:ed|able)?|contact(?:ed|able)?|text(?:ed|ing)?|messag(?:es?|ed|ing)|answer(?:s|ed|ing)?|available|speak|spoke|talk)(?:[ ,]+[\p{L}'’.]+){0,5}[ ,]+(?:at|on|to|via|under|from)|(?:dial|text|ring)|(?:call|phone|ring|text|dial) (?:me|us|him|her|them|back)|registered(?: with)?|(?:my|his|her|its|their|our|your|contact|office|home|work) (?:(?:new|old|direct|contact|home|work|office|private) )?(?:number|no\.?|#|extension)(?:[ ,]+(?:is|was|are|to|at)){0,2})[ :#]*$/u

/** A kind of line, right before or right behind a number. */
const lineBefore = /(?:^|[^\p{L}])(?:office|desk|home|work|direct|main|mob|cell|ph|t|m|f|p|o|h|w)\s*[:#.]+\s*$/u
const lineBehind =
  /^[\s,;:()\\-]{0,3}(?:office|fax|mobile|mob|cell|phone|tel|home|desk|direct|landline|voice|whatsapp)(?![\p{L}\p{N}])/u

/** Whether the words around say that this is a phone number. Words about something else, close by, speak against it. */
function isByWords(searched: Searched, { start, end, groups }: Candidate): boolean {
  const before = textBefore(searched, start, 64)
  if (lineBehind.test(textAfter(searched, end, 16))) return true
  if (otherNumber.test(before)) return false
  if (phoneWords.test(before) || lineBefore.test(before)) return true
  // `tool call 1234567` and `messages to 1234567 users` are no calls: without groups, the sentence must end in a place.
  return (
    callWords.test(before) &&
    (groups.length > 1 ||
      !/^\s+\p{Ll}/u.test(textAfter(searched, end, 8)) ||
      /\b(?:me|us|him|her|them|my|his|their|our|your)\b/.test(before))
  )
}

/** Numbers of other things, named right before. */
const otherNumber =
  /(?:orders?|invoices?|tickets?|tracking|accounts?|references?|refs?|cases?|issues?|serials?|models?|builds?|versions?|passports?|licen[cs]es?|zips?|postal|postcode|policy|claims?|members?|customers?|parts?|skus?|ids?|user_?id|isbn|transactions?|reservations?|bookings?|flights?|rooms?|years?)(?: (?:number|no|num|code|id|key))?[\s.:#='"]*(?:(?:is|was|of)\s+)?$/u
