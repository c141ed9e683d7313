import { randomBytes } from 'node:crypto'
import { type OtlpAttribute, type OtlpJsonSpan, otlpBytes } from '../../packages/server/src/testkit/otlp-bytes.ts'
import type { BatchShape } from '../ingest/batches.ts'

const sentences = [
  'The customer asks whether the flight on Tuesday can be moved to Wednesday without a fee.',
  'According to the policy a basic economy ticket cannot be changed after it was booked.',
  'I have looked up the reservation and found two passengers, both with checked bags.',
  'Please confirm that you want to cancel the whole reservation and receive a voucher.',
  'The payment was made with a gift card, so the refund goes back to the same card.',
  'Your line was suspended because of an overdue bill of 125.50 dollars from last month.',
]

const text = (key: string, stringValue: string): OtlpAttribute => ({ key, value: { stringValue } })
const integer = (key: string, value: number): OtlpAttribute => ({ key, value: { intValue: String(value) } })

/** A request of realistic spans, about 1 kB each, and what gives all of them new ids. */
export interface SpanTemplate {
  readonly bytes: Buffer
  readonly renew: () => void
}

interface Ids {
  readonly trace: (execution: number) => string
  readonly span: (index: number) => string
}

/**
 * Traces as the current GenAI conventions describe them, in protobuf: an agent's root span with model calls and tools
 * beneath it, messages in and out, tokens with cached ones. `shape.reports` does not matter: the roots are the reports.
 */
export function spanTemplate(shape: BatchShape, seed: number, now: number): SpanTemplate {
  const marks = Array.from({ length: shape.actions * 2 }, () => randomBytes(16).toString('hex'))
  const ids: Ids = {
    trace: (execution) => marks[execution] ?? '',
    span: (index) => (marks[shape.actions + index] ?? '').slice(0, 16),
  }
  const spans = Array.from({ length: shape.actions }, (_, index) => spanOf(index, shape, ids, seed, now))
  const resource = [
    text('service.name', 'booking-service'),
    text('service.version', `2026.${seed % 2}`),
    text('deployment.environment.name', 'production'),
    text('telemetry.sdk.language', 'python'),
    text('telemetry.sdk.name', 'opentelemetry'),
  ]
  const scopeSpans = [{ scope: { name: 'opentelemetry.instrumentation.openai_v2' }, spans }]
  const bytes = Buffer.from(otlpBytes({ resourceSpans: [{ resource: { attributes: resource }, scopeSpans }] }))
  const executions = Math.ceil(shape.actions / shape.actionsPerExecution)
  const places = [
    ...Array.from({ length: executions }, (_, execution) => placesOf(bytes, ids.trace(execution))),
    ...Array.from({ length: shape.actions }, (_, index) => placesOf(bytes, ids.span(index))),
  ]
  const renew = () => {
    for (const [index, ofId] of places.entries()) {
      const fresh = randomBytes(index < executions ? 16 : 8)
      for (const at of ofId) fresh.copy(bytes, at)
    }
  }
  return { bytes, renew }
}

function placesOf(bytes: Buffer, hex: string): readonly number[] {
  const id = Buffer.from(hex, 'hex')
  const places: number[] = []
  for (let at = bytes.indexOf(id); at >= 0; at = bytes.indexOf(id, at + id.length)) places.push(at)
  return places
}

function spanOf(index: number, shape: BatchShape, ids: Ids, seed: number, now: number): OtlpJsonSpan {
  const execution = Math.floor(index / shape.actionsPerExecution)
  const place = index % shape.actionsPerExecution
  const startMs = now - 120_000 + execution * 400 + place * 50
  const pick = (offset: number) => sentences[(index * 3 + seed + offset) % sentences.length] ?? ''
  const root = ids.span(execution * shape.actionsPerExecution)
  const kind = place === 0 ? agentOf(execution, seed) : place % 2 === 1 ? callOf(index, pick) : toolOf(index, pick)
  return {
    traceId: ids.trace(execution),
    spanId: ids.span(index),
    ...(place === 0 ? {} : { parentSpanId: root }),
    kind: 3,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${startMs + 250 + ((index * 37) % 2_000)}000000`,
    ...(index % 25 === 24 ? { status: { code: 2, message: 'the tool did not answer within 2000 ms' } } : {}),
    ...kind,
  }
}

type Kind = Pick<OtlpJsonSpan, 'name' | 'attributes'>

function agentOf(execution: number, seed: number): Kind {
  const agent = ['booking-agent', 'billing-agent', 'support-agent', 'triage-agent'][(execution + seed) % 4] ?? 'agent'
  return {
    name: `invoke_agent ${agent}`,
    attributes: [
      text('gen_ai.operation.name', 'invoke_agent'),
      text('gen_ai.provider.name', 'openai'),
      text('gen_ai.agent.name', agent),
      text('gen_ai.conversation.id', `c-${seed}-${execution}`),
      integer('gen_ai.usage.input_tokens', 6_000),
      integer('gen_ai.usage.output_tokens', 480),
    ],
  }
}

function callOf(index: number, pick: (offset: number) => string): Kind {
  const message = (role: string, content: string) => ({ role, parts: [{ type: 'text', content }] })
  return {
    name: 'chat gpt-4.1',
    attributes: [
      text('gen_ai.operation.name', 'chat'),
      text('gen_ai.provider.name', 'openai'),
      text('gen_ai.request.model', 'gpt-4.1'),
      { key: 'gen_ai.request.temperature', value: { doubleValue: 0.2 } },
      text('gen_ai.response.model', 'gpt-4.1-2025-04-14'),
      text('gen_ai.response.id', `chatcmpl-${index}`),
      { key: 'gen_ai.response.finish_reasons', value: { arrayValue: { values: [{ stringValue: 'stop' }] } } },
      integer('gen_ai.usage.input_tokens', 1_200 + index),
      integer('gen_ai.usage.output_tokens', 90 + (index % 40)),
      integer('gen_ai.usage.cache_read.input_tokens', 512),
      text('server.address', 'api.openai.com'),
      text('gen_ai.input.messages', JSON.stringify([message('system', pick(0)), message('user', pick(1))])),
      text('gen_ai.output.messages', JSON.stringify([message('assistant', `${pick(2)} ${pick(3)}`)])),
    ],
  }
}

function toolOf(index: number, pick: (offset: number) => string): Kind {
  return {
    name: 'execute_tool get_reservation_details',
    attributes: [
      text('gen_ai.operation.name', 'execute_tool'),
      text('gen_ai.tool.name', 'get_reservation_details'),
      text('gen_ai.tool.call.id', `call_${index}`),
      text('gen_ai.tool.call.arguments', JSON.stringify({ reservation_id: `R${index}`, note: pick(1) })),
      text('gen_ai.tool.call.result', JSON.stringify({ result: [{ text: pick(2), score: 0.87 }, { text: pick(3) }] })),
    ],
  }
}
