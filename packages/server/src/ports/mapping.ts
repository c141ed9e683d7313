import type { JsonValue } from '@metaagent/contract'

/** Limits of one evaluation; what exceeds them ends that evaluation and nothing else. */
export const mappingLimits = {
  /** Wall clock, after which the expression is stopped wherever it is. */
  timeMs: 1_000,
  /** Depth of calls within an expression. */
  depth: 200,
  /** Items of any list that an expression makes. */
  items: 20_000,
  /** Characters of the result as JSON. */
  resultCharacters: 4_000_000,
  memoryMb: 64,
} as const

export type MappingResult =
  | { readonly ok: true; readonly value: JsonValue }
  /** A sentence for whoever wrote the expression, and where in it, when known. */
  | { readonly ok: false; readonly detail: string; readonly position: number | null }

/**
 * Evaluates a JSONata expression over a JSON value, within `mappingLimits` whatever the expression is. Besides JSONata's
 * own functions it has `$traceId(text…)` (32 hex digits) and `$spanId(text…)` (16), the same for the same texts.
 */
export type EvaluateMapping = (expression: string, input: JsonValue) => Promise<MappingResult>
