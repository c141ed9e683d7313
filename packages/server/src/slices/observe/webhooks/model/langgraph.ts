import { type JsonValue, LangGraphRunWebhook } from '@metaagent/contract'
import { type Instant, toIso } from '../../../../kernel/instant.ts'
import { agentOf, faulty, type MappedBatch, nothingMapped, type SourceContext } from './mapped.ts'

/**
 * The execution that a run webhook tells of. A run that was interrupted waits for a person; it is no failure. The run's
 * id is the execution's id, as LangChain's own tracers have it. Tokens are not in this payload and stay unknown: the
 * state's messages are those of the whole thread.
 */
export function mapLangGraphRun(payload: JsonValue, context: SourceContext, receivedAt: Instant): MappedBatch {
  const parsed = LangGraphRunWebhook.safeParse(payload)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return faulty(issue?.path.join('.') ?? '', `This is no run of a LangGraph Server: ${issue?.message ?? 'unknown'}.`)
  }
  const run = parsed.data
  const graph = run.graph_id ?? textOf(run.metadata?.['graph_id'])
  const agent = agentOf(context.agents, graph, run.assistant_id)
  if (agent === null)
    return faulty('assistant_id', 'The run names neither a graph nor an assistant; set a fallback agent.')
  const status = statusOf(run.status, run.values)
  const open = status === 'waiting' || status === 'running'
  const execution = {
    executionId: run.run_id.toLowerCase().replaceAll('-', ''),
    agent,
    environment: context.environment,
    startedAt: timeOf(run.run_started_at) ?? timeOf(run.created_at) ?? toIso(receivedAt),
    ...(open ? {} : { endedAt: timeOf(run.run_ended_at) }),
    status,
    ...(status === 'success' ? {} : { endReason: run.status }),
    ...errorOf(run.status, run.error),
    ...(run.thread_id == null ? {} : { conversationId: run.thread_id }),
    ...(run.kwargs?.input === undefined ? {} : { input: run.kwargs.input }),
    ...(run.values === undefined ? {} : { output: run.values }),
    attributes: {
      'langgraph.run_id': run.run_id,
      ...(run.assistant_id == null ? {} : { 'langgraph.assistant_id': run.assistant_id }),
      ...(graph === null ? {} : { 'langgraph.graph_id': graph }),
    },
  }
  return { ...nothingMapped, executions: [execution] }
}

function statusOf(status: string, values: JsonValue | undefined) {
  const paused = typeof values === 'object' && values !== null && !Array.isArray(values) && '__interrupt__' in values
  if (status === 'interrupted' || (status === 'success' && paused)) return 'waiting'
  if (status === 'success') return 'success'
  if (status === 'pending' || status === 'running') return 'running'
  return status === 'cancelled' || status === 'rolled_back' ? 'cancelled' : 'failure'
}

function errorOf(status: string, error: unknown): { readonly errorType?: string; readonly errorMessage?: string } {
  if (error === undefined || error === null) return status === 'timeout' ? { errorType: 'timeout' } : {}
  const { error: type, message } = typeof error === 'object' ? (error as { error?: unknown; message?: unknown }) : {}
  const text = typeof error === 'string' ? error : typeof message === 'string' ? message : JSON.stringify(error)
  return {
    errorType: (typeof type === 'string' ? type : status).slice(0, 300),
    errorMessage: text.slice(0, 10_000),
  }
}

function timeOf(text: string | null | undefined): string | null {
  return text == null || Number.isNaN(Date.parse(text)) ? null : new Date(text).toISOString()
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
