import type { Action, Execution, WebhookReceipt, WebhookSource, WebhookSourceInput } from '@metaagent/contract'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../../testkit/database.ts'
import { type N8nServer, startN8nServer } from '../../../../testkit/n8n-server.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'
import { langGraphRuns, n8nErrors, n8nExecution } from '../../../../testkit/webhook-payloads.ts'

interface Page<Item> {
  readonly items: readonly Item[]
}
interface Made {
  readonly source: WebhookSource
  readonly secret: string
}
const apiKey = 'n8n_api_key'

describeOnStores('webhooks of n8n and LangGraph', (kind) => {
  let server: TestServer
  let n8n: N8nServer | null = null
  let sources = 0
  beforeAll(async () => {
    server = await startTestServer(kind)
    // The recorded runs are of November 2026.
    server.clock.advance(Date.UTC(2026, 10, 22) - server.clock.now())
  })
  afterEach(async () => {
    await n8n?.close()
    n8n = null
  })
  afterAll(async () => await server.close())

  const make = async (input: Partial<z.input<typeof WebhookSourceInput>>): Promise<Made> => {
    const body = { name: `source ${++sources}`, kind: 'n8n', ...input }
    const reply = await server.request<Made>('POST', '/api/v1/webhook-sources', { body })
    expect(reply.status, JSON.stringify(reply.body)).toBe(201)
    return reply.body
  }
  const importing = async (from: N8nServer) =>
    await make({
      importer: { baseUrl: from.url, apiKey, everyMinutes: 5 },
      agents: { fallback: `n8n agent ${sources}` },
    })
  const importNow = async ({ source }: Made) =>
    await server.request('POST', `/api/v1/webhook-sources/${source.sourceId}/import`)
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
    await server.request<WebhookReceipt>('POST', `/api/v1/webhooks/${path}`, {
      key: null,
      body: Buffer.from(JSON.stringify(body)),
      headers,
    })
  const executionsOf = async (agent: string) =>
    (await server.request<Page<Execution>>('GET', '/api/v1/executions?limit=200')).body.items.filter(
      (execution) => execution.agent === agent,
    )
  const traceOf = async (executionId: string) =>
    (
      await server.request<{ execution: Execution; actions: Action[] }>(
        'GET',
        `/api/v1/executions/${executionId}/trace`,
      )
    ).body

  test('W6: runs of a real LangGraph Server come in by the secret in the path, without a content type', async () => {
    const { source, secret } = await make({ kind: 'langgraph' })
    for (const run of [langGraphRuns.succeeded, langGraphRuns.failed]) {
      const reply = await post(`${source.sourceId}/${secret}`, run)
      expect(reply).toMatchObject({ status: 202, body: { state: 'stored', executions: 1, faults: [] } })
    }
    const waiting = { ...langGraphRuns.interrupted, status: 'interrupted' }
    expect((await post(source.sourceId, waiting, { 'x-webhook-secret': secret })).status).toBe(202)
    const found = (await executionsOf('writer')).map(({ status, errorMessage, endReason, endedAt }) => ({
      status,
      errorMessage,
      endReason,
      ended: endedAt !== null,
    }))
    expect(found).toEqual([
      { status: 'failure', errorMessage: 'no draft for this topic', endReason: 'error', ended: true },
      { status: 'waiting', errorMessage: null, endReason: 'interrupted', ended: false },
      { status: 'success', errorMessage: null, endReason: null, ended: true },
    ])
    const executionId = langGraphRuns.succeeded.run_id.replaceAll('-', '')
    expect((await traceOf(executionId)).execution).toMatchObject({
      durationMs: 124,
      conversationId: langGraphRuns.succeeded.thread_id,
      totals: { inputTokens: null, costNanoUsd: null },
    })
    expect(await post(`${source.sourceId}/wrong`, waiting)).toMatchObject({
      status: 401,
      body: { code: 'signature-refused' },
    })
    const again = await post(`${source.sourceId}/${secret}`, langGraphRuns.succeeded)
    expect(again.body).toMatchObject({ duplicate: true })
  })

  test('W3: both forms of n8n’s Error Trigger become failures with what is known, and no made-up duration', async () => {
    const { source, secret } = await make({ agents: { names: { Mailbox: 'mailbox' } } })
    const send = (body: unknown) => post(source.sourceId, body, { authorization: `Bearer ${secret}` })
    expect((await send([n8nErrors.ofExecution])).body).toMatchObject({ state: 'stored', executions: 1 })
    expect((await send(n8nErrors.ofTrigger)).body).toMatchObject({ state: 'stored', executions: 1 })
    const [failed] = await executionsOf('Example Workflow')
    expect(failed).toMatchObject({
      status: 'failure',
      endReason: 'node_error',
      errorMessage: 'Example Error Message',
      durationMs: null,
      endedAt: null,
    })
    const [trigger] = await executionsOf('mailbox')
    expect(trigger).toMatchObject({ endReason: 'trigger_error', errorType: 'WorkflowActivationError' })
    expect((await send({ hello: 'world' })).body).toMatchObject({ state: 'unmapped' })
  })

  test('W7 W8: an import makes the tree of the run data, with tokens, and goes on where it ended', async () => {
    n8n = await startN8nServer(apiKey)
    const made = await importing(n8n)
    const agent = made.source.agents.fallback ?? ''
    const startedMs = server.clock.now() - 60_000
    for (let id = 1; id <= 45; id++) n8n.put(n8nExecution(id, startedMs + id * 1_000 - 45_000))
    n8n.put(n8nExecution(46, startedMs, { status: 'running', finished: false, stoppedAt: null, data: null }))
    await server.newEvents()
    await server.settle()
    const all = await executionsOf(agent)
    expect(all).toHaveLength(46)
    expect(all.filter(({ status }) => status === 'running')).toHaveLength(1)
    expect(n8n.asked).toHaveLength(3)
    expect((await server.newEvents()).filter(({ type }) => type === 'webhooks.import.ended')).toMatchObject([
      { payload: { executions: 46, error: null } },
    ])
    const done = all.find(({ status }) => status === 'success')
    const { actions, execution } = await traceOf(done?.executionId ?? '')
    expect(execution).toMatchObject({
      durationMs: 4_000,
      totals: { actions: 5, llmCalls: 2, toolCalls: 1, actionErrors: 1, inputTokens: 150, outputTokens: 30 },
    })
    expect(execution.totals.costNanoUsd).toBeGreaterThan(0)
    const parent = actions.find(({ name }) => name === 'AI Agent')?.actionId
    const calls = actions.filter(({ kind: of }) => of === 'llm')
    expect(calls.map(({ model, provider, parentActionId }) => [model, provider, parentActionId])).toEqual([
      ['gpt-4o-mini', 'openai', parent],
      ['gpt-4o-mini', 'openai', parent],
    ])
    const detailOf = async (actionId: string | undefined) =>
      (await server.request('GET', `/api/v1/executions/${execution.executionId}/actions/${actionId}`)).body
    expect(await detailOf(calls[0]?.actionId)).not.toHaveProperty(['attributes', 'n8n.tokens.estimated'])
    expect(await detailOf(calls[1]?.actionId)).toHaveProperty(['attributes', 'n8n.tokens.estimated'], true)

    n8n.put(n8nExecution(46, startedMs))
    n8n.put(n8nExecution(47, startedMs + 1_000))
    server.clock.advance(5 * 60_000)
    await server.settle()
    expect((await executionsOf(agent)).map(({ status }) => status)).toEqual(all.map(() => 'success').concat('success'))
    expect(n8n.asked).toHaveLength(4)
    expect((await importNow(made)).body).toEqual({ executions: 0, actions: 0 })
  })

  test('W7: where n8n’s own spans are there, an import only adds the model calls below them', async () => {
    n8n = await startN8nServer(apiKey)
    const made = await importing(n8n)
    const startedMs = server.clock.now() - 30_000
    const executionId = 'c'.repeat(31) + kind.length
    const iso = (offsetMs: number) => new Date(startedMs + offsetMs).toISOString()
    const of = { executionId, agent: 'traced workflow', environment: 'staging' }
    const span = (n: number, name: string, offsetMs: number) => ({
      ...of,
      actionId: n.toString(16).padStart(16, '0'),
      kind: 'other',
      name: 'node.execute',
      startedAt: iso(offsetMs),
      endedAt: iso(offsetMs + 800),
      status: 'success',
      attributes: { 'n8n.node.name': name },
    })
    const run = { ...of, startedAt: iso(0), endedAt: iso(4_000), status: 'success' }
    const spans = [span(1, 'AI Agent', 50), span(2, 'OpenAI Chat Model', 100), span(3, 'OpenAI Chat Model', 2_000)]
    const body = { executions: [{ ...run, attributes: { 'n8n.execution.id': '900' } }], actions: spans }
    expect((await server.request('POST', '/api/v1/telemetry', { body })).status).toBe(200)
    n8n.put(n8nExecution(900, startedMs + 3))
    expect((await importNow(made)).body).toEqual({ executions: 1, actions: 2 })
    expect(await executionsOf(made.source.agents.fallback ?? '')).toEqual([])
    const { actions, execution } = await traceOf(executionId)
    expect(execution.totals).toMatchObject({ actions: 5, inputTokens: 150, outputTokens: 30, llmCalls: 2 })
    const calls = actions.filter(({ kind: of_ }) => of_ === 'llm')
    expect(calls.map(({ parentActionId }) => parentActionId)).toEqual(spans.slice(1).map(({ actionId }) => actionId))
  })

  test('W8: an Error Trigger makes its one execution be imported, and a failing import tells why', async () => {
    n8n = await startN8nServer(apiKey)
    const made = await importing(n8n)
    const agent = made.source.agents.fallback ?? ''
    const resultData = { error: { message: 'node failed', name: 'NodeOperationError' }, runData: {} }
    n8n.put(n8nExecution(231, server.clock.now() - 10_000, { status: 'error', finished: false, data: { resultData } }))
    const sent = await post(`${made.source.sourceId}/${made.secret}`, n8nErrors.ofExecution)
    expect(sent.body).toMatchObject({ state: 'stored', executions: 1 })
    expect(await executionsOf(agent)).toMatchObject([
      { status: 'failure', durationMs: 4_000, errorMessage: 'node failed', endReason: 'error' },
    ])
    const wrongKey = { baseUrl: n8n.url, apiKey: 'another' }
    await server.request('PATCH', `/api/v1/webhook-sources/${made.source.sourceId}`, { body: { importer: wrongKey } })
    expect(await importNow(made)).toMatchObject({ status: 422, body: { detail: expect.stringContaining('API key') } })
    await n8n.close()
    n8n = null
    expect(await importNow(made)).toMatchObject({ status: 422, body: { detail: expect.stringContaining('answer') } })
    const later = { ...n8nErrors.ofExecution, execution: { ...n8nErrors.ofExecution.execution, id: '232' } }
    const degraded = await post(`${made.source.sourceId}/${made.secret}`, later)
    expect(degraded.body).toMatchObject({ state: 'stored', executions: 1 })
  })
})
