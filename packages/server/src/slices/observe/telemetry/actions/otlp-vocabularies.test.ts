import type { ExecutionDetail, Trace } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../../testkit/database.ts'
import { freshExecutionId } from '../../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'

type Attributes = Readonly<Record<string, string | number | boolean>>

/** One run: an agent that asks a model, uses a tool and asks the model again, in the attributes of one vocabulary. */
interface Vocabulary {
  readonly agent: Attributes
  readonly first: Attributes
  readonly tool: Attributes
  readonly second: Attributes
}

const model = 'claude-sonnet-4-5-20250929'
const json = (value: unknown) => JSON.stringify(value)
const question = [{ role: 'user', content: 'Where is order 7?' }]
const answer = [{ role: 'assistant', content: 'On its way.' }]

/** Tokens of the two calls: input with the cached ones, of which some were read and some written. */
const calls = {
  first: { input: 1_000, read: 600, write: 100, output: 50 },
  second: { input: 1_200, read: 900, write: 0, output: 80 },
} as const
type Call = (typeof calls)[keyof typeof calls]
const sum = { input: 2_200, output: 130 }

const gen = (operation: string) => ({
  'gen_ai.operation.name': operation,
  'gen_ai.provider.name': 'anthropic',
  'gen_ai.request.model': 'claude-sonnet-4-5',
})
const current = ({ input, read, write, output }: Call): Attributes => ({
  ...gen('chat'),
  'gen_ai.response.model': model,
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': output,
  'gen_ai.usage.cache_read.input_tokens': read,
  'gen_ai.usage.cache_write.input_tokens': write,
  'gen_ai.input.messages': json(question),
  'gen_ai.output.messages': json(answer),
})
const openLlmetry = ({ input, read, write, output }: Call): Attributes => ({
  'llm.request.type': 'chat',
  'gen_ai.system': 'Anthropic',
  'gen_ai.request.model': 'claude-sonnet-4-5',
  'gen_ai.response.model': model,
  'gen_ai.usage.prompt_tokens': input,
  'gen_ai.usage.completion_tokens': output,
  'llm.usage.total_tokens': input + output,
  'gen_ai.usage.cache_read_input_tokens': read,
  'gen_ai.usage.cache_creation_input_tokens': write,
  'gen_ai.prompt.0.role': 'user',
  'gen_ai.prompt.0.content': 'Where is order 7?',
  'gen_ai.completion.0.role': 'assistant',
  'gen_ai.completion.0.content': 'On its way.',
})
const openInference = ({ input, read, write, output }: Call): Attributes => ({
  'openinference.span.kind': 'LLM',
  'llm.provider': 'anthropic',
  'llm.system': 'anthropic',
  'llm.model_name': model,
  'llm.token_count.prompt': input,
  'llm.token_count.completion': output,
  'llm.token_count.total': input + output,
  'llm.token_count.prompt_details.cache_read': read,
  'llm.token_count.prompt_details.cache_write': write,
  'llm.input_messages.0.message.role': 'user',
  'llm.input_messages.0.message.content': 'Where is order 7?',
  'llm.output_messages.0.message.role': 'assistant',
  'llm.output_messages.0.message.content': 'On its way.',
})
// Langfuse's keys are parts that add up.
const langfuse = ({ input, read, write, output }: Call): Attributes => ({
  'langfuse.observation.type': 'generation',
  'langfuse.observation.model.name': model,
  'langfuse.observation.usage_details': json({
    input: input - read - write,
    input_cached_tokens: read,
    input_cache_creation: write,
    output,
    total: input + output,
  }),
  'langfuse.observation.input': json(question),
  'langfuse.observation.output': json(answer),
})
// The AI SDK up to 5 passes Anthropic's own input on, which leaves the cached tokens out.
const vercel = ({ input, read, write, output }: Call): Attributes => ({
  'operation.name': 'ai.generateText.doGenerate support',
  'ai.operationId': 'ai.generateText.doGenerate',
  'ai.model.provider': 'anthropic.messages',
  'ai.model.id': 'claude-sonnet-4-5',
  'ai.response.model': model,
  'ai.usage.inputTokens': input - read - write,
  'ai.usage.outputTokens': output,
  'ai.usage.cachedInputTokens': read,
  'ai.response.providerMetadata': json({ anthropic: { cacheCreationInputTokens: write } }),
  'ai.prompt.messages': json(question),
  'ai.response.text': 'On its way.',
})
const langSmith = ({ input, read, write, output }: Call): Attributes => ({
  'langsmith.span.kind': 'llm',
  'langsmith.metadata.ls_provider': 'anthropic',
  'langsmith.metadata.ls_model_name': model,
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': output,
  'gen_ai.usage.total_tokens': input + output,
  'gen_ai.usage.input_token_details': json({ cache_read: read, cache_creation: write }),
  'gen_ai.prompt': json({ messages: question }),
  'gen_ai.completion': json({ messages: answer }),
})
const sentry = ({ input, read, write, output }: Call): Attributes => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.system': 'anthropic',
  'gen_ai.request.model': model,
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.input_tokens.cached': read,
  'gen_ai.usage.input_tokens.cache_write': write,
  'gen_ai.usage.output_tokens': output,
  'gen_ai.usage.total_tokens': input + output,
  'gen_ai.request.messages': json(question),
  'gen_ai.response.text': json(['On its way.']),
})
// MLflow writes each attribute as JSON.
const mlflow = ({ input, read, write, output }: Call): Attributes => ({
  'mlflow.spanType': '"CHAT_MODEL"',
  'mlflow.llm.provider': '"anthropic"',
  'mlflow.llm.model': json(model),
  'mlflow.chat.tokenUsage': json({
    input_tokens: input,
    output_tokens: output,
    total_tokens: input + output,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: write,
  }),
  'mlflow.spanInputs': json(question),
  'mlflow.spanOutputs': json(answer),
})
const laminar = ({ input, read, write, output }: Call): Attributes => ({
  'lmnr.span.type': 'LLM',
  'gen_ai.system': 'anthropic',
  'gen_ai.response.model': model,
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': output,
  'gen_ai.usage.cache_read_input_tokens': read,
  'gen_ai.usage.cache_creation_input_tokens': write,
})
const agentOps = ({ input, read, write, output }: Call): Attributes => ({
  'agentops.span.kind': 'llm',
  'gen_ai.system': 'anthropic',
  'gen_ai.response.model': model,
  'gen_ai.usage.prompt_tokens': input,
  'gen_ai.usage.completion_tokens': output,
  'gen_ai.usage.total_tokens': input + output,
  'gen_ai.usage.cache_read_tokens': read,
  'gen_ai.usage.cache_write_tokens': write,
})
const openLit = ({ input, read, write, output }: Call): Attributes => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.system': 'anthropic',
  'gen_ai.request.model': 'claude-sonnet-4-5',
  'gen_ai.response.model': model,
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': output,
  'gen_ai.client.token.usage': input + output,
  'gen_ai.usage.prompt_tokens_details.cache_read': read,
  'gen_ai.usage.prompt_tokens_details.cache_write': write,
  'gen_ai.content.prompt': 'Where is order 7?',
  'gen_ai.content.completion': 'On its way.',
})
// Google's ADK writes what it sends and gets as JSON; Gemini writes nothing to its cache that it says.
const googleAdk = ({ input, read, write, output }: Call): Attributes => ({
  ...gen('generate_content'),
  'gen_ai.usage.cache_creation.input_tokens': write,
  'gcp.vertex.agent.llm_request': json({ model: 'claude-sonnet-4-5', contents: question }),
  'gcp.vertex.agent.llm_response': json({
    model_version: model,
    content: answer,
    usage_metadata: {
      prompt_token_count: input,
      candidates_token_count: output,
      cached_content_token_count: read,
    },
  }),
})

const both = (call: (of: Call) => Attributes) => ({ first: call(calls.first), second: call(calls.second) })

const vocabularies: Readonly<Record<string, Vocabulary>> = {
  'current gen_ai.*': {
    ...both(current),
    agent: {
      ...gen('invoke_agent'),
      'gen_ai.agent.name': 'support',
      'gen_ai.conversation.id': 'c-7',
      'user.id': 'u-1',
      'gen_ai.usage.input_tokens': sum.input,
      'gen_ai.usage.output_tokens': sum.output,
    },
    tool: { ...gen('execute_tool'), 'gen_ai.tool.name': 'find_order', 'gen_ai.tool.call.arguments': '{"id":7}' },
  },
  OpenLLMetry: {
    ...both(openLlmetry),
    agent: {
      'traceloop.span.kind': 'agent',
      'traceloop.entity.name': 'support',
      'traceloop.association.properties.session_id': 'c-7',
      'traceloop.association.properties.user_id': 'u-1',
    },
    tool: {
      'traceloop.span.kind': 'tool',
      'traceloop.entity.name': 'find_order',
      'traceloop.entity.input': '{"id":7}',
      'gen_ai.tool.name': 'find_order',
    },
  },
  OpenInference: {
    ...both(openInference),
    agent: {
      'openinference.span.kind': 'AGENT',
      'agent.name': 'support',
      'session.id': 'c-7',
      'user.id': 'u-1',
      'llm.token_count.prompt': sum.input,
      'llm.token_count.completion': sum.output,
    },
    tool: { 'openinference.span.kind': 'TOOL', 'tool.name': 'find_order', 'input.value': '{"id":7}' },
  },
  Langfuse: {
    ...both(langfuse),
    agent: {
      'langfuse.observation.type': 'agent',
      'gen_ai.agent.name': 'support',
      'langfuse.session.id': 'c-7',
      'langfuse.user.id': 'u-1',
    },
    tool: {
      'langfuse.observation.type': 'tool',
      'gen_ai.tool.name': 'find_order',
      'langfuse.observation.input': '{"id":7}',
    },
  },
  'Vercel AI SDK': {
    ...both(vercel),
    agent: {
      'operation.name': 'ai.generateText support',
      'ai.operationId': 'ai.generateText',
      'ai.telemetry.functionId': 'support',
      'ai.telemetry.metadata.sessionId': 'c-7',
      'ai.telemetry.metadata.userId': 'u-1',
      'ai.model.id': 'claude-sonnet-4-5',
      'ai.model.provider': 'anthropic.messages',
      'ai.usage.inputTokens': sum.input,
      'ai.usage.outputTokens': sum.output,
    },
    tool: { 'ai.operationId': 'ai.toolCall', 'ai.toolCall.name': 'find_order', 'ai.toolCall.args': '{"id":7}' },
  },
  LangSmith: {
    ...both(langSmith),
    agent: {
      'langsmith.span.kind': 'chain',
      'gen_ai.agent.name': 'support',
      'langsmith.trace.session_id': 'c-7',
      'langsmith.metadata.user_id': 'u-1',
    },
    tool: { 'langsmith.span.kind': 'tool', 'gen_ai.tool.name': 'find_order', 'gen_ai.prompt': '{"id":7}' },
  },
  Sentry: {
    ...both(sentry),
    agent: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'support',
      'gen_ai.conversation.id': 'c-7',
      'user.id': 'u-1',
      'gen_ai.usage.input_tokens': sum.input,
      'gen_ai.usage.output_tokens': sum.output,
    },
    tool: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'find_order',
      'gen_ai.tool.input': '{"id":7}',
    },
  },
  MLflow: {
    ...both(mlflow),
    agent: {
      'mlflow.spanType': '"AGENT"',
      'gen_ai.agent.name': 'support',
      'session.id': 'c-7',
      'user.id': 'u-1',
      'mlflow.spanInputs': json(question),
    },
    tool: { 'mlflow.spanType': '"TOOL"', 'gen_ai.tool.name': 'find_order', 'mlflow.spanInputs': '{"id":7}' },
  },
  Laminar: {
    ...both(laminar),
    agent: {
      'lmnr.span.type': 'DEFAULT',
      'gen_ai.agent.name': 'support',
      'lmnr.association.properties.session_id': 'c-7',
      'lmnr.association.properties.user_id': 'u-1',
    },
    tool: { 'lmnr.span.type': 'TOOL', 'gen_ai.tool.name': 'find_order', 'lmnr.span.input': '{"id":7}' },
  },
  AgentOps: {
    ...both(agentOps),
    agent: { 'agentops.span.kind': 'agent', agent_name: 'support', 'session.id': 'c-7', 'user.id': 'u-1' },
    tool: { 'agentops.span.kind': 'tool', 'tool.name': 'find_order', 'agentops.entity.input': '{"id":7}' },
  },
  OpenLIT: {
    ...both(openLit),
    agent: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'support',
      'gen_ai.environment': 'production',
      'gen_ai.conversation.id': 'c-7',
      'enduser.id': 'u-1',
    },
    tool: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'find_order', 'gen_ai.tool.args': '{"id":7}' },
  },
  'Google ADK': {
    ...both(googleAdk),
    agent: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'support',
      'gcp.vertex.agent.session_id': 'c-7',
      'user.id': 'u-1',
    },
    tool: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'find_order',
      'gcp.vertex.agent.tool_call_args': '{"id":7}',
    },
  },
}

describeOnStores('one run in many vocabularies', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => {
    await server.close()
  })

  /** Sends the run and gives what the API says of it, without ids and times. */
  const send = async (vocabulary: Vocabulary) => {
    const traceId = freshExecutionId()
    const startMs = Number(server.clock.now()) - 60_000
    const spans = (['agent', 'first', 'tool', 'second'] as const).map((name, n) => ({
      traceId,
      spanId: `${n + 1}`.padStart(16, '0'),
      ...(name === 'agent' ? {} : { parentSpanId: '1'.padStart(16, '0') }),
      name,
      startTimeUnixNano: `${startMs + n * 1_000}000000`,
      endTimeUnixNano: `${startMs + n * 1_000 + 900}000000`,
      attributes: Object.entries(vocabulary[name]).map(([key, value]) => ({ key, value: anyValue(value) })),
    }))
    const body = { resourceSpans: [{ scopeSpans: [{ spans }] }] }
    const sent = await server.request('POST', '/v1/traces', { body })
    expect(sent).toMatchObject({ status: 200, body: {} })
    const execution = (await server.request<z.output<typeof ExecutionDetail>>('GET', `/api/v1/executions/${traceId}`))
      .body
    const trace = (await server.request<z.output<typeof Trace>>('GET', `/api/v1/executions/${traceId}/trace`)).body
    const { agent, conversationId, totals, attributes } = execution
    const actions = trace.actions
      .filter(({ parentActionId }) => parentActionId !== null)
      .map(({ kind: kindOfAction, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costNanoUsd }) => ({
        kind: kindOfAction,
        inputTokens,
        outputTokens,
        cacheReadTokens,
        cacheWriteTokens,
        costNanoUsd,
      }))
    return { agent, conversationId, user: attributes['user.id'], totals, actions }
  }

  const anyValue = (value: Attributes[string]) => {
    if (typeof value === 'string') return { stringValue: value }
    return typeof value === 'boolean' ? { boolValue: value } : { intValue: String(value) }
  }

  test('the same trace in twelve vocabularies gives identical tokens and cost', async () => {
    const told = new Map<string, Awaited<ReturnType<typeof send>>>()
    for (const [name, vocabulary] of Object.entries(vocabularies)) told.set(name, await send(vocabulary))
    // Anthropic's prices of the model: 3 USD a million, 0.30 read from and 3.75 written to the cache, 15 out.
    const cost = (call: Call) =>
      (call.input - call.read - call.write) * 3_000 + call.read * 300 + call.write * 3_750 + call.output * 15_000
    const actionOf = (call: Call) => ({
      kind: 'llm',
      inputTokens: call.input,
      outputTokens: call.output,
      cacheReadTokens: call.read,
      cacheWriteTokens: call.write,
      costNanoUsd: cost(call),
    })
    for (const [name, one] of told) {
      expect([name, one.agent, one.conversationId, one.user]).toEqual([name, 'support', 'c-7', 'u-1'])
      expect([name, one.actions.map(({ kind: kindOfAction }) => kindOfAction)]).toEqual([name, ['llm', 'tool', 'llm']])
      expect([name, one.actions[0], one.actions[2]]).toEqual([name, actionOf(calls.first), actionOf(calls.second)])
      expect([name, one.totals]).toEqual([
        name,
        {
          actions: 4,
          llmCalls: 2,
          toolCalls: 1,
          actionErrors: 0,
          inputTokens: sum.input,
          outputTokens: sum.output,
          costNanoUsd: cost(calls.first) + cost(calls.second),
          unpricedCalls: 0,
          reportedCostNanoUsd: null,
        },
      ])
    }
    expect(told.size).toBe(12)
  })
})
