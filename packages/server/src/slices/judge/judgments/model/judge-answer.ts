import type { StatusMeaning } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { repeatedName } from './repeated-name.ts'
import { meaningOf, type StatusWords } from './status-words.ts'

/** One verdict as a judge wrote it. What it left out is null. */
export interface AnsweredVerdict {
  readonly meaning: StatusMeaning
  /** The judge's own word. */
  readonly word: string
  readonly metric: string | null
  /** On the judge's own scale, which its answer does not tell. */
  readonly score: number | null
  /** 0 to 1. */
  readonly confidence: number | null
  readonly explanation: string | null
}

export interface JudgeAnswer {
  readonly verdicts: readonly AnsweredVerdict[]
  /** What all of it comes to: a fail if one is, a pass only if every one is and there is one. */
  readonly meaning: StatusMeaning
  /** `observed` counts the verdicts that decided, `limit` how many it takes. */
  readonly because: {
    readonly rule: 'no-verdict' | 'one-fails' | 'one-abstains' | 'all-pass'
    readonly observed: number
    readonly limit: number
  }
}

/** Where the table of status words is read and extended. */
export const statusWordsAddress = '/api/v1/qa/status-words'

/** Longer answers are refused whole: a verdict needs no 100,000 characters. */
const answerMostChars = 100_000
const mostVerdicts = 1_000
/** No word of a table is longer. */
const wordMostChars = 100
const nameMostChars = 200
const explanationMostChars = 5_000
const quotedChars = 60

/**
 * Reads what an LLM judge wrote; never throws. Understood are a plain word, JSON (a word, an object with `verdict`,
 * `status` or `result`, a list of those, or an object with such a list as `verdicts` or `results`) and fenced blocks of
 * either; with a fenced block, the prose around it is no verdict. An empty list is an abstention.
 *
 * Refused are `status-word-unknown`, a word that the table does not hold (`extensions` name the table and the word);
 * `invalid-body`, what cannot be read; `not-processable`, an answer that contradicts itself. Each names the place as a JSON
 * pointer (RFC 6901) within its block.
 */
export function readJudgeAnswer(text: string, words: StatusWords): Result<JudgeAnswer> {
  if (text.length > answerMostChars)
    return refuse('invalid-body', `The answer is longer than ${answerMostChars} characters. Ask the judge for less.`)
  if (/[^\P{Cc}\t\n\r]/u.test(text) || !text.isWellFormed())
    return refuse('invalid-body', 'The answer holds control characters or half of a surrogate pair. Send plain text.')
  const blocks = fencedBlocks(text)
  if (blocks === null) return refuse('invalid-body', 'A fenced block has no end. Give the judge more tokens.')
  const answers = blocks.filter(({ language }) => answerLanguages.has(language))
  if (blocks.length > 0 && answers.length === 0)
    return refuse('invalid-body', 'No fenced block of the answer is JSON. Ask the judge for a ```json block.')
  const verdicts: AnsweredVerdict[] = []
  for (const { content } of blocks.length === 0 ? [{ content: text }] : answers) {
    const read = readBlock(content.trim(), words)
    if (!read.ok) return read
    for (const verdict of read.value) verdicts.push(verdict)
  }
  if (verdicts.length > mostVerdicts)
    return refuse('invalid-body', `The answer holds more than ${mostVerdicts} verdicts. Split what is judged.`)
  return ok({ verdicts, ...meaningOfAll(verdicts) })
}

function meaningOfAll(verdicts: readonly AnsweredVerdict[]): Pick<JudgeAnswer, 'meaning' | 'because'> {
  const count = (meaning: StatusMeaning) => verdicts.filter((verdict) => verdict.meaning === meaning).length
  const [fails, abstains] = [count('fail'), count('abstain')]
  if (verdicts.length === 0) return { meaning: 'abstain', because: { rule: 'no-verdict', observed: 0, limit: 1 } }
  if (fails > 0) return { meaning: 'fail', because: { rule: 'one-fails', observed: fails, limit: 1 } }
  if (abstains > 0) return { meaning: 'abstain', because: { rule: 'one-abstains', observed: abstains, limit: 1 } }
  return { meaning: 'pass', because: { rule: 'all-pass', observed: verdicts.length, limit: verdicts.length } }
}

// --- blocks --------------------------------------------------------------------------------------------------------

interface FencedBlock {
  /** The first word behind the opening fence, in lower case. */
  readonly language: string
  readonly content: string
}

/** A block of another language is an example or a quotation, no verdict. */
const answerLanguages: ReadonlySet<string> = new Set(['', 'json', 'text', 'plaintext'])

/** The blocks between ``` or ~~~ fences (CommonMark §4.5), also those on one line; null where one has no end. */
function fencedBlocks(text: string): readonly FencedBlock[] | null {
  const blocks: FencedBlock[] = []
  let open: { readonly fence: string; readonly language: string; readonly lines: string[] } | null = null
  for (const line of text.split(/\r\n|\n|\r/)) {
    const fence: string | undefined = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (open !== null) {
      if (fence?.startsWith(open.fence) && line.trim() === fence) {
        blocks.push({ language: open.language, content: open.lines.join('\n') })
        open = null
      } else open.lines.push(line)
    } else if (fence !== undefined) {
      const rest = line.trim().slice(fence.length)
      if (rest.endsWith(fence)) blocks.push(blockOnOneLine(rest.slice(0, -fence.length)))
      else open = { fence, language: rest.trim().split(/\s/, 1)[0]?.toLowerCase() ?? '', lines: [] }
    }
  }
  return open === null ? blocks : null
}

function blockOnOneLine(inside: string): FencedBlock {
  const isTagged = /^json(?![a-z0-9])/i.test(inside)
  return { language: isTagged ? 'json' : '', content: isTagged ? inside.slice('json'.length) : inside }
}

function readBlock(block: string, words: StatusWords): Result<readonly AnsweredVerdict[]> {
  if (!/^[[{"]/.test(block)) return readWord(block, '', words)
  let value: unknown
  try {
    value = JSON.parse(block)
  } catch {
    // A word in quotes that are no JSON, like “"pass".”, is a word all the same.
    if (block.startsWith('"')) return readWord(block, '', words)
    return refuse('invalid-body', 'The answer looks like JSON but is none. Ask the judge for JSON alone.')
  }
  if (repeatedName(block) !== null) return contradictory('', 'has a member twice. Ask the judge again')
  return readVerdicts(value, '', words)
}

function readWord(word: string, path: string, words: StatusWords): Result<readonly AnsweredVerdict[]> {
  const read = readMeaning(word, path, words)
  if (!read.ok) return read
  return ok([{ meaning: read.value, word, metric: null, score: null, confidence: null, explanation: null }])
}

/** The table holds short words; a long text is not even normalised. */
function readMeaning(word: string, path: string, words: StatusWords): Result<StatusMeaning> {
  const meaning = word.length > wordMostChars ? null : meaningOf(word, words)
  if (meaning !== null) return ok(meaning)
  const quoted = word
    .slice(0, quotedChars)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '\uFFFD')
  return refuse(
    'status-word-unknown',
    `${path || '/'}: ${JSON.stringify(quoted)} is no status word. Choose one of ${statusWordsAddress}, or have it added there.`,
    { table: statusWordsAddress, path, word: quoted },
  )
}

// --- JSON ----------------------------------------------------------------------------------------------------------

type Members = Readonly<Record<string, unknown>>

const wordKeys = ['verdict', 'status', 'result'] as const
const listKeys = ['verdicts', 'results'] as const
const nameKeys = ['metric', 'name', 'criterion'] as const
const explanationKeys = ['explanation', 'reasoning', 'reason', 'justification'] as const

function readVerdicts(value: unknown, path: string, words: StatusWords): Result<readonly AnsweredVerdict[]> {
  if (Array.isArray(value)) return readList(value, path, words)
  if (typeof value === 'string') return readWord(value, path, words)
  if (typeof value !== 'object' || value === null) return unreadable(path, 'is neither a word, an object nor a list')
  const members = value as Members
  const lists = listKeys.filter((key) => Object.hasOwn(members, key))
  const ownWords = wordKeys.filter((key) => Object.hasOwn(members, key))
  const [list] = lists
  if (list === undefined) return readObject(members, path, words)
  if (lists.length + ownWords.length > 1)
    return contradictory(path, 'holds a list and another verdict beside it. Ask the judge for one of them')
  const items = members[list]
  return Array.isArray(items) ? readList(items, `${path}/${list}`, words) : unreadable(`${path}/${list}`, 'is no list')
}

function readList(items: readonly unknown[], path: string, words: StatusWords): Result<readonly AnsweredVerdict[]> {
  if (items.length > mostVerdicts) return unreadable(path, `has more than ${mostVerdicts} members`)
  const verdicts: AnsweredVerdict[] = []
  for (const [index, item] of items.entries()) {
    const place = `${path}/${index}`
    const isObject = typeof item === 'object' && item !== null && !Array.isArray(item)
    if (!isObject && typeof item !== 'string') return unreadable(place, 'is neither a word nor an object')
    const read = isObject ? readObject(item as Members, place, words) : readWord(item as string, place, words)
    if (!read.ok) return read
    for (const verdict of read.value) verdicts.push(verdict)
  }
  return ok(verdicts)
}

function readObject(members: Members, path: string, words: StatusWords): Result<readonly AnsweredVerdict[]> {
  const found: { readonly word: string; readonly meaning: StatusMeaning }[] = []
  for (const key of wordKeys) {
    if (!Object.hasOwn(members, key)) continue
    const word = members[key]
    if (typeof word !== 'string') return unreadable(`${path}/${key}`, 'is no word')
    const meaning = readMeaning(word, `${path}/${key}`, words)
    if (!meaning.ok) return meaning
    found.push({ word, meaning: meaning.value })
  }
  const [first] = found
  if (first === undefined) return unreadable(path, `has none of ${wordKeys.join(', ')}`)
  if (found.some(({ meaning }) => meaning !== first.meaning))
    return contradictory(path, 'says one thing and its opposite. Ask the judge again')
  const metric = readText(members, nameKeys, path, nameMostChars)
  if (!metric.ok) return metric
  const explanation = readText(members, explanationKeys, path, explanationMostChars)
  if (!explanation.ok) return explanation
  const score = readNumber(members, 'score', path, Number.MAX_VALUE)
  if (!score.ok) return score
  const confidence = readNumber(members, 'confidence', path, 1)
  if (!confidence.ok) return confidence
  if (confidence.value !== null && confidence.value < 0) return unreadable(`${path}/confidence`, 'lies outside 0 to 1')
  return ok([
    {
      ...first,
      metric: metric.value,
      score: score.value,
      confidence: confidence.value,
      explanation: explanation.value,
    },
  ])
}

/** The first text under one of the keys; null where there is none or it is empty. */
function readText(members: Members, keys: readonly string[], path: string, mostChars: number): Result<string | null> {
  const key = keys.find((name) => Object.hasOwn(members, name) && members[name] !== null)
  if (key === undefined) return ok(null)
  const value = members[key]
  const text = typeof value === 'string' ? value.trim() : null
  if (text === null) return unreadable(`${path}/${key}`, 'is no text')
  if (text.length > mostChars) return unreadable(`${path}/${key}`, `is longer than ${mostChars} characters`)
  // JSON escapes bring in what the look at the whole answer could not see.
  if (/[^\P{Cc}\t\n\r]/u.test(text) || !text.isWellFormed())
    return unreadable(`${path}/${key}`, 'holds control characters or half of a surrogate pair')
  return ok(text === '' ? null : text)
}

function readNumber(members: Members, key: string, path: string, most: number): Result<number | null> {
  const value = Object.hasOwn(members, key) ? members[key] : null
  if (value === null) return ok(null)
  if (typeof value !== 'number' || !Number.isFinite(value)) return unreadable(`${path}/${key}`, 'is no finite number')
  return Math.abs(value) <= most ? ok(value) : unreadable(`${path}/${key}`, `is more than ${most}`)
}

function unreadable(path: string, what: string): Result<never> {
  return refuse('invalid-body', `${path || '/'}: ${what}. Ask the judge for {"verdict": "…"} or a list of those.`, {
    path,
  })
}

function contradictory(path: string, what: string): Result<never> {
  return refuse('not-processable', `${path || '/'}: ${what}.`, { path })
}
