import type { Because, Impact, StatusMeaning, StatusWord, StatusWordShift } from '@metaagent/contract'
import { normalisedWord, type StatusWords, shippedStatusWords, withStatusWords } from './status-words.ts'

export interface WeighedWords {
  readonly impact: Impact
  readonly because: Because
  /** Words that mean something else afterwards, by word. */
  readonly shifts: readonly StatusWordShift[]
}

/**
 * How much a change of the organization's words matters: HIGH when a word would pass that does not pass today, MODERATE
 * when a word that is understood today means something else, LOW when words are only added that pass nothing. Null: what
 * judges' answers mean does not change.
 */
export function weighWords(from: readonly StatusWord[], to: readonly StatusWord[]): WeighedWords | null {
  const shifts = shiftsBetween(withStatusWords(shippedStatusWords, from), withStatusWords(shippedStatusWords, to))
  if (shifts.length === 0) return null
  const passing = shifts.filter(({ to: meaning }) => meaning === 'pass')
  if (passing.length > 0)
    return {
      impact: 'HIGH',
      because: because('word-would-pass', passing, 'Answers with these words would pass that do not today'),
      shifts,
    }
  const changed = shifts.filter((shift) => shift.from !== null)
  if (changed.length > 0)
    return {
      impact: 'MODERATE',
      because: because('word-means-otherwise', changed, 'Answers with these words would be read otherwise than today'),
      shifts,
    }
  return { impact: 'LOW', because: because('words-added', shifts, 'These words were refused until now'), shifts }
}

function because(rule: string, shifts: readonly StatusWordShift[], text: string): Because {
  const named = shifts.slice(0, 10).map(({ word }) => word)
  const words = `${named.join(', ')}${shifts.length > named.length ? ` and ${shifts.length - named.length} more` : ''}`
  return { rule, observed: shifts.length, limit: null, text: `${text}: ${words}.` }
}

function shiftsBetween(from: StatusWords, to: StatusWords): readonly StatusWordShift[] {
  return [...new Set([...from.keys(), ...to.keys()])]
    .map((word) => ({ word, from: from.get(word) ?? null, to: to.get(word) ?? null }))
    .filter((shift) => shift.from !== shift.to)
    .toSorted((a, b) => (a.word < b.word ? -1 : 1))
}

/** What is wrong with a list of words, with the place of the first wrong one; null: nothing. */
export function faultInWords(words: readonly StatusWord[]): { readonly path: string; readonly message: string } | null {
  const known = new Map<string, StatusMeaning>()
  for (const [index, { word, meaning }] of words.entries()) {
    const normal = normalisedWord(word)
    const path = `/words/${index}/word`
    if (normal === '') return { path, message: 'has nothing but marks. Give a word that a judge writes' }
    if (known.has(normal)) return { path, message: `is the same word as one before it, “${normal}”. Keep one of them` }
    known.set(normal, meaning)
  }
  return null
}

/** Words as the table keeps them: in one spelling, sorted. */
export function tidyWords(words: readonly StatusWord[]): readonly StatusWord[] {
  return words
    .map(({ word, meaning }) => ({ word: normalisedWord(word), meaning }))
    .toSorted((a, b) => (a.word < b.word ? -1 : 1))
}
