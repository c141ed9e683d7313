import type { JsonValue } from '@metaagent/contract'
import type { MappedInput } from './inputs.ts'
import { fieldsOf } from './inputs.ts'

type Mapped = NonNullable<MappedInput['mapped']>

/** A field of the original's events that means something that our rows hold too. */
export interface Meaning {
  readonly name: string
  /** The original's own attributes that state it: a row that comes from one of these is not vendor-neutral. */
  readonly stated: RegExp
  readonly ours: (mapped: Mapped) => unknown
  /** The original's value in our terms. */
  readonly theirs: (value: unknown, mapped: Mapped) => unknown
}

const same = (value: unknown) => value
const attributesOf = ({ action }: Mapped): Record<string, JsonValue> => JSON.parse(action.attributes ?? '{}')
const attribute = (name: string) => (mapped: Mapped) => attributesOf(mapped)[name] ?? null
const json = (text: string | null): unknown => (text === null ? null : JSON.parse(text))

const meaning = (name: string, stated: RegExp, ours: Meaning['ours'], theirs: Meaning['theirs'] = same): Meaning => ({
  name,
  stated,
  ours,
  theirs,
})

const usageStated = /^langfuse\.observation\.usage/

const model = meaning('model', /^langfuse\..*model\.?name/, ({ action }) => action.model)
const input = meaning(
  'input',
  /^langfuse\.(observation|trace)\.input/,
  ({ action }) => json(action.input),
  // The tools that a model was offered stand apart from what it was told.
  (value) => (Object.keys(fieldsOf(value)).join() === 'messages,tools' ? fieldsOf(value)['messages'] : value),
)
const output = meaning('output', /^langfuse\.(observation|trace)\.output/, ({ action }) => json(action.output))
const user = meaning('user', /^langfuse\..*user/, attribute('user.id'))
const session = meaning('session', /^langfuse\..*session/, attribute('gen_ai.conversation.id'))
const tags = meaning('tags', /^langfuse\..*tags/, attribute('metaagent.tags'), (value) =>
  Array.isArray(value) && value.length === 0 ? null : value,
)
const promptName = meaning('prompt name', /^langfuse\..*prompt/, attribute('gen_ai.prompt.name'))
const promptVersion = meaning('prompt version', /^langfuse\..*prompt/, attribute('gen_ai.prompt.version'))
const environment = meaning(
  'environment',
  /^langfuse\..*environment/,
  ({ action }) => (action.ownEnvironment ? action.environment : null),
  // What nobody named is called `default` there and `production` here.
  (value) => (value === 'default' ? null : value),
)
const version = meaning('version', /^langfuse\..*(version|release)/, ({ action }) => action.release)
const level = meaning(
  'level',
  /^langfuse\.observation\.level/,
  ({ action }) => action.status,
  (value) => (value === 'ERROR' ? 'failure' : 'success'),
)
const statusMessage = meaning('status message', /^langfuse\..*status_message/, ({ action }) => action.errorMessage)
const firstToken = meaning(
  'time to first token',
  /^langfuse\..*completion_start/,
  attribute('gen_ai.response.time_to_first_chunk'),
  (value, { action }) => (typeof value === 'string' ? (Date.parse(value) - action.startedAt) / 1_000 : value),
)
const startTime = meaning('start', /^$/, ({ action }) => new Date(action.startedAt).toISOString(), isoMs)
const endTime = meaning('end', /^$/, ({ action }) => new Date(action.endedAt).toISOString(), isoMs)

function isoMs(value: unknown): unknown {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? new Date(value).toISOString() : value
}

const kindOfType: Readonly<Record<string, string>> = {
  generation: 'llm',
  embedding: 'embedding',
  agent: 'agent',
  tool: 'tool',
  retriever: 'retrieval',
  guardrail: 'guardrail',
  evaluator: 'evaluation',
}
const kind = meaning(
  'kind',
  /^langfuse\.observation\.type/,
  ({ action }) => action.kind,
  (value) => kindOfType[String(value).toLowerCase().replace('-create', '')] ?? 'other',
)

/** Fields of the original's events, in both of its spellings. */
const byField: Readonly<Record<string, Meaning>> = {
  model,
  modelName: model,
  provided_model_name: model,
  input,
  output,
  userId: user,
  user_id: user,
  sessionId: session,
  session_id: session,
  tags,
  promptName,
  prompt_name: promptName,
  promptVersion,
  prompt_version: promptVersion,
  environment,
  version,
  release: version,
  level,
  statusMessage,
  status_message: statusMessage,
  completionStartTime: firstToken,
  completion_start_time: firstToken,
  startTime,
  start_time: startTime,
  endTime,
  end_time: endTime,
  type: kind,
  toolName: meaning('tool name', /^$/, ({ action }) => (action.kind === 'tool' ? action.name : null)),
  'costDetails.total': meaning('reported cost', /^langfuse\..*cost/, ({ action }) =>
    action.reportedCostNanoUsd === null ? null : action.reportedCostNanoUsd / 1e9,
  ),
}

/** Token counts: there the parts stand beside each other, here input and output include theirs. */
const tokens: Readonly<Record<string, (action: Mapped['action']) => number | null>> = {
  input: (action) =>
    action.inputTokens === null
      ? null
      : action.inputTokens - (action.cacheReadTokens ?? 0) - (action.cacheWriteTokens ?? 0),
  output: (action) =>
    action.outputTokens === null ? null : Math.max(0, action.outputTokens - (action.reasoningTokens ?? 0)),
  total: (action) =>
    action.inputTokens === null && action.outputTokens === null
      ? null
      : (action.inputTokens ?? 0) + (action.outputTokens ?? 0),
  input_cached_tokens: (action) => action.cacheReadTokens,
  input_cache_read: (action) => action.cacheReadTokens,
  cached_input: (action) => action.cacheReadTokens,
  input_cache_creation: (action) => action.cacheWriteTokens,
  input_cache_write: (action) => action.cacheWriteTokens,
  output_reasoning_tokens: (action) => action.reasoningTokens,
  output_reasoning: (action) => action.reasoningTokens,
  reasoning: (action) => action.reasoningTokens,
}

/** What a path such as `usageDetails.input` or `modelParameters.temperature` means here; null when we do not have it. */
export function meaningOf(path: string): Meaning | null {
  const [, usage] = /^(?:usageDetails|provided_usage_details)\.(.+)$/.exec(path) ?? []
  if (usage !== undefined) {
    const count = tokens[usage]
    return count === undefined ? null : meaning(`tokens: ${usage}`, usageStated, ({ action }) => count(action))
  }
  const [, parameter] = /^(?:modelParameters|model_parameters)\.(.+)$/.exec(path) ?? []
  if (parameter !== undefined)
    return meaning(`parameter ${parameter}`, /^langfuse\..*model.?parameters/, attribute(`gen_ai.request.${parameter}`))
  return Object.hasOwn(byField, path) ? (byField[path] ?? null) : null
}

/** An expectation about a whole record is one per member. */
export function membersOf(path: string, value: unknown): readonly (readonly [path: string, value: unknown])[] {
  const whole = /^(usageDetails|provided_usage_details|modelParameters|model_parameters|costDetails|)$/
  return whole.test(path)
    ? Object.entries(fieldsOf(value)).map(([key, item]) => [path === '' ? key : `${path}.${key}`, item] as const)
    : [[path, value]]
}
