/**
 * What can be counted in one call and priced, after the unit registry of pydantic/genai-prices (MIT): a usage key, the
 * key of its price, and dimensions. A unit that has all dimensions of another one and more is a part of it
 * (`cache_read_tokens` of `input_tokens`), and is taken out of it where it has a price of its own.
 */
export interface Unit {
  readonly usageKey: string
  readonly priceKey: string
  /** How many units the price is for. */
  readonly per: number
  readonly dimensions: Readonly<Record<string, string>>
}

const modalities = [null, 'text', 'audio', 'image', 'video'] as const
const million = 1_000_000

function tokens(usageKey: string, dimensions: Readonly<Record<string, string | null>>): Unit {
  const given = Object.entries({ family: 'tokens', ...dimensions }).filter(([, value]) => value !== null)
  const priceKey = usageKey.replace(/_tokens$/, '_mtok')
  return { usageKey, priceKey, per: million, dimensions: Object.fromEntries(given) as Record<string, string> }
}

const named = (...parts: readonly (string | null)[]) => parts.filter((part) => part !== null).join('_')

const tokenUnits = modalities.flatMap((modality) => {
  const input = (type: string | null) =>
    tokens(named('input', modality, type, 'tokens'), { direction: 'input', modality, token_type: type })
  const output = (type: string | null) =>
    tokens(named('output', modality, type, 'tokens'), { direction: 'output', modality, token_type: type })
  const written = (ttl: string | null) =>
    tokens(named('cache', modality, 'write', ttl, 'tokens'), {
      direction: 'input',
      modality,
      token_type: 'cache_write',
      cache_ttl: ttl,
    })
  const read = tokens(named('cache', modality, 'read', 'tokens'), {
    direction: 'input',
    modality,
    token_type: 'cache_read',
  })
  return [
    input(null),
    input('tool'),
    read,
    written(null),
    written('5m'),
    written('1h'),
    output(null),
    output('reasoning'),
    output('citation'),
  ]
})

const unit = (usageKey: string, priceKey: string, per: number, dimensions: Unit['dimensions']): Unit => ({
  usageKey,
  priceKey,
  per,
  dimensions,
})
const audio = { family: 'durations', modality: 'audio' }

/** Every unit that is known; a price or a usage of any other key is not understood. */
export const units: readonly Unit[] = [
  ...tokenUnits,
  unit('audio_seconds', 'audio_hours', 3_600, audio),
  unit('input_audio_seconds', 'input_audio_hours', 3_600, { ...audio, direction: 'input' }),
  unit('output_audio_seconds', 'output_audio_hours', 3_600, { ...audio, direction: 'output' }),
  unit('input_characters', 'input_mchars', million, { family: 'characters', direction: 'input' }),
  unit('input_pixels', 'input_gpixels', 1_000 * million, { family: 'pixels', direction: 'input' }),
  unit('input_document_pages', 'input_document_kpages', 1_000, { family: 'document_pages', direction: 'input' }),
  unit('input_annotated_document_pages', 'input_annotated_document_kpages', 1_000, {
    family: 'document_pages',
    direction: 'input',
    page_type: 'annotated',
  }),
  unit('input_text_messages', 'input_text_messages_kcount', 1_000, {
    family: 'messages',
    direction: 'input',
    modality: 'text',
  }),
  unit('requests', 'requests_kcount', 1_000, { family: 'requests' }),
  unit('rerank_searches', 'rerank_searches_kcount', 1_000, { family: 'rerank' }),
  ...['code_execution', 'social_search', 'storage_search', 'web_search'].map((tool) => {
    const plural = tool === 'code_execution' ? 'code_executions' : `${tool}es`
    return unit(plural, `${plural}_kcount`, 1_000, { family: 'tool_calls', tool_type: tool })
  }),
]

const byUsageKey = new Map(units.map((one) => [one.usageKey, one]))
const byPriceKey = new Map(units.map((one) => [one.priceKey, one]))

export const unitOfUsage = (key: string): Unit | undefined => byUsageKey.get(key)
export const unitOfPrice = (key: string): Unit | undefined => byPriceKey.get(key)

const partsOf = new Map(
  units.map((whole) => {
    const isPart = (part: Unit) =>
      Object.entries(whole.dimensions).every(([name, value]) => part.dimensions[name] === value)
    return [whole, new Set(units.filter((part) => part !== whole && isPart(part)))]
  }),
)

/** Whether `part` is another unit that lies wholly within `whole`. */
export function isPartOf(part: Unit, whole: Unit): boolean {
  return partsOf.get(whole)?.has(part) === true
}

/** The unit of what two overlapping units have in common (audio input and cached input: cached audio), if there is one. */
export function overlapOf(a: Unit, b: Unit): Unit | 'apart' | 'unnamed' {
  const together = { ...a.dimensions, ...b.dimensions }
  if (Object.entries(a.dimensions).some(([name, value]) => together[name] !== value)) return 'apart'
  const size = Object.keys(together).length
  const found = units.find(
    ({ dimensions }) =>
      Object.keys(dimensions).length === size &&
      Object.entries(together).every(([name, value]) => dimensions[name] === value),
  )
  return found ?? 'unnamed'
}
