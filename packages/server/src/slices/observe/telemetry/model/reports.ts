import {
  ActionReport,
  type ActionReportInput,
  ExecutionReport,
  type ExecutionReportInput,
  type JsonValue,
  type RejectedRow,
  TelemetryBatch,
} from '@metaagent/contract'
import type { z } from 'zod'
import type { Instant } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import { knownReportedCost, usdToNano } from './cost.ts'
import { jsonFault, storableText, toJsonText } from './json-text.ts'
import { type ActionRow, type ExecutionRow, isOpen, type JsonText, noTokens, type TokenCounts } from './rows.ts'
import { readCanonicalTime, readTime, timeFault } from './times.ts'

/** A body as read: rows that can be stored, and why the others cannot. */
export interface ReadBatch {
  readonly executions: readonly ExecutionRow[]
  readonly actions: readonly ActionRow[]
  readonly rejected: readonly z.output<typeof RejectedRow>[]
}

type Rejected = z.output<typeof RejectedRow>
type Read<Row> =
  | { readonly row: Row; readonly path: null }
  | { readonly row: null; readonly path: string; readonly detail: string }

const mostRows = 5_000

/**
 * Reads the body of `POST /api/v1/telemetry`. The contract's schemas are the truth; rows in the form that our SDKs send
 * are recognised without them, several times faster, and every other row is parsed by its schema. A row that does not
 * fit is refused alone; a body that is no batch at all is refused whole.
 */
export function readTelemetryBatch(body: unknown, now: Instant): Result<ReadBatch> {
  const lists = batchLists(body)
  if (lists === null) {
    const issue = TelemetryBatch.safeParse(body).error?.issues[0]
    const where = issue === undefined || issue.path.length === 0 ? '/' : `/${issue.path.join('/')}`
    return refuse('invalid-body', `${where}: ${issue?.message ?? 'does not fit'}. See /docs for the schema.`)
  }
  const rejected: Rejected[] = []
  const executions = readRows('executions', lists.executions, (value) => readExecution(value, now), rejected)
  const actions = readRows('actions', lists.actions, (value) => readAction(value, now), rejected)
  return ok({ executions, actions, rejected })
}

function batchLists(
  body: unknown,
): { readonly executions: readonly unknown[]; readonly actions: readonly unknown[] } | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null
  const { executions = [], actions = [], ...others } = body as Record<string, unknown>
  if (!Array.isArray(executions) || !Array.isArray(actions) || Object.keys(others).length > 0) return null
  return executions.length > mostRows || actions.length > mostRows ? null : { executions, actions }
}

function readRows<Row>(
  list: Rejected['list'],
  values: readonly unknown[],
  read: (value: unknown) => Read<Row>,
  rejected: Rejected[],
): readonly Row[] {
  const rows: Row[] = []
  for (const [index, value] of values.entries()) {
    const result = read(value)
    if (result.path === null) rows.push(result.row)
    else rejected.push({ list, index, path: result.path, detail: result.detail })
  }
  return rows
}

function fault(path: string, detail: string): { readonly row: null; readonly path: string; readonly detail: string } {
  return { row: null, path, detail }
}

function schemaFault(error: z.ZodError): ReturnType<typeof fault> {
  const issue = error.issues[0]
  return fault(issue?.path.join('.') ?? '', issue?.message ?? 'does not fit the schema')
}

// --- actions -------------------------------------------------------------------------------------------------------

/** Reads one action report. */
export function readAction(value: unknown, now: Instant): Read<ActionRow> {
  const quick = quickAction(value)
  if (quick !== null) return actionRow(quick, readCanonicalTime(quick.startedAt), readCanonicalTime(quick.endedAt), now)
  // Before the schema, which would follow any depth.
  const unsafe = contentFault(typeof value === 'object' && value !== null ? value : {})
  if (unsafe !== null) return unsafe
  const parsed = ActionReport.safeParse(value)
  if (!parsed.success) return schemaFault(parsed.error)
  return actionRow(parsed.data, readTime(parsed.data.startedAt), readTime(parsed.data.endedAt), now)
}

type ActionFields = z.output<typeof ActionReport>

function actionRow(
  report: ActionFields,
  startedAt: Instant | null,
  endedAt: Instant | null,
  now: Instant,
): Read<ActionRow> {
  if (startedAt === null) return fault('startedAt', 'is not a time')
  if (endedAt === null) return fault('endedAt', 'is not a time')
  const wrong = spanOfTimeFault(startedAt, endedAt, now)
  if (wrong !== null) return wrong
  const tokens = tokensOf(report.usage)
  const used = (tokens.inputTokens ?? 0) + (tokens.outputTokens ?? 0)
  const reported = report.reportedCostUsd ?? null
  return {
    path: null,
    row: {
      executionId: report.executionId,
      actionId: report.actionId,
      parentActionId: report.parentActionId ?? null,
      source: 'sdk',
      agent: storableText(report.agent),
      environment: storableText(report.environment),
      release: text(report.release),
      ownAgent: true,
      ownRelease: report.release !== undefined,
      ownEnvironment: true,
      kind: report.kind,
      name: storableText(report.name),
      status: report.status,
      startedAt,
      endedAt,
      errorType: text(report.errorType),
      errorMessage: text(report.errorMessage),
      provider: text(report.provider),
      model: text(report.model),
      inputTokens: tokens.inputTokens,
      outputTokens: tokens.outputTokens,
      cacheReadTokens: tokens.cacheReadTokens,
      cacheWriteTokens: tokens.cacheWriteTokens,
      reasoningTokens: tokens.reasoningTokens,
      reportedCostNanoUsd: reported === null ? null : knownReportedCost(usdToNano(reported), used),
      input: jsonText(report.input),
      output: jsonText(report.output),
      attributes: jsonText(report.attributes),
      masked: 0,
      mappingVersion: null,
    },
  }
}

function text(value: string | undefined): string | null {
  return value === undefined ? null : storableText(value)
}

function jsonText(value: JsonValue | undefined): JsonText | null {
  return value === undefined || value === null ? null : toJsonText(value)
}

function spanOfTimeFault(startedAt: Instant, endedAt: Instant | null, now: Instant): ReturnType<typeof fault> | null {
  const started = timeFault(startedAt, now)
  if (started !== null) return fault('startedAt', started)
  if (endedAt === null) return null
  const ended = timeFault(endedAt, now)
  if (ended !== null) return fault('endedAt', ended)
  return endedAt < startedAt ? fault('endedAt', 'is before startedAt') : null
}

function contentFault(report: {
  readonly input?: JsonValue | undefined
  readonly output?: JsonValue | undefined
}): ReturnType<typeof fault> | null {
  const input = jsonFault(report.input)
  if (input !== null) return fault('input', input)
  const output = jsonFault(report.output)
  return output === null ? null : fault('output', output)
}

/**
 * Input tokens include the cached ones; a sender whose input is smaller than its cached tokens counts them apart, as
 * Anthropic's raw usage does, so there they are added.
 */
function tokensOf(usage: ActionFields['usage']): TokenCounts {
  if (usage === undefined) return noTokens
  const inputTokens = usage.inputTokens ?? null
  const cached = (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0)
  return {
    inputTokens: inputTokens !== null && inputTokens < cached ? inputTokens + cached : inputTokens,
    outputTokens: usage.outputTokens ?? null,
    cacheReadTokens: usage.cacheReadTokens ?? null,
    cacheWriteTokens: usage.cacheWriteTokens ?? null,
    reasoningTokens: usage.reasoningTokens ?? null,
  }
}

// --- executions ----------------------------------------------------------------------------------------------------

/** Reads one execution report. */
export function readExecution(value: unknown, now: Instant): Read<ExecutionRow> {
  const quick = quickExecution(value)
  if (quick !== null) {
    return executionRow(quick, readCanonicalTime, now)
  }
  const unsafe = contentFault(typeof value === 'object' && value !== null ? value : {})
  if (unsafe !== null) return unsafe
  const parsed = ExecutionReport.safeParse(value)
  if (!parsed.success) return schemaFault(parsed.error)
  return executionRow(parsed.data, readTime, now)
}

type ExecutionFields = z.output<typeof ExecutionReport>

function executionRow(
  report: ExecutionFields,
  timeOf: (text: string) => Instant | null,
  now: Instant,
): Read<ExecutionRow> {
  const startedAt = timeOf(report.startedAt)
  const endedAt = report.endedAt == null ? null : timeOf(report.endedAt)
  if (startedAt === null) return fault('startedAt', 'is not a time')
  const wrong = spanOfTimeFault(startedAt, endedAt, now)
  if (wrong !== null) return wrong
  const told = report.reportedAt == null ? null : timeOf(report.reportedAt)
  // It orders open reports and says nothing else: a clock that is wrong costs the order, not the report.
  const reportedAt = told === null || timeFault(told, now) !== null ? null : told
  return {
    path: null,
    row: {
      executionId: report.executionId,
      rank: isOpen(report.status) ? 1 : 3,
      namesAgent: true,
      agent: storableText(report.agent),
      environment: storableText(report.environment),
      release: text(report.release),
      status: report.status,
      reportedAt,
      startedAt,
      endedAt,
      endReason: text(report.endReason),
      errorType: text(report.errorType),
      errorMessage: text(report.errorMessage),
      conversationId: text(report.conversationId),
      unit: text(report.unit),
      score: report.score ?? null,
      reportedCostNanoUsd: report.reportedCostUsd == null ? null : usdToNano(report.reportedCostUsd),
      synthetic: report.synthetic,
      input: jsonText(report.input),
      output: jsonText(report.output),
      attributes: jsonText(report.attributes),
      masked: 0,
    },
  }
}

// --- the quick way -------------------------------------------------------------------------------------------------

const hex32 = /^[0-9a-f]{32}$/
const hex16 = /^[0-9a-f]{16}$/
const zeros32 = '0'.repeat(32)
const zeros16 = '0'.repeat(16)
const kinds: ReadonlySet<unknown> = new Set(ActionReport.shape.kind.options)
const statuses: ReadonlySet<unknown> = new Set(ActionReport.shape.status.options)
const actionFields: ReadonlySet<string> = new Set(Object.keys(ActionReport.shape))
const executionStatuses: ReadonlySet<unknown> = new Set(ExecutionReport.shape.status.options)
const executionFields: ReadonlySet<string> = new Set(Object.keys(ExecutionReport.shape))
const usageFields: ReadonlySet<string> = new Set(Object.keys(ActionReport.shape.usage.unwrap().shape))

/**
 * The report when it surely fits the schema as it stands, else null: what is null here may still fit. The law in the
 * tests holds it against the schema.
 */
export function quickAction(value: unknown): ActionFields | null {
  const report = fieldsOf<ActionReportInput>(value, actionFields)
  if (report === null || !isExecutionId(report.executionId)) return null
  if (!isActionId(report.actionId) || (report.parentActionId != null && !isActionId(report.parentActionId))) return null
  if (!isName(report.agent) || !isName(report.name) || !isOptionalName(report.release)) return null
  if (!isOptionalName(report.environment)) return null
  if (!kinds.has(report.kind) || !statuses.has(report.status)) return null
  if (!isCanonicalTime(report.startedAt) || !isCanonicalTime(report.endedAt)) return null
  if (!isText(report.errorType, 300) || !isText(report.errorMessage, 10_000)) return null
  if (!isText(report.provider, 200) || !isText(report.model, 300)) return null
  if (!isCost(report.reportedCostUsd) || !isUsage(report.usage) || !isAttributes(report.attributes)) return null
  if (jsonFault(report.input) !== null || jsonFault(report.output) !== null) return null
  // Checked above, field by field.
  return report.environment === undefined
    ? ({ ...report, environment: 'production' } as ActionFields)
    : (report as ActionFields)
}

/** The same for an execution report. */
export function quickExecution(value: unknown): ExecutionFields | null {
  const report = fieldsOf<ExecutionReportInput>(value, executionFields)
  if (report === null || !isExecutionId(report.executionId) || !executionStatuses.has(report.status)) return null
  if (!isName(report.agent) || !isOptionalName(report.release) || !isOptionalName(report.environment)) return null
  if (!isOptionalName(report.endReason)) return null
  if (!isCanonicalTime(report.startedAt) || !isOptionalTime(report.endedAt)) return null
  if (!isOptionalTime(report.reportedAt)) return null
  if (!isText(report.errorType, 300) || !isText(report.errorMessage, 10_000)) return null
  if (!isText(report.conversationId, 300) || !isText(report.unit, 500)) return null
  const { score, synthetic } = report
  if (score != null && !(typeof score === 'number' && Number.isFinite(score))) return null
  if (synthetic !== undefined && typeof synthetic !== 'boolean') return null
  if (!isCost(report.reportedCostUsd) || !isAttributes(report.attributes)) return null
  if (jsonFault(report.input) !== null || jsonFault(report.output) !== null) return null
  const { environment = 'production' } = report
  // Checked above, field by field.
  return { ...report, environment, synthetic: synthetic ?? false } as ExecutionFields
}

/** The value as a record that has no other fields than these. */
function fieldsOf<Fields>(value: unknown, known: ReadonlySet<string>): Partial<Fields> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  for (const key in value) if (!known.has(key)) return null
  return value
}

function isExecutionId(value: unknown): boolean {
  return typeof value === 'string' && hex32.test(value) && value !== zeros32
}

function isActionId(value: unknown): value is string {
  return typeof value === 'string' && hex16.test(value) && value !== zeros16
}

function isCanonicalTime(value: unknown): boolean {
  return typeof value === 'string' && readCanonicalTime(value) !== null
}

function isOptionalTime(value: unknown): boolean {
  return value == null || isCanonicalTime(value)
}

function isText(value: unknown, longest: number): boolean {
  return value === undefined || (typeof value === 'string' && value.length <= longest)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: names must not hold them
const controlCharacter = /[\u0000-\u001f\u007f]/

function isName(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= 200 &&
    !controlCharacter.test(value) &&
    value.isWellFormed() &&
    value.trim() === value
  )
}

function isOptionalName(value: unknown): boolean {
  return value === undefined || isName(value)
}

function isCost(value: unknown): boolean {
  return value == null || (typeof value === 'number' && value >= 0 && Number.isFinite(value))
}

function isUsage(value: unknown): boolean {
  if (value === undefined) return true
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  for (const key in value) {
    if (!usageFields.has(key)) return false
    const count = (value as Record<string, unknown>)[key]
    if (count !== null && !(Number.isSafeInteger(count) && (count as number) >= 0)) return false
  }
  return true
}

function isAttributes(value: unknown): boolean {
  if (value === undefined) return true
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  for (const key in value) {
    // The schema leaves `__proto__` out, so it is the schema that reads what holds it.
    if (key.length > 300 || key === '__proto__') return false
    const item = (value as Record<string, unknown>)[key]
    if (typeof item === 'number' ? !Number.isFinite(item) : typeof item !== 'string' && typeof item !== 'boolean')
      return false
  }
  return true
}
