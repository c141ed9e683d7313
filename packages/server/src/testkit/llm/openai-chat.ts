import { type Dialect, type Json, pieces, type ResolvedTurn, type ScriptedError, type StreamEvent } from './script.ts'

const created = 1_760_000_000
const finishReasons = { stop: 'stop', length: 'length', 'tool-calls': 'tool_calls', 'content-filter': 'content_filter' }

/** OpenAI's Chat Completions: https://platform.openai.com/docs/api-reference/chat. */
export const openAiChat: Dialect = {
  refuse: (body) => {
    if (!Array.isArray(body['messages']) || body['messages'].length === 0)
      return invalid("Missing required parameter: 'messages'.", 'messages')
    return refuseToolMessages(body['messages'] as readonly Json[])
  },
  lastMessage: (body) => (body['messages'] as readonly unknown[]).at(-1),
  reply: (turn) => ({
    id: `chatcmpl-${turn.number}`,
    object: 'chat.completion',
    created,
    model: turn.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: turn.text,
          refusal: null,
          annotations: [],
          ...(turn.toolCalls.length === 0 ? {} : { tool_calls: turn.toolCalls.map(toolCall) }),
        },
        logprobs: null,
        finish_reason: finishReasons[turn.finish],
      },
    ],
    usage: usageOf(turn),
    service_tier: 'default',
    system_fingerprint: 'fp_scripted',
  }),
  stream: (turn, body) => {
    const withUsage = (body['stream_options'] as Json | undefined)?.['include_usage'] === true
    const chunk = (choices: readonly unknown[], usage: unknown = null): StreamEvent => ({
      data: {
        id: `chatcmpl-${turn.number}`,
        object: 'chat.completion.chunk',
        created,
        model: turn.model,
        service_tier: 'default',
        system_fingerprint: 'fp_scripted',
        choices,
        ...(withUsage ? { usage } : {}),
      },
    })
    const delta = (content: Json, finish: string | null = null) =>
      chunk([{ index: 0, delta: content, logprobs: null, finish_reason: finish }])
    return [
      delta({ role: 'assistant', content: turn.text === null ? null : '', refusal: null }),
      ...pieces(turn.text ?? '').map((content) => delta({ content })),
      ...turn.toolCalls.flatMap((call, index) => [
        delta({ tool_calls: [{ index, ...toolCall(call), function: { name: call.name, arguments: '' } }] }),
        ...pieces(JSON.stringify(call.arguments)).map((text) =>
          delta({ tool_calls: [{ index, function: { arguments: text } }] }),
        ),
      ]),
      delta({}, finishReasons[turn.finish]),
      ...(withUsage ? [chunk([], usageOf(turn))] : []),
      { data: '[DONE]' },
    ]
  },
  errorBody: openAiError,
  streamError: () => ({
    data: openAiError({ status: 500, type: 'server_error', message: 'The server had an error while processing.' }),
  }),
}

export function openAiError({ type, message, param, status }: ScriptedError): unknown {
  return { error: { message, type, param: param ?? null, code: status === 429 ? 'rate_limit_exceeded' : null } }
}

export function invalid(message: string, param: string): ScriptedError {
  return { status: 400, type: 'invalid_request_error', message, param }
}

function toolCall(call: ResolvedTurn['toolCalls'][number]) {
  return {
    id: `call_${call.id}`,
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }
}

/** `prompt_tokens` includes the cached ones, `completion_tokens` the reasoning ones. */
function usageOf({ usage }: ResolvedTurn) {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens,
      audio_tokens: 0,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

/** As the vendor does: a tool's result must answer a call, and each call must be answered before anything else. */
function refuseToolMessages(messages: readonly Json[]): ScriptedError | null {
  let open = new Set<string>()
  for (const message of messages) {
    if (message['role'] === 'tool') {
      if (!open.delete(String(message['tool_call_id'])))
        return invalid(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          'messages',
        )
      continue
    }
    if (open.size > 0) break
    const calls = (message['tool_calls'] as readonly Json[] | undefined) ?? []
    open = new Set(calls.map((call) => String(call['id'])))
  }
  if (open.size === 0) return null
  return invalid(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
    'messages',
  )
}
