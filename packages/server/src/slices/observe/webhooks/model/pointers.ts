import type { JsonValue } from '@metaagent/contract'

/** Makes ids of texts that identify a run or a step elsewhere. */
export interface HashedIds {
  readonly trace: (...texts: readonly string[]) => string
  readonly span: (...texts: readonly string[]) => string
}

/** A template that cannot be filled; the message is for whoever wrote it. */
export class TemplateFault extends Error {
  override readonly name = 'TemplateFault'
}

type Members = { readonly [name: string]: JsonValue }

/**
 * Fills a template from a payload. Texts that begin with `/` are JSON pointers (RFC 6901) into the payload; other values
 * stand for themselves. What a pointer does not find is left out. Forms, each an object with just these members:
 *
 * - `{"value": x}`: x as it stands, also a text that begins with `/`.
 * - `{"traceId": [t…]}`, `{"spanId": [t…]}`: an id made of the filled texts.
 * - `{"each": p, "as": t}`: t for each item of the list at p, pointers in t counting from the item.
 * - `{"root": t}`: t with pointers counting from the whole payload again.
 * - `{"choose": p, "of": {"text": t}, "otherwise": t}`: by the text at p.
 *
 * Throws TemplateFault.
 */
export function fillTemplate(template: JsonValue, payload: JsonValue, ids: HashedIds): JsonValue {
  return fill(template, { root: payload, here: payload, ids }) ?? null
}

interface Place {
  readonly root: JsonValue
  readonly here: JsonValue
  readonly ids: HashedIds
}

function fill(template: JsonValue, place: Place): JsonValue | undefined {
  if (typeof template === 'string') return template.startsWith('/') ? at(place.here, template) : template
  if (typeof template !== 'object' || template === null) return template
  if (Array.isArray(template)) return template.flatMap((item) => fill(item, place) ?? [])
  return form(template, place) ?? members(template, place)
}

function members(template: Members, place: Place): JsonValue {
  const filled: Record<string, JsonValue> = {}
  for (const [name, inner] of Object.entries(template)) {
    const value = fill(inner, place)
    if (value !== undefined) filled[name] = value
  }
  return filled
}

/** The value of an object that is one of the forms; null when it is none. A form that finds nothing is `undefined`. */
function form(template: Members, place: Place): JsonValue | undefined | null {
  const names = Object.keys(template).sort().join()
  switch (names) {
    case 'value':
      return template['value']
    case 'root':
      return fill(template['root'] ?? null, { ...place, here: place.root })
    case 'traceId':
      return place.ids.trace(...texts(template['traceId'], place))
    case 'spanId':
      return place.ids.span(...texts(template['spanId'], place))
    case 'as,each':
      return each(template, place)
    case 'choose,of':
    case 'choose,of,otherwise':
      return choose(template, place)
    default:
      return null
  }
}

function texts(template: JsonValue | undefined, place: Place): readonly string[] {
  const filled = (Array.isArray(template) ? template : [template ?? null]).map((item) => fill(item, place))
  return filled.map((text) => {
    if (typeof text === 'string' || typeof text === 'number') return String(text)
    throw new TemplateFault('An id must be made of texts or numbers that are in the payload.')
  })
}

function each({ each: from, as }: Members, place: Place): JsonValue {
  const list = fill(from ?? null, place)
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) throw new TemplateFault(`There is no list at ${JSON.stringify(from)}.`)
  return list.flatMap((here) => fill(as ?? null, { ...place, here }) ?? [])
}

function choose({ choose: by, of, otherwise }: Members, place: Place): JsonValue | undefined {
  const key = String(fill(by ?? null, place))
  const found =
    typeof of === 'object' && of !== null && !Array.isArray(of) && Object.hasOwn(of, key) ? of[key] : otherwise
  return found === undefined ? undefined : fill(found, place)
}

function at(value: JsonValue, pointer: string): JsonValue | undefined {
  let here: JsonValue | undefined = value
  for (const part of pointer.slice(1).split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(here)) here = /^(0|[1-9]\d*)$/.test(name) ? here[Number(name)] : undefined
    else if (typeof here === 'object' && here !== null) here = Object.hasOwn(here, name) ? here[name] : undefined
    else return undefined
  }
  return here
}
