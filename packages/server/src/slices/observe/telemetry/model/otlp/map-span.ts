import type { ActionKind, JsonValue } from '@metaagent/contract'
import type { Instant } from '../../../../../kernel/instant.ts'
import { jsonFault, toJsonText } from '../json-text.ts'
import type { ActionRow, ExecutionRow } from '../rows.ts'
import { timeFault } from '../times.ts'
import { derivedAttributes, derivedKey, notesKey } from './canonical.ts'
import { kindNamed, repeatsUsage } from './kinds.ts'
import { contentOf } from './messages.ts'
import { providerOf } from './providers.ts'
import { resourceFields } from './resource.ts'
import { type ReadFields, readFields } from './sources.ts'
import type { OtlpSpan } from './span.ts'
import { cleanName, nameOfValue, numberOfValue, shortened, textOfValue } from './texts.ts'
import { usageOf } from './usage.ts'
import { mappingVersion } from './vocabulary.ts'

const traceIdForm = /^(?!0{32})[0-9a-f]{32}$/
const spanIdForm = /^(?!0{16})[0-9a-f]{16}$/

/** Whether a text is the id of a trace, 16 bytes that are not all zero, as hex digits. */
export const isTraceId = (text: string): boolean => traceIdForm.test(text)
/** Whether a text is the id of a span, 8 bytes that are not all zero. */
export const isSpanId = (text: string): boolean => spanIdForm.test(text)

/** What becomes of one span: an action, and for a root the report of its execution too; or why it is refused. */
export type MappedSpan =
  | { readonly fault: null; readonly action: ActionRow; readonly execution: ExecutionRow | null }
  | { readonly fault: string }

/** Reads one span. Refuses it alone when its ids or times are not usable (rule 6). */
export function mapSpan(span: OtlpSpan, now: Instant): MappedSpan {
  const fault = spanFault(span, now)
  if (fault !== null) return { fault }
  const fields = readFields(span)
  const action = actionOf(span, fields)
  return { fault: null, action, execution: executionOf(span, fields, action) }
}

function spanFault(span: OtlpSpan, now: Instant): string | null {
  if (!isTraceId(span.traceId)) return 'traceId must be 16 bytes, not all zero'
  if (!isSpanId(span.spanId)) return 'spanId must be 8 bytes, not all zero'
  const started = timeFault(span.startedAt, now)
  if (started !== null) return `startTimeUnixNano ${started}`
  const ended = timeFault(span.endedAt, now)
  if (ended !== null) return `endTimeUnixNano ${ended}`
  if (span.endedAt < span.startedAt) return 'endTimeUnixNano is before startTimeUnixNano'
  return jsonFault(span.attributes)
}

function actionOf(span: OtlpSpan, fields: ReadFields): ActionRow {
  const { values } = fields
  const resource = resourceFields(span.resource)
  const kind = kindOf(span, values)
  const { tokens, reportedCostNanoUsd, notes } = usageOf(values, kind, repeatsUsage(values.get('kind')))
  const ownAgent = nameOfValue(values.get('agent')) ?? (kind === 'agent' ? nameOfValue(values.get('agentNode')) : null)
  const ownEnvironment = nameOfValue(values.get('environment')) ?? resource.environment
  const ownRelease = nameOfValue(values.get('agentVersion')) ?? resource.release
  const error = errorOf(span, values)
  const { input, output } = contentOf(values, span.events)
  const name = (kind === 'tool' ? nameOfValue(values.get('toolName')) : null) ?? cleanName(span.name) ?? 'span'
  return {
    executionId: span.traceId,
    actionId: span.spanId,
    parentActionId: isSpanId(span.parentSpanId) ? span.parentSpanId : null,
    source: 'otlp',
    agent: ownAgent ?? resource.service ?? 'unknown',
    environment: ownEnvironment ?? 'production',
    release: ownRelease,
    ownAgent: ownAgent !== null,
    ownRelease: ownRelease !== null,
    ownEnvironment: ownEnvironment !== null,
    kind,
    name,
    status: error.failed ? 'failure' : 'success',
    startedAt: span.startedAt,
    endedAt: span.endedAt,
    errorType: error.type,
    errorMessage: error.message,
    provider: providerOf(values),
    model: modelOf(values, kind),
    ...tokens,
    reportedCostNanoUsd,
    input: jsonTextOrNull(input),
    output: jsonTextOrNull(output),
    attributes: keptAttributes(span, fields, name, notes),
    masked: 0,
    mappingVersion,
    responseId: kind === 'llm' ? textOfValue(values.get('responseId'), 300) : null,
    conversationId: textOfValue(values.get('conversation'), 300),
    userId: textOfValue(values.get('user'), 300),
  }
}

const toolFields = ['toolName', 'toolCallId', 'toolContent'] as const

/** What a span is: by the word that says so, else by its name's first word, else by what it carries. */
function kindOf(span: OtlpSpan, values: ReadFields['values']): ActionKind {
  const hasModel = values.get('requestModel') !== null || values.get('responseModel') !== null
  const named = kindNamed(values.get('kind'), hasModel)
  if (named !== null) return named
  const space = span.name.indexOf(' ')
  const byName =
    space > 0 && /^[a-z_]+$/.test(span.name.slice(0, space)) ? kindNamed(span.name.slice(0, space), hasModel) : null
  if (byName !== null && byName !== 'other') return byName
  if (toolFields.some((field) => values.get(field) !== null)) return 'tool'
  const hasAgent = values.get('agent') !== null
  if (hasModel && (!hasAgent || values.get('outputTokens') !== null)) return 'llm'
  return hasAgent ? 'agent' : 'other'
}

function modelOf(values: ReadFields['values'], kind: ActionKind): string | null {
  const node = kind === 'llm' || kind === 'embedding' ? values.get('modelNode') : null
  return (
    textOfValue(values.get('responseModel'), 300) ??
    textOfValue(values.get('requestModel'), 300) ??
    textOfValue(node, 300)
  )
}

interface SpanError {
  readonly failed: boolean
  readonly type: string | null
  readonly message: string | null
}

function errorOf(span: OtlpSpan, values: ReadFields['values']): SpanError {
  const type = textOfValue(values.get('errorType'), 300)
  const failed = span.status === 'error' || values.get('level') === 'ERROR'
  if (!failed) return { failed: type !== null, type, message: null }
  const exception = span.events.findLast((event) => event.name === 'exception')?.attributes ?? {}
  return {
    failed,
    type: type ?? textOfValue(exception['exception.type'] ?? null, 300),
    message:
      textOfValue(values.get('errorMessage'), 10_000) ??
      shortened(span.statusMessage, 10_000) ??
      textOfValue(exception['exception.message'] ?? null, 10_000),
  }
}

function jsonTextOrNull(value: JsonValue): string | null {
  return value === null || jsonFault(value) !== null ? null : toJsonText(value)
}

/**
 * Everything that the span said, so that a later mapping can read it again, and what was derived from it (rule 9), as JSON
 * text. Written piece by piece: the resource is the same text for all of its spans.
 */
function keptAttributes(span: OtlpSpan, fields: ReadFields, name: string, notes: readonly string[]): string {
  const derived = derivedAttributes(span.attributes, fields, span.startedAt)
  const beside: Record<string, unknown> = derived ?? {}
  if (derived !== null) beside[derivedKey] = Object.keys(derived)
  if (notes.length > 0) beside[notesKey] = notes
  beside['metaagent.scope'] = span.scope
  if (span.name !== name) beside['metaagent.span_name'] = span.name
  if (span.parentIsRemote === true) beside['metaagent.parent_is_remote'] = true
  if (span.statusMessage !== '') beside['metaagent.status_message'] = span.statusMessage
  if (span.events.length > 0) beside['metaagent.events'] = span.events
  const said = toJsonText(span.attributes).slice(0, -1)
  const resource = `"metaagent.resource":${resourceFields(span.resource).text}`
  return `${said}${said === '{' ? '' : ','}${resource},${toJsonText(beside).slice(1)}`
}

/** A span without parent is the run itself; one whose parent is in another process is the run as this process saw it. */
function executionOf(span: OtlpSpan, { values }: ReadFields, action: ActionRow): ExecutionRow | null {
  const rank = span.parentSpanId === '' ? 3 : span.parentIsRemote === true ? 2 : null
  if (rank === null) return null
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
    endReason: nameOfValue(values.get('endReason')),
    errorType: action.errorType,
    errorMessage: action.errorMessage,
    conversationId: action.conversationId ?? null,
    unit: textOfValue(values.get('unit'), 500),
    score: numberOfValue(values.get('score')),
    reportedCostNanoUsd: null,
    synthetic: false,
    input: action.input,
    output: action.output,
    // They stand with the root's action.
    attributes: null,
    masked: 0,
  }
}
