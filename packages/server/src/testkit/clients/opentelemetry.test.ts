import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { OpenTelemetry } from '@ai-sdk/otel'
import type { Judgment } from '@metaagent/contract'
import { MetaAgentTelemetry } from '@metaagent/sdk/ai'
import { type Context, context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtobufLogs } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufTraces } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { generateText, isStepCount, tool } from 'ai'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Observed, startObserved, treeOf } from './observed.ts'

let observed: Observed
beforeAll(async () => {
  observed = await startObserved()
})
afterEach(() => {
  observed.llm.reset()
})
afterAll(async () => {
  await observed.close()
})

const encodings = [
  { encoding: 'protobuf', Exporter: ProtobufTraces, Logs: ProtobufLogs },
  { encoding: 'JSON', Exporter: JsonTraces, Logs: JsonLogs },
]
const resource = (service: string) =>
  resourceFromAttributes({
    'service.name': service,
    'service.version': 'v7',
    'deployment.environment.name': 'staging',
  })
const authorization = () => ({ authorization: `Bearer ${observed.server.adminKey}` })

function providerOf(service: string, Exporter: typeof ProtobufTraces | typeof JsonTraces) {
  const exporter = new Exporter({
    url: `${observed.server.url}/v1/traces`,
    headers: authorization(),
  })
  return new TracerProvider({
    resource: resource(service),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  })
}

test.each(encodings)(
  'spans of the Node SDK arrive as $encoding: execution, tree, tokens, cost and status',
  async ({ encoding, Exporter }) => {
    const agent = `otel-${encoding}`
    const provider = providerOf('shop', Exporter)
    const tracer = provider.getTracer('handmade', '1.0.0')
    const at = (ms: number) => new Date(startMs + ms)
    const startMs = Date.now() - 10_000
    const below = (parent: Context, name: string, from: number, attributes: Record<string, string | number>) =>
      tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime: at(from), attributes }, parent)
    const root = tracer.startSpan('invoke_agent', {
      root: true,
      startTime: at(0),
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': agent,
        'gen_ai.conversation.id': 'c-1',
        'gen_ai.usage.input_tokens': 1_000,
        'gen_ai.usage.output_tokens': 50,
      },
    })
    const inRoot = trace.setSpan(context.active(), root)
    const call = below(inRoot, 'chat gpt-4.1', 100, {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4.1',
      'gen_ai.response.model': 'gpt-4.1-2025-04-14',
      'gen_ai.usage.input_tokens': 1_000,
      'gen_ai.usage.cache_read.input_tokens': 600,
      'gen_ai.usage.output_tokens': 50,
    })
    call.end(at(1_100))
    const failed = below(inRoot, 'execute_tool refund', 1_200, {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'refund',
      'error.type': 'RangeError',
    })
    failed.setStatus({ code: SpanStatusCode.ERROR, message: 'out of stock' })
    failed.end(at(1_300))
    root.end(at(1_500))
    await provider.shutdown()
    const [execution, ...others] = await observed.executionsOf(agent)
    expect(others).toEqual([])
    expect(execution).toMatchObject({
      executionId: root.spanContext().traceId,
      environment: 'staging',
      status: 'success',
      conversationId: 'c-1',
      durationMs: 1_500,
    })
    // The agent's span repeats the sum of its calls, which must not count twice.
    expect(execution?.totals).toMatchObject({ inputTokens: 1_000, outputTokens: 50, llmCalls: 1, actionErrors: 1 })
    expect(execution?.totals.costNanoUsd).toBe(400 * 2_000 + 600 * 500 + 50 * 8_000)
    const { actions } = await observed.trace(execution?.executionId ?? '')
    const stored = actions.find(({ actionId }) => actionId === call.spanContext().spanId)
    expect(stored).toMatchObject({ kind: 'llm', model: 'gpt-4.1-2025-04-14', durationMs: 1_000, cacheReadTokens: 600 })
    const tool = actions.find(({ actionId }) => actionId === failed.spanContext().spanId)
    expect(tool).toMatchObject({ kind: 'tool', name: 'refund', status: 'failure' })
  },
)

test.each(encodings)(
  'log records of the Node SDK arrive as $encoding: messages join their span, an evaluation becomes a judgment',
  async ({ encoding, Exporter, Logs }) => {
    const agent = `logging-${encoding}`
    const spans = providerOf(agent, Exporter)
    const exporter = new Logs({ url: `${observed.server.url}/v1/logs`, headers: authorization() })
    const records = new LoggerProvider({
      resource: resource(agent),
      processors: [new BatchLogRecordProcessor({ exporter })],
    })
    const call = spans.getTracer('handmade').startSpan('chat gpt-4.1', {
      root: true,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.agent.name': agent,
        'gen_ai.request.model': 'gpt-4.1',
        'gen_ai.response.id': `chatcmpl-${encoding}`,
      },
    })
    const inCall = trace.setSpan(context.active(), call)
    const logger = records.getLogger('handmade')
    logger.emit({ eventName: 'gen_ai.user.message', body: { content: 'Refund order 7?' }, context: inCall })
    logger.emit({
      eventName: 'gen_ai.choice',
      body: { finish_reason: 'stop', message: { role: 'assistant', content: 'Done.' } },
      context: inCall,
    })
    logger.emit({
      eventName: 'gen_ai.evaluation.result',
      attributes: { 'gen_ai.evaluation.name': 'politeness', 'gen_ai.evaluation.score.value': 0.75 },
      context: inCall,
    })
    call.end()
    // The records first: they wait for their span.
    await records.shutdown()
    await spans.shutdown()
    observed.server.clock.advance(10_000)
    await observed.server.settle()
    const { traceId, spanId } = call.spanContext()
    const { input, output } = await observed.action(traceId, spanId)
    expect(input).toEqual([{ role: 'user', content: 'Refund order 7?' }])
    expect(output).toMatchObject([{ role: 'assistant', content: 'Done.' }])
    const path = `/api/v1/judgments?executionId=${traceId}`
    const { body } = await observed.server.request<{ items: readonly Judgment[] }>('GET', path)
    expect(body.items).toMatchObject([{ metric: 'politeness', score: 0.75 }])
  },
)

const reporters = [
  { api: 'chat', create: () => createOpenAI(clientOf()).chat('gpt-4.1'), model: 'gpt-4.1' },
  { api: 'responses', create: () => createOpenAI(clientOf()).responses('gpt-4.1'), model: 'gpt-4.1' },
  { api: 'messages', create: () => createAnthropic(clientOf())('claude-sonnet-4-5'), model: 'claude-sonnet-4-5' },
]
const clientOf = () => ({ baseURL: `${observed.llm.url}/v1`, apiKey: 'sk-scripted' })

test.each(reporters)(
  'the same run of the AI SDK ($api) says the same through its OpenTelemetry spans as through our telemetry',
  async ({ api, create }) => {
    observed.llm.script(
      {
        toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }],
        usage: { inputTokens: 4_000, outputTokens: 50, cacheReadTokens: 600, cacheWriteTokens: 0 },
        delayMs: 3,
      },
      { text: 'It is 21 °C.', usage: { inputTokens: 4_200, outputTokens: 20, cacheReadTokens: 600 }, delayMs: 3 },
    )
    const logger = observed.logger('default')
    const provider = providerOf('shop', ProtobufTraces)
    const spans = new OpenTelemetry({ tracer: provider.getTracer('ai') })
    const ours = new MetaAgentTelemetry({ logger, agent: `ours-${api}` })
    await generateText({
      model: create(),
      prompt: 'Weather in Oslo?',
      tools: {
        weather: tool({
          description: 'Temperature of a city',
          inputSchema: z.object({ city: z.string() }),
          execute: async ({ city }) => `21 °C in ${city}`,
        }),
      },
      stopWhen: isStepCount(5),
      telemetry: { functionId: `spans-${api}`, integrations: [spans, ours] },
    })
    await provider.shutdown()
    const [reported] = await observed.stored(logger, `ours-${api}`)
    const [traced] = await observed.executionsOf(`spans-${api}`)
    const { actions: _actions, ...totals } = reported?.totals ?? { actions: 0 }
    expect(traced?.totals).toMatchObject(totals)
    expect(totals).toMatchObject({ llmCalls: 2, toolCalls: 1, inputTokens: 8_200, outputTokens: 70 })
    expect(reported?.totals.costNanoUsd).toBeGreaterThan(0)
    expect(traced?.status).toBe(reported?.status)
    const calls = async (executionId: string | undefined) => {
      const { actions } = await observed.trace(executionId ?? '')
      return actions
        .filter(({ kind }) => kind === 'llm')
        .toSorted((a, b) => (a.inputTokens ?? 0) - (b.inputTokens ?? 0))
        .map(({ provider: by, model, inputTokens, outputTokens, cacheReadTokens, costNanoUsd }) => {
          return { by, model, inputTokens, outputTokens, cacheReadTokens, costNanoUsd }
        })
    }
    expect(await calls(traced?.executionId)).toEqual(await calls(reported?.executionId))
    expect(
      treeOf((await observed.trace(traced?.executionId ?? '')).actions).some((line) => /tool weather/.test(line)),
    ).toBe(true)
  },
)
