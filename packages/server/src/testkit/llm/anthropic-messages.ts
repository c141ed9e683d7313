import { type Dialect, type Json, pieces, type ResolvedTurn, type ScriptedError, type StreamEvent } from './script.ts'

const stopReasons = { stop: 'end_turn', length: 'max_tokens', 'tool-calls': 'tool_use', 'content-filter': 'refusal' }

/** Anthropic's Messages: https://platform.claude.com/docs/en/api/messages. */
export const anthropicMessages: Dialect = {
  refuse: (body, headers) => {
    const version = headers['anthropic-version']
    if (version === undefined) return invalid('anthropic-version: header is required')
    if (typeof body['max_tokens'] !== 'number') return invalid('max_tokens: Field required')
    if (!Array.isArray(body['messages']) || body['messages'].length === 0)
      return invalid('messages: at least one message is required')
    // From the version of 2026-10-21 on, sampling parameters are refused even at their defaults.
    const sampling = ['temperature', 'top_p', 'top_k'].find((name) => body[name] !== undefined)
    if (version >= '2026-10-21' && sampling !== undefined)
      return invalid(`${sampling}: not supported in this API version`)
    return refuseToolResults(body['messages'] as readonly Json[])
  },
  lastMessage: (body) => (body['messages'] as readonly unknown[]).at(-1),
  reply: (turn) => ({
    ...message(turn),
    content: blocksOf(turn),
    stop_reason: stopReasons[turn.finish],
    usage: usageOf(turn, turn.usage.outputTokens),
  }),
  stream: (turn) => [
    named({ type: 'message_start', message: { ...message(turn), content: [], usage: usageOf(turn, 1) } }),
    named({ type: 'ping' }),
    ...blocksOf(turn).flatMap(blockEvents),
    named({
      type: 'message_delta',
      delta: { stop_reason: stopReasons[turn.finish], stop_sequence: null },
      // Cumulative: who adds this to message_start counts twice.
      usage: usageOf(turn, turn.usage.outputTokens),
    }),
    named({ type: 'message_stop' }),
  ],
  errorBody: ({ type, message: text }, number) => ({
    type: 'error',
    error: { type, message: text },
    request_id: `req_${number}`,
  }),
  streamError: (number) =>
    named({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: `req_${number}` }),
}

const named = (data: Json): StreamEvent => ({ event: String(data['type']), data })

function invalid(message: string): ScriptedError {
  return { status: 400, type: 'invalid_request_error', message }
}

function message(turn: ResolvedTurn) {
  return {
    id: `msg_${turn.number}`,
    type: 'message',
    role: 'assistant',
    model: turn.model,
    stop_reason: null,
    stop_sequence: null,
  }
}

function blocksOf(turn: ResolvedTurn): readonly Json[] {
  return [
    ...(turn.reasoning === null ? [] : [{ type: 'thinking', thinking: turn.reasoning, signature: 'c2NyaXB0ZWQ=' }]),
    ...(turn.text === null || turn.text === '' ? [] : [{ type: 'text', text: turn.text }]),
    ...turn.toolCalls.map((call) => ({
      type: 'tool_use',
      id: `toolu_${call.id}`,
      name: call.name,
      input: call.arguments,
    })),
  ]
}

function blockEvents(block: Json, index: number): readonly StreamEvent[] {
  const delta = (content: Json) => named({ type: 'content_block_delta', index, delta: content })
  const start = (content: Json) => named({ type: 'content_block_start', index, content_block: content })
  const stop = named({ type: 'content_block_stop', index })
  switch (block['type']) {
    case 'thinking':
      return [
        start({ type: 'thinking', thinking: '', signature: '' }),
        ...pieces(String(block['thinking'])).map((thinking) => delta({ type: 'thinking_delta', thinking })),
        delta({ type: 'signature_delta', signature: block['signature'] }),
        stop,
      ]
    case 'tool_use':
      return [
        start({ ...block, input: {} }),
        ...pieces(JSON.stringify(block['input'])).map((partial_json) =>
          delta({ type: 'input_json_delta', partial_json }),
        ),
        stop,
      ]
    default:
      return [
        start({ type: 'text', text: '' }),
        ...pieces(String(block['text'])).map((text) => delta({ type: 'text_delta', text })),
        stop,
      ]
  }
}

/** `input_tokens` excludes what was read from the cache and written to it. */
function usageOf({ usage }: ResolvedTurn, outputTokens: number) {
  return {
    input_tokens: usage.inputTokens - usage.cacheReadTokens - usage.cacheWriteTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation: { ephemeral_5m_input_tokens: usage.cacheWriteTokens, ephemeral_1h_input_tokens: 0 },
    output_tokens: outputTokens,
    service_tier: 'standard',
  }
}

/** As the vendor does: each tool_use is answered by a tool_result at the beginning of the next message. */
function refuseToolResults(messages: readonly Json[]): ScriptedError | null {
  for (const [at, { content }] of messages.entries()) {
    const used = idsOf(content, 'tool_use', 'id')
    const next = messages[at + 1]
    if (used.length === 0 || next === undefined) continue
    const results = new Set(idsOf(next['content'], 'tool_result', 'tool_use_id'))
    const missing = used.filter((id) => !results.has(id))
    if (missing.length > 0)
      return invalid(
        `messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}.`,
      )
  }
  return null
}

function idsOf(content: unknown, type: string, field: string): readonly string[] {
  if (!Array.isArray(content)) return []
  return (content as readonly Json[]).filter((block) => block['type'] === type).map((block) => String(block[field]))
}
