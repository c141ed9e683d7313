import { createHash } from 'node:crypto'
import type { ActionReportInput, ExecutionReportInput, JsonValue, TelemetryBatchInput } from '@metaagent/contract'
import { z } from 'zod'
import { CommandRefused } from '../commands/api.ts'
import { readTauBench } from './tau-bench.ts'

/** A time with or without a zone. */
const Time = z.string().refine((text) => !Number.isNaN(epochMs(text)), 'is no time')

const Message = z.looseObject({
  role: z.enum(['assistant', 'user', 'tool', 'system']),
  id: z.string().nullish(),
  content: z.unknown(),
  tool_calls: z.array(z.looseObject({ id: z.string().nullish(), name: z.string(), arguments: z.unknown() })).nullish(),
  requestor: z.string().nullish(),
  error: z.boolean().nullish(),
  timestamp: Time.nullish(),
  usage: z.looseObject({ prompt_tokens: z.number().nullish(), completion_tokens: z.number().nullish() }).nullish(),
})
type Message = z.infer<typeof Message>

const Simulation = z.looseObject({
  id: z.union([z.string(), z.number()]).nullish(),
  task_id: z.union([z.string(), z.number()]),
  trial: z.number().nullish(),
  start_time: Time,
  end_time: Time.nullish(),
  duration: z.number().nullish(),
  termination_reason: z.string().nullish(),
  agent_cost: z.number().nullish(),
  reward_info: z.looseObject({ reward: z.number().nullish() }).nullish(),
  messages: z
    .array(Message)
    .nullish()
    .transform((messages) => messages ?? []),
})
type Simulation = z.infer<typeof Simulation>

const Implementation = z.looseObject({ implementation: z.string().nullish(), llm: z.string().nullish() })
const Results = z.looseObject({
  simulations: z.array(Simulation),
  domain: z.string().nullish(),
  agent: z.string().nullish(),
  model: z.string().nullish(),
  info: z
    .looseObject({
      agent_info: Implementation.nullish(),
      user_info: Implementation.nullish(),
      environment_info: z.looseObject({ domain_name: z.string().nullish() }).nullish(),
    })
    .nullish(),
})
type Results = z.infer<typeof Results>

export interface Tau2Naming {
  /** Default `tau2-DOMAIN`, so that two models on the same tasks are two releases of one agent. */
  readonly agent?: string | undefined
  /** Default the agent's model, else its implementation, else the file's name. */
  readonly release?: string | undefined
  readonly environment: string
}

export interface Tau2Import {
  readonly agent: string
  readonly release: string
  readonly domain: string
  readonly batches: readonly TelemetryBatchInput[]
  readonly executions: number
  readonly actions: number
}

/** The other participant of a τ²-bench conversation, which is a model as well and has costs of its own. */
export const userSimulator = 'tau2-user-simulator'

/**
 * Turns a τ²-bench results file into telemetry: each simulation an execution, each message one action of it. Ids are
 * derived from the file's name and the simulation, so importing a file again changes nothing.
 */
export function mapTau2(fileName: string, content: unknown, naming: Tau2Naming): Tau2Import {
  const results = readResults(fileName, content)
  const stem = fileName.replace(/\.json(\.gz)?$/, '').replace(/\.json$/, '')
  const domain = results.info?.environment_info?.domain_name ?? results.domain ?? domainOf(stem)
  const model = results.info?.agent_info?.llm ?? results.model ?? null
  const release = naming.release ?? model ?? results.info?.agent_info?.implementation ?? results.agent ?? stem
  const context: Context = {
    stem,
    agent: naming.agent ?? `tau2-${domain}`,
    release: release.slice(0, 200),
    environment: naming.environment,
    model,
    userModel: results.info?.user_info?.llm ?? null,
  }
  const seen = new Map<string, number>()
  const mapped = results.simulations.map((simulation) => {
    // Some files repeat an id; the occurrence keeps the runs apart and stays the same on every import.
    const key = `${simulation.id ?? simulation.task_id}|${simulation.trial ?? 0}`
    const occurrence = seen.get(key) ?? 0
    seen.set(key, occurrence + 1)
    return mapSimulation(simulation, occurrence === 0 ? key : `${key}|${occurrence}`, context)
  })
  return {
    agent: context.agent,
    release: context.release,
    domain,
    batches: inBatches(mapped),
    executions: mapped.length,
    actions: mapped.reduce((sum, one) => sum + one.actions.length, 0),
  }
}

/** A results file in any of its published forms: with its header, the bare list of simulations, or τ-bench's trials. */
function readResults(fileName: string, content: unknown): Results {
  const known = Array.isArray(content) ? (readTauBench(content) ?? { simulations: content }) : content
  const parsed = Results.safeParse(known)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue === undefined || issue.path.length === 0 ? 'top level' : issue.path.join('.')
  throw new CommandRefused(`${fileName} is no τ²-bench results file: ${where}: ${issue?.message ?? ''}`)
}

/** Old files carry no domain; their names do. */
function domainOf(stem: string): string {
  return ['airline', 'retail', 'telecom', 'mock'].find((domain) => stem.includes(domain)) ?? 'unknown'
}

interface Context {
  readonly stem: string
  readonly agent: string
  readonly release: string
  readonly environment: string
  readonly model: string | null
  readonly userModel: string | null
}

interface Mapped {
  readonly execution: ExecutionReportInput
  readonly actions: readonly ActionReportInput[]
}

function mapSimulation(simulation: Simulation, key: string, context: Context): Mapped {
  const executionId = digest(`${context.stem}|${key}`, 32)
  const startedMs = epochMs(simulation.start_time)
  const endedMs = endOf(simulation, startedMs)
  const reward = simulation.reward_info?.reward ?? null
  const hasTokens = simulation.messages.some((message) => (message.usage?.prompt_tokens ?? 0) > 0)
  const cost = simulation.agent_cost ?? null
  return {
    execution: {
      executionId,
      agent: context.agent,
      environment: context.environment,
      release: context.release,
      startedAt: iso(startedMs),
      ...(endedMs === null ? {} : { endedAt: iso(endedMs) }),
      // A run without a reward was cut off before it could be checked, so it did not succeed.
      status: reward !== null && reward >= 1 - 1e-6 ? 'success' : 'failure',
      ...(simulation.termination_reason == null ? {} : { endReason: simulation.termination_reason }),
      ...(reward === null ? {} : { score: reward }),
      unit: `${simulation.task_id}${(simulation.trial ?? 0) > 0 ? `#${simulation.trial}` : ''}`.slice(0, 500),
      ...(simulation.id == null ? {} : { conversationId: String(simulation.id) }),
      // A zero beside tokens means that nobody priced the model, not that it was free.
      ...(cost === null || (cost === 0 && hasTokens) ? {} : { reportedCostUsd: cost }),
      attributes: { 'tau2.file': context.stem, 'tau2.messages': simulation.messages.length },
    },
    actions: mapMessages(simulation.messages, executionId, startedMs, context),
  }
}

/** Null when neither the duration nor the end was recorded: unknown, not 0. */
function endOf({ duration, end_time: endTime }: Simulation, startedMs: number): number | null {
  if (duration != null) return startedMs + Math.round(duration * 1000)
  return endTime == null ? null : Math.max(startedMs, epochMs(endTime))
}

function mapMessages(
  messages: readonly Message[],
  executionId: string,
  startedMs: number,
  context: Context,
): readonly ActionReportInput[] {
  const actions: ActionReportInput[] = []
  const callers = new Map<string, { readonly actionId: string; readonly name: string; readonly input: JsonValue }>()
  let beforeMs = startedMs
  let heard: JsonValue[] = []
  for (const [index, message] of messages.entries()) {
    const actionId = digest(`${executionId}|${index}`, 16)
    // Some files have no times of messages: their actions then have no length.
    const atMs = message.timestamp == null ? beforeMs : Math.max(beforeMs, epochMs(message.timestamp))
    const base = {
      executionId,
      actionId,
      environment: context.environment,
      startedAt: iso(beforeMs),
      endedAt: iso(atMs),
    }
    if (message.role === 'system') actions.push({ ...base, ...systemFields(message, context) })
    else if (message.role === 'tool') actions.push({ ...base, ...toolFields(message, callers, context) })
    else {
      actions.push({ ...base, ...turnFields(message, heard, context) })
      for (const call of message.tool_calls ?? [])
        callers.set(call.id ?? call.name, { actionId, name: call.name, input: json(call.arguments) })
      heard = []
    }
    heard.push({ role: message.role, content: json(message.content) })
    beforeMs = atMs
  }
  return actions
}

type Fields = Omit<ActionReportInput, 'executionId' | 'actionId' | 'startedAt' | 'endedAt'>

function turnFields(message: Message, heard: readonly JsonValue[], context: Context): Fields {
  const own = message.role === 'assistant'
  const model = own ? context.model : context.userModel
  const calls = message.tool_calls ?? []
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = message.usage ?? {}
  return {
    agent: own ? context.agent : userSimulator,
    ...(own ? { release: context.release } : {}),
    kind: 'llm',
    name: calls.length === 0 ? 'reply' : `call ${calls.map((call) => call.name).join(', ')}`.slice(0, 200),
    status: 'success',
    ...(model === null ? {} : { model }),
    ...(message.usage == null
      ? {}
      : { usage: { inputTokens: inputTokens ?? null, outputTokens: outputTokens ?? null } }),
    input: [...heard],
    output: {
      content: json(message.content),
      ...(calls.length === 0
        ? {}
        : { toolCalls: calls.map((call) => ({ name: call.name, arguments: json(call.arguments) })) }),
    },
  }
}

function systemFields(message: Message, context: Context): Fields {
  return {
    agent: context.agent,
    release: context.release,
    kind: 'other',
    name: 'system',
    status: 'success',
    output: json(message.content),
  }
}

function toolFields(
  message: Message,
  callers: ReadonlyMap<string, { readonly actionId: string; readonly name: string; readonly input: JsonValue }>,
  context: Context,
): Fields {
  const caller = callers.get(message.id ?? '')
  const own = message.requestor !== 'user'
  return {
    agent: own ? context.agent : userSimulator,
    ...(own ? { release: context.release } : {}),
    kind: 'tool',
    name: (caller?.name ?? 'tool').slice(0, 200),
    ...(caller === undefined ? {} : { parentActionId: caller.actionId, input: caller.input }),
    status: message.error === true ? 'failure' : 'success',
    ...(message.error === true
      ? { errorType: 'ToolError', errorMessage: String(message.content).slice(0, 10_000) }
      : {}),
    output: json(message.content),
  }
}

const actionsPerBatch = 400

function inBatches(mapped: readonly Mapped[]): readonly TelemetryBatchInput[] {
  const batches: { executions: ExecutionReportInput[]; actions: ActionReportInput[] }[] = []
  let current = { executions: [] as ExecutionReportInput[], actions: [] as ActionReportInput[] }
  for (const { execution, actions } of mapped) {
    if (current.actions.length > 0 && current.actions.length + actions.length > actionsPerBatch) {
      batches.push(current)
      current = { executions: [], actions: [] }
    }
    current.executions.push(execution)
    for (const action of actions) current.actions.push(action)
  }
  return current.executions.length === 0 ? batches : [...batches, current]
}

function json(value: unknown): JsonValue {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value) ?? 'null') as JsonValue)
}

function digest(text: string, hexDigits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, hexDigits)
}

/** τ²-bench writes local times without a zone; they are read as UTC, so that durations and order hold everywhere. */
function epochMs(text: string): number {
  return Date.parse(/([zZ]|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`)
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
