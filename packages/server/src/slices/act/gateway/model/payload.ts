import type { JsonValue, MaskedClass } from '@metaagent/contract'

/** A text within a payload; `path` is its JSON pointer (RFC 6901), empty for a payload that is one text. */
export interface PayloadText {
  readonly path: string
  readonly text: string
}

export interface ReadPayload {
  readonly texts: readonly PayloadText[]
  /** Parts that hold no text to look at: pictures, sounds, files, and what is encoded. */
  readonly uninspected: number
}

/** Whether a value holds others in more levels than this. Looks at it without a call within a call, however deep it is. */
export function isDeeperThan(value: JsonValue, levels: number): boolean {
  const left: { value: JsonValue; level: number }[] = [{ value, level: 0 }]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (next.value === null || typeof next.value !== 'object') continue
    if (next.level >= levels) return true
    for (const item of Object.values(next.value)) left.push({ value: item, level: next.level + 1 })
  }
  return false
}

/** Longer runs of base64 hold a file, not words. */
const encodedRun = /^[A-Za-z0-9+/_-]{512,}={0,2}$/
const dataUrl = /^data:[^,]{0,200};base64,/i

/** All texts of a payload in its order, names of fields left out. Linear in its size. */
export function readPayload(payload: JsonValue): ReadPayload {
  const texts: PayloadText[] = []
  let uninspected = 0
  const walk = (value: JsonValue, path: string): void => {
    if (typeof value === 'string') {
      if (dataUrl.test(value) || encodedRun.test(value)) uninspected += 1
      else if (value !== '') texts.push({ path, text: value })
    } else if (Array.isArray(value)) for (const [at, item] of value.entries()) walk(item, `${path}/${at}`)
    else if (value !== null && typeof value === 'object') {
      if (namesFile(value)) uninspected += 1
      for (const [name, item] of Object.entries(value)) walk(item, `${path}/${escapePointer(name)}`)
    }
  }
  walk(payload, '')
  return { texts, uninspected }
}

const fileTypes = /^(input_)?(image|image_url|audio|file|document|video|blob|media)$/

/** A part that points at something which is not in the payload: `{type: 'image_url', image_url: {url: 'https://…'}}`. */
function namesFile(value: { readonly [key: string]: JsonValue }): boolean {
  const type = value['type']
  if (typeof type !== 'string' || !fileTypes.test(type)) return false
  // One that carries its bytes is counted where they stand.
  return !JSON.stringify(value).includes(';base64,') && !hasEncoded(value)
}

function hasEncoded(value: JsonValue): boolean {
  if (typeof value === 'string') return encodedRun.test(value)
  return value !== null && typeof value === 'object' && Object.values(value).some(hasEncoded)
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

export interface PlacedFind {
  readonly path: string
  readonly start: number
  readonly end: number
  readonly class: MaskedClass
  readonly rule: string
}

export interface Placeholder {
  readonly placeholder: string
  readonly value: string
}

/** Letters that stand in no text of the payload, so that a placeholder of the redacted one is ours. */
export function freeMark(texts: readonly PayloadText[], marks: readonly string[]): string | null {
  return marks.find((mark) => !texts.some(({ text }) => text.includes(mark))) ?? null
}

/**
 * Gives each find a placeholder `⟦email-b-MARK⟧`; equal values of a class have the same one, so that a model can still
 * tell them apart. No digit stands in it, so that no rule finds anything in it.
 */
export function placeholdersFor(
  texts: readonly PayloadText[],
  finds: readonly PlacedFind[],
  mark: string,
): readonly Placeholder[] {
  const textAt = new Map(texts.map(({ path, text }) => [path, text]))
  const known = new Map<string, string>()
  const counts = new Map<MaskedClass, number>()
  return finds.map((find) => {
    const value = textAt.get(find.path)?.slice(find.start, find.end) ?? ''
    const key = `${find.class}\n${value}`
    const given = known.get(key)
    if (given !== undefined) return { placeholder: given, value }
    const count = counts.get(find.class) ?? 0
    counts.set(find.class, count + 1)
    const placeholder = `⟦${find.class}-${letters(count)}-${mark}⟧`
    known.set(key, placeholder)
    return { placeholder, value }
  })
}

/** a … z, aa … */
function letters(count: number): string {
  const letter = String.fromCharCode(97 + (count % 26))
  return count < 26 ? letter : letters(Math.floor(count / 26) - 1) + letter
}

/** The payload with placeholders in place of the finds; `finds` in the order of each text, none overlapping another. */
export function redactPayload(
  payload: JsonValue,
  finds: readonly PlacedFind[],
  placeholders: readonly Placeholder[],
): JsonValue {
  const byPath = Map.groupBy(
    finds.map((find, at) => ({ find, placeholder: placeholders[at]?.placeholder ?? '' })),
    ({ find }) => find.path,
  )
  const replace = (value: JsonValue, path: string): JsonValue => {
    if (typeof value === 'string') return replaceIn(value, byPath.get(path) ?? [])
    if (Array.isArray(value)) return value.map((item, at) => replace(item, `${path}/${at}`))
    if (value === null || typeof value !== 'object') return value
    const entries = Object.entries(value).map(([name, item]) => [name, replace(item, `${path}/${escapePointer(name)}`)])
    return Object.fromEntries(entries) as JsonValue
  }
  return replace(payload, '')
}

function replaceIn(
  text: string,
  replaced: readonly { readonly find: PlacedFind; readonly placeholder: string }[],
): string {
  let out = ''
  let copied = 0
  for (const { find, placeholder } of replaced) {
    out += text.slice(copied, find.start) + placeholder
    copied = find.end
  }
  return (out + text.slice(copied)).toWellFormed()
}

/** A text, such as a model's answer, with the values back in place of the placeholders of one request. */
export function restorePlaceholders(text: string, placeholders: readonly Placeholder[]): string {
  const values = new Map(placeholders.map(({ placeholder, value }) => [placeholder, value]))
  return text.replaceAll(/⟦[a-z_]+-[a-z]+-[a-z]+⟧/g, (placeholder) => values.get(placeholder) ?? placeholder)
}
