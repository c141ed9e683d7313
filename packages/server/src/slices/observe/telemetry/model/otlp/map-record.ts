import type { JsonValue } from '@metaagent/contract'
import type { Instant } from '../../../../../kernel/instant.ts'
import { jsonFault } from '../json-text.ts'
import { timeFault } from '../times.ts'
import { isSpanId, isTraceId } from './map-span.ts'
import { isMessageEvent } from './messages.ts'
import type { OtlpLogRecord } from './records.ts'
import { resourceFields } from './resource.ts'
import { operationDetails } from './sources.ts'
import type { OtlpSpan, SpanAttributes } from './span.ts'
import { nameOfValue, numberOfValue, textOfValue } from './texts.ts'

/** Content of a span that travels apart from it, as an event of the span. */
export interface SpanContent {
  readonly executionId: string
  readonly actionId: string
  readonly at: Instant
  /** Who is heard of beside it, for the masking rules that hold there; null when nobody is named. */
  readonly agent: string | null
  readonly event: { readonly name: string; readonly attributes: Readonly<Record<string, JsonValue>> }
}

/** What an evaluator said of a span, of a whole trace, or of whichever call gave that response. */
export interface SpanEvaluation {
  readonly executionId: string | null
  /** Null: about the whole trace. */
  readonly actionId: string | null
  readonly responseId: string | null
  readonly at: Instant
  readonly metric: string
  readonly score: number | null
  readonly label: string | null
  readonly explanation: string | null
  readonly verdict: 'qa_success' | 'qa_failure' | null
  readonly judge: string
}

export type MappedRecord =
  | { readonly kind: 'content'; readonly content: SpanContent }
  | { readonly kind: 'evaluation'; readonly evaluation: SpanEvaluation }
  | { readonly kind: 'refused'; readonly fault: string }

export const evaluationEvent = 'gen_ai.evaluation.result'

/** Reads one log record: content of a span, a verdict, or why it is neither and is not kept. */
export function mapRecord(record: OtlpLogRecord, now: Instant): MappedRecord {
  const name =
    record.eventName === '' ? (textOfValue(record.attributes['event.name'] ?? null, 300) ?? '') : record.eventName
  const fault = recordFault(record, now)
  if (name === evaluationEvent) return fault === null ? evaluationOf(record, record.at ?? now) : refused(fault)
  if (!isMessageEvent(name) && !operationDetails.has(name))
    return refused(
      name === '' ? 'log records without an event name are not kept' : `${shown(name)} is no event of an agent`,
    )
  if (fault !== null) return refused(fault)
  if (!isTraceId(record.traceId) || !isSpanId(record.spanId)) return refused(`${name} names no span that it belongs to`)
  const content = {
    executionId: record.traceId,
    actionId: record.spanId,
    at: record.at ?? now,
    agent: agentOf(record),
    event: { name, attributes: { ...membersOf(record.body), ...withoutName(record.attributes) } },
  }
  return { kind: 'content', content }
}

const refused = (fault: string): MappedRecord => ({ kind: 'refused', fault })
const shown = (name: string) => JSON.stringify(name.slice(0, 80))

function recordFault({ at, attributes, body }: OtlpLogRecord, now: Instant): string | null {
  const time = at === null ? null : timeFault(at, now)
  return time === null ? (jsonFault(attributes) ?? jsonFault(body)) : `timeUnixNano ${time}`
}

/** Up to 1.36 the message is the body; a body that is a text is the content. */
function membersOf(body: JsonValue): Readonly<Record<string, JsonValue>> {
  if (body === null) return {}
  return typeof body === 'object' && !Array.isArray(body) ? body : { content: body }
}

function withoutName(attributes: SpanAttributes): Readonly<Record<string, JsonValue>> {
  const { 'event.name': _, ...rest } = attributes
  return rest
}

function agentOf({ attributes, resource }: Pick<OtlpLogRecord, 'attributes' | 'resource'>): string | null {
  return nameOfValue(attributes['gen_ai.agent.name'] ?? null) ?? resourceFields(resource).service
}

function evaluationOf(
  record: Pick<OtlpLogRecord, 'traceId' | 'spanId' | 'attributes' | 'resource'>,
  at: Instant,
): MappedRecord {
  const { attributes } = record
  const value = (name: string) => attributes[`gen_ai.evaluation.${name}`] ?? null
  const metric = nameOfValue(value('name'))
  if (metric === null) return refused('an evaluation needs a gen_ai.evaluation.name')
  const known = isTraceId(record.traceId)
  const responseId = textOfValue(attributes['gen_ai.response.id'] ?? null, 300)
  if (!known && responseId === null)
    return refused('an evaluation needs the trace or span that it is about, or its gen_ai.response.id')
  const evaluation: SpanEvaluation = {
    executionId: known ? record.traceId : null,
    actionId: known && isSpanId(record.spanId) ? record.spanId : null,
    responseId,
    at,
    metric,
    score: numberOfValue(value('score.value')),
    label: textOfValue(value('score.label'), 200),
    explanation: textOfValue(value('explanation'), 5_000),
    verdict: verdictOf(attributes['metaagent.verdict'] ?? value('score.label')),
    judge: nameOfValue(attributes['metaagent.judge'] ?? null) ?? resourceFields(record.resource).service ?? 'otlp',
  }
  return { kind: 'evaluation', evaluation }
}

/** The verdicts among the events of a span. */
export function evaluationsOf(span: OtlpSpan): readonly SpanEvaluation[] {
  return span.events.flatMap(({ name, attributes }) => {
    if (name !== evaluationEvent) return []
    const mapped = evaluationOf({ ...span, attributes }, span.endedAt)
    return mapped.kind === 'evaluation' ? [mapped.evaluation] : []
  })
}

const verdicts: ReadonlyMap<string, 'qa_success' | 'qa_failure'> = new Map([
  ['pass', 'qa_success'],
  ['passed', 'qa_success'],
  ['success', 'qa_success'],
  ['qa_success', 'qa_success'],
  ['fail', 'qa_failure'],
  ['failed', 'qa_failure'],
  ['failure', 'qa_failure'],
  ['qa_failure', 'qa_failure'],
])

/** Whether an evaluator says that something is good enough; null when its words leave that open. */
export function verdictOf(word: JsonValue): 'qa_success' | 'qa_failure' | null {
  return typeof word === 'string' ? (verdicts.get(word.trim().toLowerCase()) ?? null) : null
}
