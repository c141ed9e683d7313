/** Longer ones are no words. */
export const wordMaxChars = 40
/** A mix of letters and digits that is longer is an id, a digest or encoded bytes. */
const mixedMaxChars = 16

const gap = 1
const letter = 2
const digit = 3
/** A character that is a word of its own: these scripts put no gaps between words. */
const lone = 4
const backslash = 5

/** What each UTF-16 unit is; 0: not looked up yet. */
const kinds = new Uint8Array(0x1_0000)

function kindOf(unit: number): number {
  const char = String.fromCharCode(unit)
  if (char === '\\') return backslash
  if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(char)) return lone
  if (/\p{N}/u.test(char)) return digit
  return /[\p{L}\p{M}]/u.test(char) ? letter : gap
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\p{L}\p{N}])/uy
/** Behind a backslash a letter of an escape, not of a word: `\n`, and `\\n` in JSON within JSON. */
const escapes = new Set(Array.from('nrtbf', (char) => char.charCodeAt(0)))
const letterU = 'u'.charCodeAt(0)
const dash = '-'.charCodeAt(0)

/** A word between two places of the text, with a 32-bit digest of its characters. */
export type VisitWord = (start: number, end: number, digest: number) => void

/**
 * Visits the words of a text that is in lower case, in their order: runs of letters, marks and digits, and each character
 * of a script without gaps. Escapes of JSON are gaps, also in JSON within JSON. UUIDs, mixes of letters and digits of more
 * than 16 characters and anything of more than 40 are passed over: nobody looks for the words of an id.
 */
export function visitWords(text: string, visit: VisitWord): void {
  const { length } = text
  let at = 0
  while (at < length) {
    const unit = text.charCodeAt(at)
    const kind = kinds[unit] || look(unit)
    if (kind === gap) at += 1
    else if (kind === backslash) at = behindEscape(text, at)
    else if (kind === lone) {
      visit(at, at + 1, unit)
      at += 1
    } else at = visitOne(text, at, visit)
  }
}

function look(unit: number): number {
  const kind = kindOf(unit)
  kinds[unit] = kind
  return kind
}

/** Visits the run of letters and digits that begins at a place, if it is a word; returns where it ends. */
function visitOne(text: string, start: number, visit: VisitWord): number {
  let at = start
  let digest = 0x811c9dc5
  let found = 0
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    const kind = kinds[unit] || look(unit)
    if (kind !== letter && kind !== digit) break
    found |= kind === letter ? 1 : 2
    digest = Math.imul(digest ^ unit, 0x01000193)
  }
  const size = at - start
  if (size === 8 && text.charCodeAt(at) === dash) {
    uuid.lastIndex = start
    if (uuid.test(text)) return start + 36
  }
  if (size <= mixedMaxChars || (size <= wordMaxChars && found === 1)) visit(start, at, digest)
  return at
}

function behindEscape(text: string, start: number): number {
  let at = start
  while (text.charCodeAt(at) === 0x5c) at += 1
  const unit = text.charCodeAt(at)
  if (escapes.has(unit)) return at + 1
  // A character by its number, in JSON that escapes what is not ASCII.
  if (unit === letterU && /^[0-9a-f]{4}/.test(text.slice(at + 1, at + 5))) return at + 5
  return at
}

/** The words of a text in their order, in lower case. */
export function wordsOf(text: string): readonly string[] {
  const lower = text.toLowerCase()
  const words: string[] = []
  visitWords(lower, (start, end) => words.push(lower.slice(start, end)))
  return words
}

/**
 * Different words of texts, at most so many, in the order in which they came first. One pass over each text; a word makes
 * a string only when it is new.
 */
export class WordSet {
  readonly #words: string[] = []
  readonly #limit: number
  #slots: Int32Array
  #mask: number

  constructor(limit: number) {
    this.#limit = limit
    this.#slots = new Int32Array(1_024)
    this.#mask = 1_023
  }

  get words(): readonly string[] {
    return this.#words
  }

  add(text: string): void {
    const lower = text.toLowerCase()
    visitWords(lower, (start, end, digest) => {
      let slot = (digest ^ (digest >>> 15)) & this.#mask
      for (let place = this.#slots[slot] ?? 0; place !== 0; place = this.#slots[slot] ?? 0) {
        const known = this.#words[place - 1] ?? ''
        if (known.length === end - start && lower.startsWith(known, start)) return
        slot = (slot + 1) & this.#mask
      }
      if (this.#words.length >= this.#limit) return
      this.#slots[slot] = this.#words.push(lower.slice(start, end))
      if (this.#words.length * 2 > this.#mask) this.#grow()
    })
  }

  #grow(): void {
    this.#mask = this.#mask * 2 + 1
    this.#slots = new Int32Array(this.#mask + 1)
    this.#words.forEach((word, index) => {
      let slot = 0
      visitWords(word, (_start, _end, digest) => {
        slot = (digest ^ (digest >>> 15)) & this.#mask
      })
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask
      this.#slots[slot] = index + 1
    })
  }
}
