import type { Usage } from '@metaagent/contract'

/** What the callbacks say about one model call. */
export interface LlmOutcome {
  readonly usage: Usage | undefined
  /** The model that answered. */
  readonly model: string | undefined
  readonly finishReason: string | undefined
  readonly output: unknown
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads LangChain's `LLMResult`. Tokens come from the message's `usage_metadata` (cached tokens included in the input,
 * reasoning in the output, whatever the provider), else from the older `llmOutput.tokenUsage`.
 */
export function outcomeOf(result: unknown): LlmOutcome {
  const { generations, llmOutput } = fields(result)
  const all = Array.isArray(generations) ? (generations.flat() as readonly unknown[]) : []
  const messages = all.map((generation) => fields(fields(generation)['message']))
  const meta = fields(messages[0]?.['response_metadata'])
  const older = fields(llmOutput)
  const info = fields(fields(all[0])['generationInfo'])
  return {
    usage: usageOf(messages.map((message) => fields(message['usage_metadata']))) ?? olderUsage(older),
    model: text(meta['model_name']) ?? text(meta['model']) ?? text(older['model_name']) ?? text(older['model']),
    finishReason: text(meta['finish_reason']) ?? text(meta['stop_reason']) ?? text(info['finish_reason']),
    output: all.map((generation, at) =>
      messages[at]?.['content'] === undefined ? fields(generation)['text'] : plain(fields(generation)['message']),
    ),
  }
}

/**
 * Output tokens that one event of a stream tells, if it tells any. Anthropic counts them up from event to event, so that
 * the last one is the number; `@langchain/anthropic` (1.5) adds the first and the last.
 */
export function streamedTokens(extra: unknown): number | undefined {
  const usage = fields(fields(fields(fields(extra)['chunk'])['message'])['usage_metadata'])
  const tokens = usage['output_tokens']
  return typeof tokens === 'number' && tokens > 0 ? tokens : undefined
}

function usageOf(metadata: readonly Fields[]): Usage | undefined {
  const known = metadata.filter((usage) => typeof usage['input_tokens'] === 'number')
  if (known.length === 0) return undefined
  const sum = (read: (usage: Fields) => unknown) => {
    const values = known.map(read).filter((value): value is number => typeof value === 'number')
    return values.length === 0 ? null : values.reduce((total, value) => total + value, 0)
  }
  return {
    inputTokens: sum((usage) => usage['input_tokens']),
    outputTokens: sum((usage) => usage['output_tokens']),
    cacheReadTokens: sum((usage) => fields(usage['input_token_details'])['cache_read']),
    cacheWriteTokens: sum((usage) => fields(usage['input_token_details'])['cache_creation']),
    reasoningTokens: sum((usage) => fields(usage['output_token_details'])['reasoning']),
  }
}

function olderUsage(llmOutput: Fields): Usage | undefined {
  const usage = fields(llmOutput['tokenUsage'] ?? llmOutput['estimatedTokenUsage'])
  const inputTokens = usage['promptTokens']
  const outputTokens = usage['completionTokens']
  if (typeof inputTokens !== 'number' && typeof outputTokens !== 'number') return undefined
  return {
    inputTokens: typeof inputTokens === 'number' ? inputTokens : null,
    outputTokens: typeof outputTokens === 'number' ? outputTokens : null,
  }
}

/** A copy in which LangChain's messages are role, content and tool calls instead of a serialized class. */
export function plain(value: unknown, depth = 3): unknown {
  if (Array.isArray(value)) return depth === 0 ? value : value.map((item) => plain(item, depth - 1))
  if (typeof value !== 'object' || value === null) return value
  const kind = (value as { getType?: unknown }).getType
  if (typeof kind === 'function') return plainMessage(value as Fields, String(kind.call(value)))
  if (depth === 0 || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field, depth - 1)]))
}

const roles: Readonly<Record<string, string>> = { human: 'user', ai: 'assistant' }

function plainMessage(message: Fields, kind: string): unknown {
  const calls = message['tool_calls']
  return {
    role: roles[kind] ?? kind,
    content: message['content'],
    ...(Array.isArray(calls) && calls.length > 0 ? { tool_calls: calls } : {}),
    ...(message['tool_call_id'] === undefined ? {} : { tool_call_id: message['tool_call_id'] }),
  }
}

export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
