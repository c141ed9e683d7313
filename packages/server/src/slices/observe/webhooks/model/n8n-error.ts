import { type JsonValue, N8nErrorOfExecution, N8nErrorOfTrigger } from '@metaagent/contract'
import { type Instant, toIso } from '../../../../kernel/instant.ts'
import { agentOf, faulty, type MappedBatch, nothingMapped, type SourceContext } from './mapped.ts'

/** What an Error Trigger payload says, in either form. */
export interface N8nError {
  /** The id of the execution in n8n; null when it was not saved or never began. */
  readonly n8nExecutionId: string | null
  readonly batch: MappedBatch
}

/**
 * Reads an Error Trigger payload. It holds no times: the execution began, as far as is known, when the message came, and
 * its end is unknown. Ids are made of the source and n8n's execution id, or of the message where there is none.
 */
export function mapN8nError(
  payload: JsonValue,
  context: SourceContext,
  at: { readonly receivedAt: Instant; readonly executionId: (n8nExecutionId: string | null) => string },
): N8nError {
  // An HTTP Request node posts one item; a Webhook node's forward posts a list of items.
  const item = Array.isArray(payload) ? payload[0] : payload
  const failed = N8nErrorOfExecution.safeParse(item)
  const trigger = failed.success ? null : N8nErrorOfTrigger.safeParse(item)
  if (!failed.success && trigger?.success !== true)
    return {
      n8nExecutionId: null,
      batch: faulty(
        '',
        'This is no Error Trigger payload of n8n: it has neither execution and workflow nor trigger and workflow.',
      ),
    }
  const workflow = failed.success ? failed.data.workflow : trigger?.data?.workflow
  const run = failed.success ? failed.data.execution : null
  const error = run?.error ?? trigger?.data?.trigger.error
  const mode = run?.mode ?? trigger?.data?.trigger.mode
  const n8nExecutionId = run?.id ?? null
  const agent = agentOf(context.agents, workflow?.name, workflow?.id)
  if (agent === null)
    return { n8nExecutionId, batch: faulty('workflow.name', 'The workflow has no name; set a fallback agent.') }
  const execution = {
    executionId: at.executionId(n8nExecutionId),
    agent,
    environment: context.environment,
    startedAt: toIso(at.receivedAt),
    status: 'failure',
    endReason: run === null ? 'trigger_error' : 'node_error',
    errorType: (error?.name ?? 'n8n_error').slice(0, 300),
    ...(error?.message == null ? {} : { errorMessage: error.message.slice(0, 10_000) }),
    attributes: {
      ...(workflow?.id == null ? {} : { 'n8n.workflow.id': workflow.id }),
      ...(workflow?.name == null ? {} : { 'n8n.workflow.name': workflow.name }),
      ...(n8nExecutionId === null ? {} : { 'n8n.execution.id': n8nExecutionId }),
      ...(run?.url == null ? {} : { 'n8n.execution.url': run.url }),
      ...(run?.retryOf == null ? {} : { 'n8n.execution.retry_of': run.retryOf }),
      ...(run?.lastNodeExecuted == null ? {} : { 'n8n.node.name': run.lastNodeExecuted }),
      ...(mode == null ? {} : { 'n8n.execution.mode': mode }),
    },
  }
  return { n8nExecutionId, batch: { ...nothingMapped, executions: [execution] } }
}
