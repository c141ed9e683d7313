import type { JsonValue } from '@metaagent/contract'
import { jsonFault } from '../json-text.ts'
import { eventRanks, type FieldValues, parseJson } from './sources.ts'
import type { OtlpSpan } from './span.ts'

type Events = OtlpSpan['events']

/**
 * What went into a span and what came out. Messages come as a structure, as JSON text, under indexed keys, as events of
 * the span, and as log records (which become events of it): all of them end as one list of messages (rule 5). What is
 * no message (arguments of a tool, a plain prompt) stays as it was said.
 */
export function contentOf(
  values: FieldValues,
  events: Events,
): { readonly input: JsonValue; readonly output: JsonValue } {
  if (events.length > 0) takeEvents(values, events)
  const list = values.get('eventList')
  if (list !== null) takeEventList(values, list)
  const output = structured(values.get('output'))
  return {
    input: withSystem(structured(values.get('systemInstructions')), structured(values.get('input'))),
    output: typeof output === 'string' ? withToolCalls(output, structured(values.get('toolCalls'))) : output,
  }
}

/** Text that holds JSON becomes the structure; the wrappers of indexed keys are taken off. */
function structured(value: JsonValue): JsonValue {
  if (typeof value !== 'string') return unwrapped(value)
  const parsed = parseJson(value)
  return parsed === undefined || jsonFault(parsed) !== null ? value : parsed
}

const wrappers: ReadonlySet<string> = new Set(['message', 'tool_call', 'message_content', 'document', 'tool'])

/** OpenInference puts each member of its indexed lists under a name of its own: `0.message.role`. */
function unwrapped(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => unwrapped(sole(item) ?? item))
  const entries = Object.entries(value)
  if (!entries.some(([, item]) => Array.isArray(item))) return value
  return Object.fromEntries(entries.map(([key, item]) => [key, Array.isArray(item) ? unwrapped(item) : item]))
}

/** What stands under the one key of a wrapper. */
function sole(item: JsonValue): JsonValue | null {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return null
  const [only, second] = Object.entries(item)
  if (only === undefined || second !== undefined || !wrappers.has(only[0])) return null
  return typeof only[1] === 'object' ? only[1] : null
}

const systemRoles: ReadonlySet<JsonValue> = new Set(['system', 'developer'])

function withSystem(instructions: JsonValue, input: JsonValue): JsonValue {
  if (instructions === null) return input
  const system = systemMessage(instructions)
  if (input === null) return [system]
  if (typeof input === 'string') return [system, { role: 'user', content: input }]
  if (!Array.isArray(input)) return { system_instructions: instructions, input }
  const [first] = input
  const hasOne =
    typeof first === 'object' && first !== null && !Array.isArray(first) && systemRoles.has(first['role'] ?? null)
  return hasOne ? input : [system, ...input]
}

function systemMessage(instructions: JsonValue): JsonValue {
  if (typeof instructions === 'string') return { role: 'system', content: instructions }
  if (!Array.isArray(instructions)) return { role: 'system', content: [instructions] }
  const texts = instructions.map((part) => (isTextPart(part) ? part.content : null))
  return texts.every((text) => text !== null)
    ? { role: 'system', content: texts.join('\n') }
    : { role: 'system', parts: instructions }
}

function isTextPart(part: JsonValue): part is { type: 'text'; content: string } {
  return (
    typeof part === 'object' &&
    part !== null &&
    !Array.isArray(part) &&
    part['type'] === 'text' &&
    typeof part['content'] === 'string'
  )
}

function withToolCalls(text: string, toolCalls: JsonValue): JsonValue {
  if (!Array.isArray(toolCalls) || toolCalls.length === 0) return text
  return { role: 'assistant', content: text, tool_calls: toolCalls }
}

const roleOfEvent: Readonly<Record<string, string>> = {
  'gen_ai.system.message': 'system',
  'gen_ai.user.message': 'user',
  'gen_ai.assistant.message': 'assistant',
  'gen_ai.tool.message': 'tool',
}

/** Whether an event carries content or a verdict that belongs to a span. */
export function isMessageEvent(name: string): boolean {
  return Object.hasOwn(roleOfEvent, name) || name === 'gen_ai.choice'
}

function takeEvents(values: FieldValues, events: Events): void {
  if (values.wouldTake('input', eventRanks.input)) {
    const messages = events.flatMap(({ name, attributes }) => {
      const role = roleOfEvent[name]
      return role === undefined ? [] : [messageOf({ role, ...attributes })]
    })
    if (messages.length > 0) values.set('input', eventRanks.input, messages)
  }
  if (values.wouldTake('output', eventRanks.output)) {
    const choices = events.flatMap(({ name, attributes }) => (name === 'gen_ai.choice' ? [messageOf(attributes)] : []))
    if (choices.length > 0) values.set('output', eventRanks.output, choices)
  }
}

// What the conventions put beside the message, and the span says itself.
const besideMessage: ReadonlySet<string> = new Set([
  'gen_ai.system',
  'gen_ai.provider.name',
  'gen_ai.message.index',
  'event.name',
  'message',
])

/** One event as a message: what stands in its `message`, and beside that what the event adds (finish reason, index). */
function messageOf(attributes: Readonly<Record<string, JsonValue>>): JsonValue {
  const message = structured(attributes['message'] ?? null)
  const inner = typeof message === 'object' && message !== null && !Array.isArray(message) ? message : null
  const entries = Object.entries(attributes).filter(([key]) => !besideMessage.has(key))
  const content = inner === null && message !== null ? [['content', message] as const] : Object.entries(inner ?? {})
  return Object.fromEntries([...content, ...entries.map(([key, value]) => [key, structured(value)] as const)])
}

/** Pydantic AI up to 1.0 writes the events of a call as one JSON list, each with its `event.name`. */
function takeEventList(values: FieldValues, list: JsonValue): void {
  const events = structured(list)
  if (!Array.isArray(events)) return
  takeEvents(
    values,
    events.flatMap((event) =>
      typeof event === 'object' && event !== null && !Array.isArray(event) && typeof event['event.name'] === 'string'
        ? [{ name: event['event.name'], attributes: event }]
        : [],
    ),
  )
}
