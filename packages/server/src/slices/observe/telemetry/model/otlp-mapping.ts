import type { ActionKind, JsonValue } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import { knownReportedCost, usdToNano } from './cost.ts'
import { jsonFault, storableText, toJsonText } from './json-text.ts'
import type { OtlpSpan, SpanAttributes } from './otlp.ts'
import type { ActionRow, ExecutionRow, TokenCounts } from './rows.ts'
import { timeFault } from './times.ts'

/** Goes up when a span would be read differently; stored with each row, so that old rows can be read again. */
export const mappingVersion = 1

/**
 * Which attributes mean what: the first that is present wins. The newest names of the OpenTelemetry GenAI conventions
 * stand first, then names that they replaced. A new vocabulary is a new entry here, and a new `mappingVersion`.
 */
export const attributeTable = {
  operation: ['gen_ai.operation.name'],
  provider: ['gen_ai.provider.name', 'gen_ai.system'],
  // The answer names the exact model, with its date; the request may name an alias.
  model: ['gen_ai.response.model', 'gen_ai.request.model'],
  inputTokens: ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'],
  outputTokens: ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'],
  cacheReadTokens: ['gen_ai.usage.cache_read.input_tokens', 'gen_ai.usage.cache_read_input_tokens'],
  // An old and a new name may both be there with the same tokens: one is taken, they are never added.
  cacheWriteTokens: [
    'gen_ai.usage.cache_write.input_tokens',
    'gen_ai.usage.cache_creation.input_tokens',
    'gen_ai.usage.cache_creation_input_tokens',
  ],
  reasoningTokens: ['gen_ai.usage.reasoning.output_tokens', 'gen_ai.usage.reasoning_tokens'],
  reportedCostUsd: ['gen_ai.usage.cost', 'gen_ai.usage.total_cost'],
  agent: ['gen_ai.agent.name'],
  agentVersion: ['metaagent.release', 'gen_ai.agent.version'],
  conversationId: ['gen_ai.conversation.id', 'session.id'],
  toolName: ['gen_ai.tool.name'],
  input: ['gen_ai.input.messages', 'gen_ai.tool.call.arguments', 'gen_ai.retrieval.query.text'],
  systemInstructions: ['gen_ai.system_instructions'],
  output: ['gen_ai.output.messages', 'gen_ai.tool.call.result', 'gen_ai.retrieval.documents'],
  errorType: ['error.type'],
  unit: ['metaagent.unit'],
  score: ['metaagent.score'],
  endReason: ['metaagent.end_reason'],
} as const satisfies Record<string, readonly string[]>

/** The same for attributes of the resource, which hold for all of its spans. */
export const resourceTable = {
  release: ['metaagent.release', 'service.version'],
  environment: ['deployment.environment.name', 'deployment.environment'],
  service: ['service.name'],
} as const satisfies Record<string, readonly string[]>

/** What an operation is. One that is not listed is `other`. */
export const kindOfOperation: Readonly<Record<string, ActionKind>> = {
  chat: 'llm',
  generate_content: 'llm',
  text_completion: 'llm',
  completion: 'llm',
  generate: 'llm',
  embeddings: 'embedding',
  retrieval: 'retrieval',
  search_memory: 'retrieval',
  rerank: 'retrieval',
  execute_tool: 'tool',
  invoke_agent: 'agent',
  create_agent: 'agent',
  invoke_workflow: 'agent',
  agent_step: 'agent',
  plan: 'agent',
  apply_guardrail: 'guardrail',
}

/** Operations that repeat the tokens of an earlier call. */
const withoutUsage = new Set(['fetch_response'])

const pick = (attributes: SpanAttributes, names: readonly string[]): JsonValue => {
  for (const name of names) {
    const value = attributes[name]
    if (value !== undefined && value !== null && value !== '') return value
  }
  return null
}

/** A text of at most `longest` characters; longer ones are cut, since a span is not refused for a long name. */
function textIn(attributes: SpanAttributes, names: readonly string[], longest: number): string | null {
  const value = pick(attributes, names)
  if (value === null || typeof value === 'object') return null
  return shortened(String(value), longest)
}

function shortened(text: string, longest: number): string | null {
  const storable = storableText(text.length > longest ? text.slice(0, longest) : text)
  return storable === '' ? null : storable
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: names must not hold them
const controlCharacters = /[\u0000-\u001f\u007f]/g

/** A name as the contract wants it: trimmed, 1 to 200 characters, no control characters. Null when nothing is left. */
function nameIn(attributes: SpanAttributes, names: readonly string[]): string | null {
  const text = textIn(attributes, names, 1_000)
  return text === null ? null : cleanName(text)
}

function cleanName(text: string): string | null {
  const name = text.replace(controlCharacters, ' ').trim().slice(0, 200).trim()
  return name === '' ? null : storableText(name)
}

function countIn(attributes: SpanAttributes, names: readonly string[]): number | null {
  const value = Number(pick(attributes, names) ?? Number.NaN)
  return Number.isSafeInteger(value) && value >= 0 ? value : null
}

function numberIn(attributes: SpanAttributes, names: readonly string[]): number | null {
  const value = pick(attributes, names)
  const number = value === null || typeof value === 'object' ? Number.NaN : Number(value)
  return Number.isFinite(number) ? number : null
}

/** Messages arrive as a structure or as JSON text; both become the structure. */
function contentIn(attributes: SpanAttributes, names: readonly string[]): JsonValue {
  const value = pick(attributes, names)
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value
  try {
    const parsed: JsonValue = JSON.parse(value)
    return jsonFault(parsed) === null ? parsed : value
  } catch {
    return value
  }
}

const traceIdForm = /^(?!0{32})[0-9a-f]{32}$/
const spanIdForm = /^(?!0{16})[0-9a-f]{16}$/

/** What becomes of one span: an action, and for a root the report of its execution too; or why it is refused. */
export type MappedSpan =
  | { readonly fault: null; readonly action: ActionRow; readonly execution: ExecutionRow | null }
  | { readonly fault: string }

/** Reads one span. Refuses it alone when its ids or times are not usable. */
export function mapSpan(span: OtlpSpan, now: Instant): MappedSpan {
  const fault = spanFault(span, now)
  if (fault !== null) return { fault }
  const { attributes, resource } = span
  const operation = textIn(attributes, attributeTable.operation, 100)
  const tokens = tokensOf(attributes, operation)
  const ownAgent = nameIn(attributes, attributeTable.agent)
  const ownEnvironment = nameIn(attributes, resourceTable.environment) ?? nameIn(resource, resourceTable.environment)
  const ownRelease = nameIn(attributes, attributeTable.agentVersion) ?? nameIn(resource, resourceTable.release)
  const kind = kindOf(operation, attributes, tokens)
  const error = errorOf(span)
  const reported = numberIn(attributes, attributeTable.reportedCostUsd)
  const used = (tokens.inputTokens ?? 0) + (tokens.outputTokens ?? 0)
  const action: ActionRow = {
    executionId: span.traceId,
    actionId: span.spanId,
    parentActionId: spanIdForm.test(span.parentSpanId) ? span.parentSpanId : null,
    source: 'otlp',
    agent: ownAgent ?? nameIn(resource, resourceTable.service) ?? 'unknown',
    environment: ownEnvironment ?? 'production',
    release: ownRelease,
    ownAgent: ownAgent !== null,
    ownRelease: ownRelease !== null,
    ownEnvironment: ownEnvironment !== null,
    kind,
    name: (kind === 'tool' ? nameIn(attributes, attributeTable.toolName) : null) ?? cleanName(span.name) ?? 'span',
    status: span.status === 'error' || error.type !== null ? 'failure' : 'success',
    startedAt: span.startedAt,
    endedAt: span.endedAt,
    errorType: error.type,
    errorMessage: error.message,
    provider: textIn(attributes, attributeTable.provider, 200),
    model: textIn(attributes, attributeTable.model, 300),
    ...tokens,
    reportedCostNanoUsd: reported === null || reported < 0 ? null : knownReportedCost(usdToNano(reported), used),
    input: jsonTextOrNull(inputOf(attributes)),
    output: jsonTextOrNull(contentIn(attributes, attributeTable.output)),
    attributes: toJsonText(keptAttributes(span)),
    masked: 0,
    mappingVersion,
  }
  return { fault: null, action, execution: executionOf(span, action) }
}

function spanFault(span: OtlpSpan, now: Instant): string | null {
  if (!traceIdForm.test(span.traceId)) return 'traceId must be 16 bytes, not all zero'
  if (!spanIdForm.test(span.spanId)) return 'spanId must be 8 bytes, not all zero'
  const started = timeFault(span.startedAt, now)
  if (started !== null) return `startTimeUnixNano ${started}`
  const ended = timeFault(span.endedAt, now)
  if (ended !== null) return `endTimeUnixNano ${ended}`
  if (span.endedAt < span.startedAt) return 'endTimeUnixNano is before startTimeUnixNano'
  return jsonFault(span.attributes)
}

/** Input includes cached tokens in these conventions; a sender whose input is smaller counts them apart. */
function tokensOf(attributes: SpanAttributes, operation: string | null): TokenCounts {
  const none = operation !== null && withoutUsage.has(operation)
  const count = (names: readonly string[]) => (none ? null : countIn(attributes, names))
  const inputTokens = count(attributeTable.inputTokens)
  const cacheReadTokens = count(attributeTable.cacheReadTokens)
  const cacheWriteTokens = count(attributeTable.cacheWriteTokens)
  const cached = (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0)
  return {
    inputTokens: inputTokens !== null && inputTokens < cached ? inputTokens + cached : inputTokens,
    outputTokens: count(attributeTable.outputTokens),
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens: count(attributeTable.reasoningTokens),
  }
}

function kindOf(operation: string | null, attributes: SpanAttributes, tokens: TokenCounts): ActionKind {
  if (operation !== null) return kindOfOperation[operation] ?? 'other'
  if (pick(attributes, attributeTable.toolName) !== null) return 'tool'
  if (pick(attributes, attributeTable.model) !== null && tokens.outputTokens !== null) return 'llm'
  return pick(attributes, attributeTable.agent) === null ? 'other' : 'agent'
}

function errorOf(span: OtlpSpan): { readonly type: string | null; readonly message: string | null } {
  const exception = span.events.findLast((event) => event.name === 'exception')?.attributes ?? {}
  const type = textIn(span.attributes, attributeTable.errorType, 300)
  if (span.status !== 'error') return { type, message: null }
  return {
    type: type ?? textIn(exception, ['exception.type'], 300),
    message: shortened(span.statusMessage, 10_000) ?? textIn(exception, ['exception.message'], 10_000),
  }
}

function inputOf(attributes: SpanAttributes): JsonValue {
  const messages = contentIn(attributes, attributeTable.input)
  const system = contentIn(attributes, attributeTable.systemInstructions)
  return system === null ? messages : { system_instructions: system, messages }
}

function jsonTextOrNull(value: JsonValue): string | null {
  return value === null || jsonFault(value) !== null ? null : toJsonText(value)
}

/** Everything that the span said, so that a later mapping can read it again. */
function keptAttributes(span: OtlpSpan): Record<string, JsonValue> {
  return {
    ...span.attributes,
    'metaagent.resource': { ...span.resource },
    'metaagent.scope': span.scope,
    ...(span.events.length === 0
      ? {}
      : {
          'metaagent.events': span.events.map((event) => ({ name: event.name, attributes: { ...event.attributes } })),
        }),
  }
}

/** A span without parent is the run itself; one whose parent is in another process is the run as this process saw it. */
function executionOf(span: OtlpSpan, action: ActionRow): ExecutionRow | null {
  const rank = span.parentSpanId === '' ? 3 : span.parentIsRemote === true ? 2 : null
  if (rank === null) return null
  const { attributes } = span
  return {
    executionId: action.executionId,
    rank,
    namesAgent: action.ownAgent,
    agent: action.agent,
    environment: action.environment,
    release: action.release,
    status: action.status,
    startedAt: action.startedAt,
    endedAt: action.endedAt,
    endReason: nameIn(attributes, attributeTable.endReason),
    errorType: action.errorType,
    errorMessage: action.errorMessage,
    conversationId: textIn(attributes, attributeTable.conversationId, 300),
    unit: textIn(attributes, attributeTable.unit, 500),
    score: numberIn(attributes, attributeTable.score),
    reportedCostNanoUsd: null,
    synthetic: false,
    input: action.input,
    output: action.output,
    // They stand with the root's action.
    attributes: null,
    masked: 0,
  }
}
