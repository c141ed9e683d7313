/**
 * The line, from 1, on which the value of a JSON pointer begins in a text; of the nearest value above it where the text
 * has none there. Null when the text is no JSON.
 */
export function lineOfPointer(text: string, pointer: string): number | null {
  const places = placesOf(text)
  if (places === null) return null
  for (let at = pointer; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    const offset = places.get(at)
    if (offset !== undefined) return text.slice(0, offset).split('\n').length
    if (at === '') return 1
  }
}

/** Where each value begins, by its JSON pointer (RFC 6901). */
function placesOf(text: string): ReadonlyMap<string, number> | null {
  try {
    JSON.parse(text)
  } catch {
    return null
  }
  const places = new Map<string, number>()
  readValue({ text, at: 0, places }, '')
  return places
}

interface Reading {
  readonly text: string
  at: number
  readonly places: Map<string, number>
}

// The text is known to be JSON, so nothing is checked again.
function readValue(reading: Reading, pointer: string): void {
  skipSpace(reading)
  reading.places.set(pointer, reading.at)
  const first = reading.text[reading.at]
  if (first === '{') readMembers(reading, '}', () => `${pointer}/${escaped(readText(reading))}`)
  else if (first === '[') {
    let index = 0
    readMembers(reading, ']', () => `${pointer}/${index++}`)
  } else if (first === '"') readText(reading)
  else while (/[^\s,\]}]/.test(reading.text[reading.at] ?? ' ')) reading.at += 1
}

function readMembers(reading: Reading, end: '}' | ']', pointerOf: () => string): void {
  reading.at += 1
  for (;;) {
    skipSpace(reading)
    const next = reading.text[reading.at]
    if (next === undefined || next === end) break
    if (next === ',') {
      reading.at += 1
      skipSpace(reading)
    }
    const pointer = pointerOf()
    if (end === '}') {
      skipSpace(reading)
      reading.at += 1
    }
    readValue(reading, pointer)
  }
  reading.at += 1
}

function readText(reading: Reading): string {
  const from = reading.at
  reading.at += 1
  while (reading.text[reading.at] !== '"') reading.at += reading.text[reading.at] === '\\' ? 2 : 1
  reading.at += 1
  return JSON.parse(reading.text.slice(from, reading.at)) as string
}

function skipSpace(reading: Reading): void {
  while (/\s/.test(reading.text[reading.at] ?? '')) reading.at += 1
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
