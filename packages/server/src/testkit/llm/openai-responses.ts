import { invalid, openAiError } from './openai-chat.ts'
import { type Dialect, type Json, pieces, type ResolvedTurn, type StreamEvent } from './script.ts'

/** OpenAI's Responses: https://platform.openai.com/docs/api-reference/responses. */
export const openAiResponses: Dialect = {
  refuse: (body) => {
    const { input } = body
    if (typeof input !== 'string' && !Array.isArray(input))
      return invalid("Missing required parameter: 'input'.", 'input')
    return refuseOutputs(typeof input === 'string' ? [] : (input as readonly Json[]), body)
  },
  lastMessage: ({ input }) => (Array.isArray(input) ? input.at(-1) : input),
  reply: (turn, body) => response(turn, body, itemsOf(turn)),
  stream: (turn, body) => {
    const items = itemsOf(turn)
    const events: Json[] = [
      { type: 'response.created', response: response(turn, body, []) },
      { type: 'response.in_progress', response: response(turn, body, []) },
      ...items.flatMap((item, at) => itemEvents(item, at)),
      {
        type: turn.finish === 'length' ? 'response.incomplete' : 'response.completed',
        response: response(turn, body, items),
      },
    ]
    return events.map((data, at): StreamEvent => {
      const status = at < 2 ? { response: { ...(data['response'] as Json), status: 'in_progress', usage: null } } : {}
      return { event: String(data['type']), data: { ...data, ...status, sequence_number: at } }
    })
  },
  errorBody: openAiError,
  streamError: (number) => ({
    event: 'error',
    data: {
      type: 'error',
      code: 'server_error',
      message: 'The server had an error while processing.',
      param: null,
      sequence_number: number,
    },
  }),
}

type Item = Json & { readonly id: string; readonly type: string }

function itemsOf(turn: ResolvedTurn): readonly Item[] {
  const items: Item[] = []
  if (turn.reasoning !== null)
    items.push({
      id: `rs_${turn.number}`,
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: turn.reasoning }],
      encrypted_content: null,
    })
  if (turn.text !== null)
    items.push({
      id: `msg_${turn.number}`,
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', annotations: [], logprobs: [], text: turn.text }],
    })
  for (const call of turn.toolCalls)
    items.push({
      id: `fc_${call.id}`,
      type: 'function_call',
      status: 'completed',
      call_id: `call_${call.id}`,
      name: call.name,
      arguments: JSON.stringify(call.arguments),
    })
  return items
}

function itemEvents(item: Item, at: number): readonly Json[] {
  const place = { item_id: item.id, output_index: at }
  const done = { type: 'response.output_item.done', output_index: at, item }
  const added = (start: Json) => ({
    type: 'response.output_item.added',
    output_index: at,
    item: { ...item, ...start, ...(item.type === 'reasoning' ? {} : { status: 'in_progress' }) },
  })
  if (item.type === 'function_call') {
    const text = String(item['arguments'])
    return [
      added({ arguments: '' }),
      ...pieces(text).map((delta) => ({ type: 'response.function_call_arguments.delta', ...place, delta })),
      { type: 'response.function_call_arguments.done', ...place, arguments: text },
      done,
    ]
  }
  const isMessage = item.type === 'message'
  const part = (item[isMessage ? 'content' : 'summary'] as readonly Json[])[0] as Json
  const text = String(part['text'])
  const partPlace = isMessage ? { ...place, content_index: 0 } : { ...place, summary_index: 0 }
  const [partName, textName] = isMessage
    ? ['response.content_part', 'response.output_text']
    : ['response.reasoning_summary_part', 'response.reasoning_summary_text']
  const logprobs = isMessage ? { logprobs: [] } : {}
  return [
    added(isMessage ? { content: [] } : { summary: [] }),
    { type: `${partName}.added`, ...partPlace, part: { ...part, text: '' } },
    ...pieces(text).map((delta) => ({ type: `${textName}.delta`, ...partPlace, delta, ...logprobs })),
    { type: `${textName}.done`, ...partPlace, text, ...logprobs },
    { type: `${partName}.done`, ...partPlace, part },
    done,
  ]
}

function response(turn: ResolvedTurn, body: Json, output: readonly Item[]) {
  const { usage, finish } = turn
  return {
    id: `resp_${turn.number}`,
    object: 'response',
    created_at: 1_760_000_000,
    status: finish === 'length' ? 'incomplete' : 'completed',
    background: false,
    error: null,
    incomplete_details: finish === 'length' ? { reason: 'max_output_tokens' } : null,
    instructions: body['instructions'] ?? null,
    max_output_tokens: body['max_output_tokens'] ?? null,
    metadata: {},
    model: turn.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: body['store'] ?? true,
    temperature: 1,
    text: { format: { type: 'text' }, verbosity: 'medium' },
    tool_choice: body['tool_choice'] ?? 'auto',
    tools: body['tools'] ?? [],
    top_p: 1,
    truncation: 'disabled',
    usage: {
      input_tokens: usage.inputTokens,
      input_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheWriteTokens },
      output_tokens: usage.outputTokens,
      output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
      total_tokens: usage.inputTokens + usage.outputTokens,
    },
    user: null,
  }
}

/** As the vendor does: a tool's output needs its call, in the input or (by reference) in what the vendor stored. */
function refuseOutputs(input: readonly Json[], body: Json) {
  if (body['previous_response_id'] !== undefined && body['previous_response_id'] !== null) return null
  const calls = new Set(input.filter((item) => item['type'] === 'function_call').map((item) => item['call_id']))
  if (input.some((item) => item['type'] === 'item_reference')) return null
  const orphan = input.find((item) => item['type'] === 'function_call_output' && !calls.has(item['call_id']))
  return orphan === undefined
    ? null
    : invalid(`No tool call found for function call output with call_id ${String(orphan['call_id'])}.`, 'input')
}
