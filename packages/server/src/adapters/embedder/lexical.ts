import { visitWords } from '../../kernel/words.ts'
import type { Embedder } from '../../ports/embedder.ts'

const dimensions = 384
const name = `lexical-${dimensions}-v1`
/** Where features are counted before they are folded: so many that two of one text seldom meet. */
const slots = 1 << 14
const bigramWeight = 0.5

/**
 * Likeness by words alone, without a model, a key or a call: words and pairs of neighbouring words are counted, their
 * counts damped (1 + ln n) and hashed with a sign into 384 places (Weinberger et al. 2009, “Feature hashing for large
 * scale multitask learning”), the vector brought to length 1. Equal texts give equal vectors, in every process and
 * version: whatever changes them changes the name.
 */
export function createLexicalEmbedder(): Embedder {
  return {
    name,
    model: 'hashed-words',
    dimensions,
    space: name,
    provider: null,
    textMaxChars: 60_000,
    batchMax: 100,
    embed: async (texts) => ({ kind: 'embedded', vectors: texts.map(vectorOf), inputTokens: null }),
  }
}

const counts = new Float64Array(slots)
const pairs = new Uint8Array(slots)

function vectorOf(text: string): readonly number[] {
  const touched: number[] = []
  const count = (digest: number, isPair: 0 | 1) => {
    const slot = mixed(digest) & (slots - 1)
    if (counts[slot] === 0) touched.push(slot)
    counts[slot] = (counts[slot] ?? 0) + 1
    pairs[slot] = isPair
  }
  let before = 0
  visitWords(text.toLowerCase(), (_start, _end, digest) => {
    count(digest, 0)
    if (before !== 0) count(Math.imul(before, 0x9e3779b1) ^ digest, 1)
    before = digest
  })
  const vector = new Float64Array(dimensions)
  for (const slot of touched) {
    const weight = (1 + Math.log(counts[slot] ?? 1)) * (pairs[slot] === 1 ? bigramWeight : 1)
    const place = mixed(slot * 2 + 1)
    vector[place % dimensions] = (vector[place % dimensions] ?? 0) + (place & 0x40000000 ? weight : -weight)
    counts[slot] = 0
    pairs[slot] = 0
  }
  const length = Math.hypot(...vector)
  return Array.from(vector, (value) => (length === 0 ? 0 : value / length))
}

/** The finalizer of MurmurHash3, as 31 bits: every bit of the input moves every bit of it. */
function mixed(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) & 0x7fffffff
}
