import type { ActionKind } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import { type CompiledRow, costOfUsage, type UnitUsage, unpricedOf } from './cost.ts'

/** One call as telemetry reports it: input includes the cached tokens, output the reasoning ones. Null is unknown. */
export interface PricedCall {
  readonly kind: ActionKind
  readonly provider: string | null
  readonly model: string | null
  readonly startedAt: Instant
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly cacheReadTokens: number | null
  readonly cacheWriteTokens: number | null
  readonly reasoningTokens: number | null
}

/**
 * The cost of one call in integer nano-dollars, or null when the row does not price what was used or the usage is not
 * whole. Cached and reasoning tokens are taken out of input and output only where the row prices them apart.
 */
export function costOfCall(call: PricedCall, row: CompiledRow): number | null {
  const usage = usageOfCall(call)
  if (usage === null || unpricedOf(usage, row).length > 0) return null
  const cost = costOfUsage(usage, row)
  if (cost === null) return null
  const nanoUsd = Number(cost.totalNanoUsd)
  return Number.isSafeInteger(nanoUsd) ? nanoUsd : null
}

/**
 * Input as OpenTelemetry counts it includes the cached tokens; a sender whose input is smaller than its cached tokens
 * counts them apart (Anthropic's raw usage), so there they are added. Only an embedding has no output.
 */
function usageOfCall(call: PricedCall): UnitUsage | null {
  const { inputTokens, outputTokens } = call
  if (inputTokens === null || (outputTokens === null && call.kind !== 'embedding')) return null
  const cacheRead = call.cacheReadTokens ?? 0
  const cacheWrite = call.cacheWriteTokens ?? 0
  const apart = inputTokens < cacheRead + cacheWrite
  const output = outputTokens ?? 0
  return {
    input_tokens: apart ? inputTokens + cacheRead + cacheWrite : inputTokens,
    cache_read_tokens: cacheRead,
    cache_write_tokens: cacheWrite,
    output_tokens: output,
    output_reasoning_tokens: Math.min(call.reasoningTokens ?? 0, output),
  }
}
