import type { Action, ActionDetail, Execution, ExecutionDetail, Trace } from '@metaagent/contract'
import { AgentLogger } from '@metaagent/sdk'
import type { z } from 'zod'
import { type LlmServer, startLlmServer } from '../llm/llm-server.ts'
import { startTestServer, type TestServer } from '../test-server.ts'

/** A whole MetaAgent that real client libraries report to, and the scripted model that they call. */
export interface Observed {
  readonly server: TestServer
  readonly llm: LlmServer
  /** A logger of the server's first organization; rows leave on `stored`. */
  logger(agent: string): AgentLogger
  /** Sends what the logger holds and answers the stored executions of an agent, oldest first. */
  stored(logger: AgentLogger, agent: string): Promise<readonly Execution[]>
  executionsOf(agent: string): Promise<readonly Execution[]>
  execution(executionId: string): Promise<z.infer<typeof ExecutionDetail>>
  trace(executionId: string): Promise<z.infer<typeof Trace>>
  action(executionId: string, actionId: string): Promise<z.infer<typeof ActionDetail>>
  close(): Promise<void>
}

/** Starts both; the fake clock is set to the real time once, since real clients stamp their rows themselves. */
export async function startObserved(): Promise<Observed> {
  const server = await startTestServer('pglite')
  server.clock.advance(Date.now() - server.clock.now())
  const llm = await startLlmServer()
  const get = async <Body>(path: string) => {
    const reply = await server.request<Body>('GET', `/api/v1${path}`)
    if (reply.status !== 200) throw new Error(`${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
    return reply.body
  }
  const executionsOf = async (agent: string) => {
    const { items } = await get<{ items: readonly Execution[] }>('/executions?order=oldest&limit=200')
    return items.filter((execution) => execution.agent === agent)
  }
  return {
    server,
    llm,
    logger: (agent) =>
      new AgentLogger({
        url: server.url,
        apiKey: server.adminKey,
        agent,
        release: 'v1',
        // Rows leave when a test asks for them, however slow the machine is.
        flushIntervalMs: 600_000,
        requestTimeoutMs: 60_000,
      }),
    stored: async (logger, agent) => {
      await logger.flush()
      const { rejected, dropped, lastError } = logger.stats
      if (rejected + dropped > 0) throw new Error(`rows were lost: ${rejected} + ${dropped}, ${lastError}`)
      return await executionsOf(agent)
    },
    executionsOf,
    execution: async (executionId) => await get(`/executions/${executionId}`),
    trace: async (executionId) => await get(`/executions/${executionId}/trace`),
    action: async (executionId, actionId) => await get(`/executions/${executionId}/actions/${actionId}`),
    close: async () => {
      await llm.close()
      await server.close()
    },
  }
}

/**
 * A trace as indented lines, `kind name status`, children below parents in the order of their start; within the same
 * millisecond in the order of their ids, which the SDK counts up.
 */
export function treeOf(actions: readonly Action[]): readonly string[] {
  const ordered = actions.toSorted((a, b) => `${a.startedAt}${a.actionId}`.localeCompare(`${b.startedAt}${b.actionId}`))
  const below = (parent: string | null, depth: number): readonly string[] =>
    ordered
      .filter(({ parentActionId }) => parentActionId === parent)
      .flatMap((action) => [
        `${'  '.repeat(depth)}${action.kind} ${action.name} ${action.status}`,
        ...below(action.actionId, depth + 1),
      ])
  return below(null, 0)
}
