import type { Execution, Judgment, Trace } from '@metaagent/contract'
import { AgentLogger } from '@metaagent/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../testkit/database.ts'
import { startTestServer, type TestServer } from '../testkit/test-server.ts'

describeOnStores('the SDK against a real server', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind)
  })

  afterAll(async () => {
    await server.close()
  })

  const loggerFor = (apiKey: string, at: () => Date) => ({
    logger: new AgentLogger({ url: server.url, apiKey, agent: 'support', release: 'v7', environment: 'staging' }),
    at,
  })

  test('what an agent reports can be read back as one execution with its tree, tokens and cost', async () => {
    const { logger, at } = loggerFor(await server.keyFor(['telemetry:write']), () => new Date(server.clock.now()))
    const run = logger.startExecution({ input: { question: 'why?' }, unit: 'case-1', startedAt: at() })
    const call = run.action({ kind: 'llm', name: 'answer', provider: 'openai', model: 'gpt-4.1', startedAt: at() })
    call.action({ kind: 'tool', name: 'search', startedAt: at() }).end({ output: 'found', endedAt: at() })
    call.end({ usage: { inputTokens: 1_000, outputTokens: 100 }, endedAt: at() })
    run.end({ status: 'success', output: 'because', endedAt: at() })
    await logger.close()
    expect(logger.stats).toEqual({ queued: 0, sent: 4, rejected: 0, dropped: 0, lastError: null })
    const { body } = await server.request<z.infer<typeof Trace>>('GET', `/api/v1/executions/${run.executionId}/trace`)
    expect(body.execution).toMatchObject({
      agent: 'support',
      release: 'v7',
      environment: 'staging',
      status: 'success',
      unit: 'case-1',
      output: 'because',
      totals: { actions: 2, llmCalls: 1, toolCalls: 1, inputTokens: 1_000, costNanoUsd: 1_000 * 2_000 + 100 * 8_000 },
    })
    expect(body.actions.find(({ name }) => name === 'search')?.parentActionId).toBe(call.actionId)
  })

  test('an execution is visible while it runs, and one that failed says how', async () => {
    const { logger, at } = loggerFor(await server.keyFor(['telemetry:write']), () => new Date(server.clock.now()))
    const run = logger.startExecution({ startedAt: at() })
    await logger.flush()
    const running = await server.request<Execution>('GET', `/api/v1/executions/${run.executionId}`)
    expect(running.body).toMatchObject({ status: 'running', endedAt: null, durationMs: null })
    run.end({ status: 'failure', error: new TypeError('no tool'), endReason: 'agent_error', endedAt: at() })
    await logger.close()
    const ended = await server.request<Execution>('GET', `/api/v1/executions/${run.executionId}`)
    expect(ended.body).toMatchObject({
      status: 'failure',
      errorType: 'TypeError',
      errorMessage: 'no tool',
      flags: ['agent_error'],
    })
  })

  test('what is judged of a run and a step is stored in the story of the run', async () => {
    const apiKey = await server.keyFor(['telemetry:write', 'judgments:write'])
    const { logger, at } = loggerFor(apiKey, () => new Date(server.clock.now()))
    const run = logger.startExecution({ startedAt: at() })
    const step = run.action({ kind: 'llm', name: 'answer', startedAt: at() })
    step.end({ endedAt: at() })
    run.end({ status: 'success', endedAt: at() })
    const said = { judge: 'grader', metric: 'tone', observedAt: at().toISOString() }
    run.judge({ ...said, type: 'qa_success' as const, judgeKind: 'model' })
    step.judge({ ...said, answer: '{"verdict":"not satisfied","score":2}', scale: { min: 1, max: 5 } })
    await logger.close()
    expect(logger.stats).toEqual({ queued: 0, sent: 5, rejected: 0, dropped: 0, lastError: null })
    const path = `/api/v1/judgments?executionId=${run.executionId}`
    const { items } = (await server.request<{ items: Judgment[] }>('GET', path)).body
    expect(items).toMatchObject([
      { type: 'qa_failure', actionId: step.actionId, score: 2, scale: { min: 1, max: 5 }, label: 'not satisfied' },
      { type: 'qa_success', actionId: null, correlationId: run.executionId, source: 'qa' },
    ])
  })

  test('a key without the right loses rows in the open: counted, with the reason', async () => {
    const { logger, at } = loggerFor(await server.keyFor(['fleet:read']), () => new Date(server.clock.now()))
    logger.startExecution({ startedAt: at() })
    await logger.close()
    expect(logger.stats).toMatchObject({ sent: 0, rejected: 1 })
    expect(logger.stats.lastError).toContain('not-allowed')
  })
})
