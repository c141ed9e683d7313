import type { JsonValue } from '@metaagent/contract'

/** One message of a conversation. */
export interface ChatMessage {
  readonly role: string
  readonly text: string
}

/** The messages of a value that is a conversation in one of the usual forms, or null when it is something else. */
export function chatOf(value: JsonValue): readonly ChatMessage[] | null {
  const list = isRecord(value) && Array.isArray(value['messages']) ? value['messages'] : value
  if (!Array.isArray(list) || list.length === 0) return null
  const messages = list.map(messageOf)
  return messages.every((message) => message !== null) ? messages : null
}

function messageOf(value: JsonValue): ChatMessage | null {
  if (!isRecord(value) || typeof value['role'] !== 'string') return null
  const content = value['content'] ?? value['parts'] ?? null
  const calls = value['tool_calls'] ?? value['toolCalls'] ?? null
  const pieces = [textOf(content), Array.isArray(calls) ? calls.map(callOf).join('\n') : '']
  return { role: value['role'], text: pieces.filter((piece) => piece !== '').join('\n') }
}

function textOf(content: JsonValue): string {
  if (content === null) return ''
  if (typeof content === 'string') return content
  if (Array.isArray(content))
    return content
      .map((part) => (isRecord(part) && typeof part['text'] === 'string' ? part['text'] : textOf(part)))
      .join('\n')
  return JSON.stringify(content, null, 2)
}

// OpenAI's form has the function inside, other forms have the name at the top; both read as a call.
function callOf(call: JsonValue): string {
  if (!isRecord(call)) return JSON.stringify(call)
  const inner = isRecord(call['function']) ? call['function'] : call
  const input = inner['arguments'] ?? inner['args'] ?? inner['input'] ?? {}
  return `→ ${String(inner['name'] ?? 'call')}(${typeof input === 'string' ? input : JSON.stringify(input)})`
}

function isRecord(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
