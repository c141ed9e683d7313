import { ok } from '../../../../kernel/result.ts'
import { wordsOf } from '../../../../kernel/words.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { FindWords, WordQuestion } from '../../../../ports/word-search.ts'
import { textGap } from '../../../../ports/word-search.ts'
import { planWords } from '../model/plan.ts'
import { addPlaces, noPlaces, type Places } from '../model/postings.ts'
import { asksForOrder, type Clause, holdsInTexts, readWordsQuery, type WordsQuery } from '../model/words-query.ts'
import { countSealed, executionsAt, findPrefix, findWord, type SearchedPart, type WordHit } from '../store/segments.ts'
import { unsealed, wordsCondition } from '../store/words.ts'

/** With so few candidates it is cheaper to look at them than to look the next word up. */
const fewCandidates = 100

/** By segment, the places that can hold what was asked for. */
type Found = ReadonlyMap<string, Places>

/** Reads a question for words and looks its rarest words up in the index. */
export const findWords: FindWords = async (tx, question) => {
  const read = readWordsQuery(question.q)
  if (!read.ok) return read
  const query = read.value
  const found = await narrow(tx, query, question)
  const plan = planWords({
    candidates: found === null ? null : countOf(found),
    searched: await countSealed(tx, { ...question, segmentIds: null }),
    limit: question.limit,
  })
  return ok({
    condition: wordsCondition(tx, query),
    candidates: plan.kind === 'walk' || found === null ? null : await candidatesOf(tx, found, question),
    holdsIn: asksForOrder(query) ? (texts) => holdsInTexts(query, texts.split(textGap).map(wordsOf)) : null,
  })
}

/** Looks clauses up, the one with the longest word first: long words are rare. Null when none can be looked up. */
async function narrow(tx: Tx, query: WordsQuery, { fromDay, toDay }: WordQuestion): Promise<Found | null> {
  const longest = (clause: Clause) =>
    Math.min(...clause.map(({ words }) => Math.max(...words.map(({ length }) => length))))
  const clauses = query.filter((clause) => clause.every(({ negated }) => !negated))
  let found: Found | null = null
  for (const clause of clauses.toSorted((a, b) => longest(b) - longest(a))) {
    if (found !== null && countOf(found) <= fewCandidates) break
    const before: Found | null = found
    const part = { fromDay, toDay, segmentIds: before === null ? null : [...before.keys()] }
    const here = await findClause(tx, clause, part)
    found = before === null ? here : both(before, here)
  }
  return found
}

async function findClause(tx: Tx, clause: Clause, part: SearchedPart): Promise<Found> {
  const either = new Map<string, Places>()
  for (const { words, prefix } of clause) {
    let all: Found | null = null
    for (const [index, word] of words.entries()) {
      const isBeginning = prefix && index === words.length - 1
      const segmentIds: readonly string[] | null = all === null ? part.segmentIds : [...all.keys()]
      const hits: Found = gathered(await (isBeginning ? findPrefix : findWord)(tx, word, { ...part, segmentIds }))
      all = all === null ? hits : both(all, hits)
    }
    for (const [segmentId, places] of all ?? []) {
      const known = either.get(segmentId)
      if (known === undefined) either.set(segmentId, places)
      else places.forEach((bit, place) => (known[place] = (known[place] ?? 0) | bit))
    }
  }
  return either
}

function gathered(hits: readonly WordHit[]): Found {
  const found = new Map<string, Places>()
  for (const { segmentId, places } of hits) {
    const known = found.get(segmentId) ?? noPlaces()
    addPlaces(places, known)
    found.set(segmentId, known)
  }
  return found
}

function both(one: Found, other: Found): Found {
  const shared = new Map<string, Places>()
  for (const [segmentId, places] of one) {
    const theirs = other.get(segmentId)
    if (theirs === undefined) continue
    const common = places.map((bit, place) => bit & (theirs[place] ?? 0))
    if (common.includes(1)) shared.set(segmentId, common)
  }
  return shared
}

function countOf(found: Found): number {
  let count = 0
  for (const places of found.values()) for (const bit of places) count += bit
  return count
}

/** The executions at the places, and those that stand in no segment yet; each once. */
async function candidatesOf(tx: Tx, found: Found, { fromDay, toDay }: WordQuestion) {
  const places = [...found].flatMap(([segmentId, bits]) =>
    [...bits].flatMap((bit, place) => (bit === 1 ? [{ segmentId, place }] : [])),
  )
  const refs = [...(await executionsAt(tx, places)), ...(await unsealed(tx, fromDay, toDay))]
  return [...new Map(refs.map((ref) => [`${ref.executionId}${ref.startedOn}`, ref])).values()]
}
