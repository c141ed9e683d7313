/** Executions in one segment: with more, fewer look-ups per question, with fewer, less that every question reads. */
export const segmentSize = 512
/** Words in one block of a segment's sorted words. */
export const blockSize = 64

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const valueOf = new Map(Array.from(digits, (digit, value) => [digit, value]))
const bitmapChars = Math.ceil(segmentSize / 6)
/** Two digits each; with one more they would take as much as the bitmap. */
const listMax = Math.floor((bitmapChars - 1) / 2)

/** Which executions of a segment: a bit for each place. */
export type Places = Uint8Array

export const noPlaces = (): Places => new Uint8Array(segmentSize)

/** Places as text: two digits of base 64 each while they are few, else six to a digit. */
export function encodePlaces(places: readonly number[]): string {
  if (places.length <= listMax)
    return places.map((place) => `${digits[place >> 6] ?? ''}${digits[place & 63] ?? ''}`).join('')
  const sixes = new Uint8Array(bitmapChars)
  for (const place of places) sixes[Math.floor(place / 6)] = (sixes[Math.floor(place / 6)] ?? 0) | (1 << (place % 6))
  return Array.from(sixes, (six) => digits[six]).join('')
}

/** Adds the places that a text holds. */
export function addPlaces(text: string, to: Places): void {
  if (text.length <= listMax * 2) {
    for (let at = 0; at < text.length; at += 2) to[digitAt(text, at) * 64 + digitAt(text, at + 1)] = 1
    return
  }
  for (let at = 0; at < text.length; at++)
    for (let six = digitAt(text, at), place = at * 6; six > 0; six >>= 1, place++) if (six & 1) to[place] = 1
}

function digitAt(text: string, at: number): number {
  return valueOf.get(text[at] ?? '') ?? 0
}

/** Sorted words of a segment with the places of each, both separated by spaces. */
export interface WordBlock {
  readonly firstWord: string
  readonly words: string
  readonly places: string
}

/** The blocks of a segment: `words` holds those of each execution, separated by spaces, in the order of their places. */
export function buildBlocks(words: readonly string[]): readonly WordBlock[] {
  const placesOf = new Map<string, number[]>()
  words.forEach((ofOne, place) => {
    for (const word of ofOne.split(' ')) {
      if (word === '') continue
      const known = placesOf.get(word)
      if (known === undefined) placesOf.set(word, [place])
      else known.push(place)
    }
  })
  // By UTF-16 units, which is the order of the collation C too: no word holds a surrogate.
  const sorted = [...placesOf.keys()].sort()
  const blocks: WordBlock[] = []
  for (let at = 0; at < sorted.length; at += blockSize) {
    const ofBlock = sorted.slice(at, at + blockSize)
    blocks.push({
      firstWord: ofBlock[0] ?? '',
      words: ofBlock.join(' '),
      places: ofBlock.map((word) => encodePlaces(placesOf.get(word) ?? [])).join(' '),
    })
  }
  return blocks
}
