import { type MappedInput, madeUpStart } from './inputs.ts'

interface Drop {
  /** Which expectations: by the case's name and by what they are about. */
  readonly test: RegExp
  readonly meaning: RegExp
  readonly reason: string
}

/** Vendor-neutral expectations that are not compared. Everything else must hold. */
const drops: readonly Drop[] = [
  {
    test: /OpenRouter|evaluator (environment|provenance)/,
    meaning: /^environment$/,
    reason:
      'the original finds its own evaluator runs in a broken answer; the text of an answer names no environment here',
  },
  {
    test: /5m and 1h cache creation/,
    meaning: /cache_creation/,
    reason: 'the original splits cache writes by lifetime and shows the rest; here they are one count',
  },
  {
    test: /cap total array-slot/,
    meaning: /^input$/,
    reason: 'a limit of the original’s reconstruction; here indexed keys make a list without holes',
  },
]

/** Why an expectation is not compared, or null. */
export function reasonToDrop(test: string, meaning: string, { span }: MappedInput): string | null {
  const listed = drops.find((drop) => drop.test.test(test) && drop.meaning.test(meaning))
  if (listed !== undefined) return listed.reason
  if (
    span !== null &&
    BigInt(span.startedAt) * 1_000_000n === madeUpStart &&
    /^(start|end|time to first token)$/.test(meaning)
  )
    return 'the recording has no usable time, so the span was given one'
  return meaning === 'tokens: input' && span !== null && countsCacheApart(span.attributes)
    ? 'input smaller than its cached part: the cached tokens are added (rule 2), the original shows 0'
    : null
}

function countsCacheApart(attributes: Readonly<Record<string, unknown>>): boolean {
  const input = Number(attributes['gen_ai.usage.input_tokens'])
  const text = JSON.stringify(attributes)
  const cached = [...text.matchAll(/cache\w*?(?:read|Read)\w*\\?":\s*(\d+)/g)].map((match) => Number(match[1]))
  return Number.isFinite(input) && cached.some((count) => count > input)
}
