import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { wordsOf } from '../../../../kernel/words.ts'

/** Words that stand one behind the other; one word alone is the shortest phrase. */
export interface Phrase {
  readonly words: readonly string[]
  /** The last word is only the beginning of one. */
  readonly prefix: boolean
  readonly negated: boolean
}

/** At least one of these. */
export type Clause = readonly Phrase[]

/** All of these. */
export type WordsQuery = readonly Clause[]

const phrasesMax = 20
const prefixMinChars = 2

/**
 * Reads a question: words that must all be there, `"a phrase"`, `a or b`, `-without`, `begin*`. What holds several words
 * without a gap (`gpt-4.1`) is a phrase. Refuses what holds no word that is indexed.
 */
export function readWordsQuery(q: string): Result<WordsQuery> {
  const clauses: Phrase[][] = []
  let joins = false
  for (const [, minus = '', quoted, bare = ''] of q.matchAll(/(-?)(?:"([^"]*)"?|([^\s"]+))/gu)) {
    if (quoted === undefined && minus === '' && bare.toLowerCase() === 'or' && clauses.length > 0) {
      joins = true
      continue
    }
    const phrase = readPhrase(quoted ?? bare, minus === '-', quoted === undefined && bare.endsWith('*'))
    if (!phrase.ok) return phrase
    if (phrase.value === null) continue
    const last = clauses.at(-1)
    if (joins && last !== undefined) last.push(phrase.value)
    else clauses.push([phrase.value])
    joins = false
  }
  if (clauses.length === 0) return refuse('invalid-query', 'q holds no word. Ask for letters or digits.')
  return clauses.flat().length > phrasesMax
    ? refuse('invalid-query', `q asks for more than ${phrasesMax} words or phrases. Ask for fewer.`)
    : ok(clauses)
}

function readPhrase(text: string, negated: boolean, prefix: boolean): Result<Phrase | null> {
  const words = wordsOf(text)
  const last = words.at(-1)
  if (last === undefined)
    return /[\p{L}\p{N}]/u.test(text)
      ? refuse(
          'invalid-query',
          `“${text.slice(0, 60)}” is no word: ids of more than 16 characters, and anything of more than 40, are not indexed. Open an execution by its id, or filter by unit, conversationId or attribute.KEY.`,
        )
      : ok(null)
  return prefix && last.length < prefixMinChars
    ? refuse(
        'invalid-query',
        `“${text.slice(0, 60)}” is too short: name at least ${prefixMinChars} characters before *.`,
      )
    : ok({ words, prefix, negated })
}

/** Whether only the texts tell: a set of words does not know their order. */
export function asksForOrder(query: WordsQuery): boolean {
  return query.flat().some(({ words }) => words.length > 1)
}

/** Whether a question holds in texts, each given as its words in their order. */
export function holdsInTexts(query: WordsQuery, texts: readonly (readonly string[])[]): boolean {
  return query.every((clause) =>
    clause.some((phrase) => texts.some((words) => holdsIn(phrase, words)) !== phrase.negated),
  )
}

function holdsIn({ words, prefix }: Phrase, text: readonly string[]): boolean {
  const last = words.length - 1
  const fits = (word: string, index: number, at: number) =>
    prefix && index === last ? (text[at + index]?.startsWith(word) ?? false) : text[at + index] === word
  for (let at = 0; at + last < text.length; at++) if (words.every((word, index) => fits(word, index, at))) return true
  return false
}
