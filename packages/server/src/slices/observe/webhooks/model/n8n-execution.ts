import {
  type ActionKind,
  type ExecutionStatus,
  type JsonValue,
  type N8nExecution,
  type N8nTaskData,
  N8nTokenUsage,
} from '@metaagent/contract'
import { agentOf, type MappedBatch, nothingMapped, type SourceContext } from './mapped.ts'

/** Where an execution's tree comes from: n8n's own OpenTelemetry, which has no tokens, or nobody yet. */
export interface KnownTree {
  readonly executionId: string
  readonly agent: string
  readonly environment: string
  /** Spans of nodes by the node's name, in the order of their runs. */
  readonly spans: readonly { readonly actionId: string; readonly value: string }[]
}

export interface N8nIds {
  readonly execution: (n8nExecutionId: string) => string
  readonly action: (n8nExecutionId: string, node: string, run: number) => string
}

/**
 * Turns an imported execution into rows. Where its tree is known from OpenTelemetry only the model calls are added, with
 * their tokens, below the spans of their nodes; else the whole tree is made of the run data.
 */
export function mapN8nExecution(
  execution: N8nExecution,
  context: SourceContext,
  known: KnownTree | null,
  ids: N8nIds,
): MappedBatch {
  const { workflowData, workflowId } = execution
  const agent =
    known?.agent ?? agentOf(context.agents, workflowData?.name, workflowId) ?? `n8n ${workflowId ?? 'workflow'}`
  const owner = {
    executionId: known?.executionId ?? ids.execution(execution.id),
    agent,
    environment: known?.environment ?? context.environment,
  }
  const runs = runsOf(execution)
  const steps = known === null ? runs : runs.filter(({ kind }) => kind === 'llm')
  const actions = steps.map((step) => ({
    ...owner,
    actionId: ids.action(execution.id, step.node, step.run),
    ...parentOf(step, execution.id, known, ids),
    ...stepFields(step),
  }))
  return { ...nothingMapped, executions: known === null ? [executionFields(execution, owner)] : [], actions }
}

interface NodeRun {
  readonly node: string
  readonly run: number
  readonly type: string
  readonly kind: ActionKind
  readonly parameters: { readonly [name: string]: unknown }
  readonly task: N8nTaskData
}

function runsOf({ data, workflowData }: N8nExecution): readonly NodeRun[] {
  const nodes = new Map(workflowData?.nodes?.map((node) => [node.name, node]))
  return Object.entries(data?.resultData?.runData ?? {}).flatMap(([node, tasks]) => {
    const { type = 'unknown', parameters } = nodes.get(node) ?? {}
    return tasks.map((task, run) => ({ node, run, type, kind: kindOf(type, task), parameters: parameters ?? {}, task }))
  })
}

function kindOf(type: string, { data }: N8nTaskData): ActionKind {
  if (data?.['ai_languageModel'] != null) return 'llm'
  const name = type.split('.').at(-1) ?? ''
  if (/^lm[A-Z]/.test(name)) return 'llm'
  if (name.startsWith('embeddings')) return 'embedding'
  if (/^(retriever|vectorStore|reranker)/.test(name)) return 'retrieval'
  if (/^tool|Tool$/.test(name)) return 'tool'
  return /^(agent|chain)/.test(name) ? 'agent' : 'other'
}

/**
 * A sub-node of an agent is below it: its output is of an `ai_…` connection and its source is the agent. A node of the
 * main line is below nothing: its source came before it.
 */
function parentOf({ node, run, task }: NodeRun, executionId: string, known: KnownTree | null, ids: N8nIds) {
  if (known !== null) {
    const span = known.spans.filter(({ value }) => value === node)[run]
    return span === undefined ? {} : { parentActionId: span.actionId }
  }
  const isPart = Object.keys(task.data ?? {}).some((connection) => connection.startsWith('ai_'))
  const parent = isPart ? task.source?.find((source) => source !== null) : undefined
  if (parent == null) return {}
  return { parentActionId: ids.action(executionId, parent.previousNode, parent.previousNodeRun ?? 0) }
}

function stepFields({ node, run, type, kind, task, parameters }: NodeRun) {
  const failed = task.error != null || task.executionStatus === 'error'
  const usage = kind === 'llm' ? usageOf(task) : null
  return {
    kind,
    name: node,
    startedAt: new Date(task.startTime).toISOString(),
    endedAt: new Date(task.startTime + Math.max(0, task.executionTime ?? 0)).toISOString(),
    status: failed ? 'failure' : task.executionStatus === 'canceled' ? 'cancelled' : 'success',
    ...(task.error == null ? {} : errorFields(task.error)),
    ...(kind === 'llm' ? modelFields(type, task, parameters) : {}),
    ...(usage === null ? {} : { usage: usage.usage }),
    attributes: {
      'n8n.node.name': node,
      'n8n.node.type': type,
      'n8n.node.run': run,
      ...(usage?.estimated === true ? { 'n8n.tokens.estimated': true } : {}),
    },
  }
}

/** The tokens of a model call; n8n marks those that it only estimated, and so do we. */
function usageOf(task: N8nTaskData) {
  const outputs = task.data?.['ai_languageModel']?.flatMap((items) => items ?? []) ?? []
  const told = { inputTokens: 0, outputTokens: 0, found: false, estimated: false }
  for (const { json } of outputs) {
    const measured = N8nTokenUsage.safeParse(json?.['tokenUsage'])
    const estimate = N8nTokenUsage.safeParse(json?.['tokenUsageEstimate'])
    const usage = measured.success ? measured.data : estimate.success ? estimate.data : null
    // Nodes that do not estimate write zeros (n8n's N8nNonEstimatingTracing): unknown, not none.
    if (usage === null || (usage.promptTokens ?? 0) + (usage.completionTokens ?? 0) === 0) continue
    told.found = true
    told.estimated ||= !measured.success
    told.inputTokens += usage.promptTokens ?? 0
    told.outputTokens += usage.completionTokens ?? 0
  }
  if (!told.found) return null
  const { inputTokens, outputTokens, estimated } = told
  return { usage: { inputTokens, outputTokens }, estimated }
}

function modelFields(type: string, task: N8nTaskData, parameters: { readonly [name: string]: unknown }) {
  const options = task.inputOverride?.['ai_languageModel']?.[0]?.[0]?.json?.['options']
  const used = typeof options === 'object' && options !== null ? (options as Record<string, unknown>) : {}
  const chosen = parameters['model']
  const located = typeof chosen === 'object' && chosen !== null ? (chosen as { value?: unknown }).value : chosen
  const model = [used['model'], used['model_name'], used['modelName'], located, parameters['modelName']].find(
    (name) => typeof name === 'string' && name !== '',
  )
  const provider = providers.find(([pattern]) => pattern.test(type))?.[1]
  return {
    ...(typeof model === 'string' ? { model: model.replace(/^models\//, '').slice(0, 300) } : {}),
    ...(provider === undefined ? {} : { provider }),
  }
}

/** Node types of n8n-nodes-langchain and the providers behind them; what is not listed stays unknown. */
const providers: readonly (readonly [RegExp, string])[] = [
  [/AzureOpenAi/, 'azure'],
  [/OpenAi/, 'openai'],
  [/Anthropic/, 'anthropic'],
  [/Google/, 'google'],
  [/Mistral/, 'mistral'],
  [/Groq/, 'groq'],
  [/DeepSeek/, 'deepseek'],
  [/OpenRouter/, 'openrouter'],
  [/Bedrock/, 'aws'],
  [/Cohere/, 'cohere'],
]

function executionFields(
  execution: N8nExecution,
  owner: { readonly executionId: string; readonly agent: string; readonly environment: string },
): JsonValue {
  const status = statusOf(execution)
  const result = execution.data?.resultData
  const open = status === 'running' || status === 'waiting'
  return {
    ...owner,
    startedAt: execution.startedAt,
    ...(open || execution.stoppedAt == null ? {} : { endedAt: execution.stoppedAt }),
    status,
    ...(execution.status == null || status === 'success' ? {} : { endReason: execution.status }),
    ...(result?.error == null ? {} : errorFields(result.error)),
    attributes: {
      'n8n.execution.id': execution.id,
      ...(execution.mode == null ? {} : { 'n8n.execution.mode': execution.mode }),
      ...(execution.workflowId == null ? {} : { 'n8n.workflow.id': execution.workflowId }),
      ...(execution.workflowData?.name == null ? {} : { 'n8n.workflow.name': execution.workflowData.name }),
    },
  }
}

function errorFields({
  message,
  name,
}: {
  readonly message?: string | null | undefined
  readonly name?: string | null | undefined
}) {
  return {
    errorType: (name ?? 'n8n_error').slice(0, 300),
    ...(message == null ? {} : { errorMessage: message.slice(0, 10_000) }),
  }
}

/** The status as ours; older versions of n8n tell only whether it finished. */
function statusOf({ status, finished, stoppedAt, data }: N8nExecution): ExecutionStatus {
  switch (status) {
    case 'success':
    case 'waiting':
    case 'running':
      return status
    case 'new':
      return 'running'
    case 'canceled':
    case 'cancelled':
      return 'cancelled'
    case 'error':
    case 'crashed':
    case 'failed':
      return 'failure'
    default:
      if (stoppedAt == null) return 'running'
      return finished === true && data?.resultData?.error == null ? 'success' : 'failure'
  }
}
