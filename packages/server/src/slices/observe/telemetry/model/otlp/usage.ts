import type { ActionKind } from '@metaagent/contract'
import { knownReportedCost, usdToNano } from '../cost.ts'
import { noTokens, type TokenCounts } from '../rows.ts'
import type { FieldValues } from './sources.ts'
import { countOfValue, numberOfValue } from './texts.ts'
import type { SpanField } from './vocabulary.ts'

/** Something about a span that a person should know when reading its figures. */
export type MappingNote =
  /** The input did not include the cached tokens; they were added. */
  | 'cached-tokens-counted-apart'
  /** The output did not include the reasoning tokens; they were added. */
  | 'reasoning-tokens-counted-apart'

export interface SpanUsage {
  readonly tokens: TokenCounts
  readonly reportedCostNanoUsd: number | null
  readonly notes: readonly MappingNote[]
}

/**
 * The tokens of a span as OpenTelemetry counts them: input with the cached, output with the reasoning tokens. Who counts
 * them apart is known by the total that stands beside them, by the vocabulary (Langfuse's own keys add up), or by an
 * input that is smaller than its cached part (rule 2). Spans that repeat earlier usage have none (rule 10).
 */
export function usageOf(values: FieldValues, kind: ActionKind, repeats: boolean): SpanUsage {
  if (repeats) return { tokens: noTokens, reportedCostNanoUsd: null, notes: [] }
  const count = (field: SpanField) => countOfValue(values.get(field))
  const total = count('totalTokens')
  const stated = completed(count('inputTokens'), count('outputTokens'), total, kind)
  const cacheReadTokens = count('cacheReadTokens')
  const cacheWriteTokens = count('cacheWriteTokens')
  const reasoningTokens = count('reasoningTokens')
  const apart = countedApart(
    values,
    stated,
    (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0),
    reasoningTokens ?? 0,
    total,
  )
  const tokens = {
    inputTokens: stated.input === null ? null : stated.input + apart.cached,
    outputTokens: stated.output === null ? null : stated.output + apart.reasoning,
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens,
  }
  const notes: MappingNote[] = []
  if (apart.cached > 0) notes.push('cached-tokens-counted-apart')
  if (apart.reasoning > 0) notes.push('reasoning-tokens-counted-apart')
  return { tokens, reportedCostNanoUsd: reportedCost(values, tokens), notes }
}

interface Stated {
  readonly input: number | null
  readonly output: number | null
}

/** One of input and output is known from the total and the other; an embedding has only input. */
function completed(input: number | null, output: number | null, total: number | null, kind: ActionKind): Stated {
  if (total === null) return { input, output }
  if (input === null && output !== null && total >= output) return { input: total - output, output }
  if (input !== null && output === null && total >= input && kind !== 'embedding')
    return { input, output: total - input }
  return input === null && output === null && kind === 'embedding' ? { input: total, output } : { input, output }
}

function countedApart(
  values: FieldValues,
  { input, output }: Stated,
  cached: number,
  reasoning: number,
  total: number | null,
): { readonly cached: number; readonly reasoning: number } {
  if (input === null) return { cached: 0, reasoning: 0 }
  const sum = input + (output ?? 0)
  if (total !== null && total > sum) {
    if (total === sum + cached + reasoning) return { cached, reasoning }
    if (total === sum + reasoning) return { cached: tooMany(input, cached), reasoning }
    if (total === sum + cached) return { cached, reasoning: 0 }
  }
  // Langfuse's keys are parts of a sum; `prompt_tokens` is OpenAI's own, which includes them.
  const parts = values.from('inputTokens') === 'langfuse' && total !== sum && !values.saysOpenAiUsage()
  return parts ? { cached, reasoning } : { cached: tooMany(input, cached), reasoning: 0 }
}

/** The cached tokens, where they cannot be part of the input. */
function tooMany(input: number, cached: number): number {
  return input < cached ? cached : 0
}

function reportedCost(values: FieldValues, tokens: TokenCounts): number | null {
  const input = numberOfValue(values.get('reportedInputCostUsd'))
  const output = numberOfValue(values.get('reportedOutputCostUsd'))
  const sum = input === null && output === null ? null : (input ?? 0) + (output ?? 0)
  const usd = numberOfValue(values.get('reportedCostUsd')) ?? sum
  if (usd === null || usd < 0) return null
  return knownReportedCost(usdToNano(usd), (tokens.inputTokens ?? 0) + (tokens.outputTokens ?? 0))
}
