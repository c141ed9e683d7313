import { gzipSync } from 'node:zlib'
import type {
  Action,
  ActionDetail,
  ActionReportInput,
  ExecutionDetail,
  ExecutionReportInput,
  Problem,
  TelemetryReceipt,
  Trace,
} from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../testkit/database.ts'
import { actionIdOf, actionReport, executionReport, freshExecutionId } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { createOrganization, issueApiKey } from '../../govern/identity/index.ts'

type Detail = z.infer<typeof ExecutionDetail>

describeOnStores('telemetry', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => {
    await server.close()
  })

  const post = async <Body = TelemetryReceipt>(body: unknown, headers: Record<string, string> = {}) =>
    await server.request<Body>('POST', '/api/v1/telemetry', { body, headers })
  const refusedAs = async (body: unknown, headers: Record<string, string> = {}) => {
    const { status, body: problem } = await post<Problem>(body, headers)
    return { status, code: problem.code, detail: problem.detail }
  }
  const send = async (executions: readonly ExecutionReportInput[], actions: readonly ActionReportInput[] = []) => {
    const reply = await post({ executions, actions })
    expect(reply.status).toBe(200)
    expect(reply.body.rejected).toEqual([])
    return reply.body
  }
  const detailOf = async (executionId: string) => {
    const { body } = await server.request<Detail>('GET', `/api/v1/executions/${executionId}`)
    return body
  }
  const actionOf = async (executionId: string, n: number) => {
    const path = `/api/v1/executions/${executionId}/actions/${actionIdOf(n)}`
    return (await server.request<z.infer<typeof ActionDetail>>('GET', path)).body
  }
  const traceOf = async (executionId: string) =>
    (await server.request<z.infer<typeof Trace>>('GET', `/api/v1/executions/${executionId}/trace`)).body
  /** Everything that the tables hold of an execution, as text, past row-level security. */
  const rawRowsOf = async (executionId: string) =>
    await server.testStore.owner.migrate(async (sql) => {
      await sql.exec('set local role none')
      const rows = await sql.query<{ row: string }>(
        `select to_jsonb(e)::text as row from agent_executions e where execution_id = $1
          union all select to_jsonb(l)::text from agent_execution_logs l where execution_id = $1`,
        [executionId],
      )
      return rows.map(({ row }) => row)
    })

  test('T1: what a reply counts as accepted is there, whole, in every read', async () => {
    const run = executionReport({ input: { question: 'why?' }, output: 'because', attributes: { tries: 2 } })
    const receipt = await send([run], [actionReport(run.executionId, 1, { input: ['a'], output: { b: null } })])
    expect(receipt).toEqual({
      accepted: { executions: 1, actions: 1 },
      duplicates: { executions: 0, actions: 0 },
      rejected: [],
    })
    expect(await detailOf(run.executionId)).toMatchObject({
      agent: 'support',
      environment: 'production',
      release: null,
      status: 'success',
      durationMs: 5_000,
      input: { question: 'why?' },
      output: 'because',
      attributes: { tries: 2 },
      masked: 0,
      totals: { actions: 1, llmCalls: 0, toolCalls: 1, inputTokens: null, costNanoUsd: null },
    })
    const trace = await traceOf(run.executionId)
    expect(trace.truncated).toBe(false)
    expect(trace.actions).toMatchObject([{ actionId: actionIdOf(1), kind: 'tool', durationMs: 1_000 }])
    expect(await actionOf(run.executionId, 1)).toMatchObject({ input: ['a'], output: { b: null }, attributes: {} })
  })

  test('T3: a batch that is sent again changes nothing, tells nothing and is answered as duplicates', async () => {
    const run = executionReport({ agent: 'repeater' })
    const batch = { executions: [run], actions: [actionReport(run.executionId, 1), actionReport(run.executionId, 2)] }
    await post(batch)
    const before = await rawRowsOf(run.executionId)
    await server.newEvents()
    expect((await post(batch)).body).toEqual({
      accepted: { executions: 0, actions: 0 },
      duplicates: { executions: 1, actions: 2 },
      rejected: [],
    })
    expect(await rawRowsOf(run.executionId)).toEqual(before)
    expect(await server.newEvents()).toEqual([])
  })

  test('T3: an action that comes twice in one batch is stored once', async () => {
    const executionId = freshExecutionId()
    const receipt = await send([], [actionReport(executionId, 1), actionReport(executionId, 1, { name: 'other' })])
    expect([receipt.accepted.actions, receipt.duplicates.actions]).toEqual([1, 1])
    expect((await traceOf(executionId)).actions.map(({ name }) => name)).toEqual(['search'])
  })

  test('T4: of a hundred actions with one bad id ninety-nine are stored, and the one is named', async () => {
    const executionId = freshExecutionId()
    const actions = Array.from({ length: 100 }, (_, n) => actionReport(executionId, n + 1))
    const bad = actions.map((action, n) => (n === 41 ? { ...action, actionId: 'not-hex' } : action))
    const { status, body } = await post({ actions: bad })
    expect(status).toBe(200)
    expect(body.accepted.actions).toBe(99)
    expect(body.rejected).toEqual([
      { list: 'actions', index: 41, path: 'actionId', detail: expect.stringContaining('hex') },
    ])
    expect((await traceOf(executionId)).actions).toHaveLength(99)
  })

  test('T4: every refused row is told with its list, its place and the path of what is wrong', async () => {
    const executionId = freshExecutionId()
    const { body } = await post({
      executions: [
        executionReport({ startedAt: '2019-12-31T23:59:59.999Z' }),
        executionReport(),
        { ...executionReport(), surprise: 1 },
        executionReport({ startedAt: '2026-01-06T00:00:00.001Z', endedAt: null, status: 'running' }),
      ],
      actions: [
        actionReport(executionId, 1, { usage: { inputTokens: -1 } }),
        actionReport(executionId, 2, { endedAt: '2026-01-04T10:00:00.999Z' }),
        actionReport(executionId, 3, { agent: '' }),
        null,
      ],
    })
    expect(body.accepted).toEqual({ executions: 1, actions: 0 })
    expect(body.rejected.map(({ list, index, path }) => [list, index, path])).toEqual([
      ['executions', 0, 'startedAt'],
      ['executions', 2, ''],
      ['executions', 3, 'startedAt'],
      ['actions', 0, 'usage.inputTokens'],
      ['actions', 1, 'endedAt'],
      ['actions', 2, 'agent'],
      ['actions', 3, ''],
    ])
  })

  test('a clock may be a day ahead and not a millisecond more', async () => {
    const ahead = { startedAt: '2026-01-06T00:00:00.000Z', endedAt: null, status: 'running' } as const
    expect((await send([executionReport(ahead)])).accepted.executions).toBe(1)
    const further = executionReport({ ...ahead, startedAt: '2026-01-06T00:00:00.001Z' })
    expect((await post({ executions: [further] })).body.rejected).toMatchObject([{ path: 'startedAt' }])
  })

  test('a batch whose rows lie on too many days is refused whole', async () => {
    const executions = Array.from({ length: 63 }, (_, day) => {
      const startedAt = new Date(Date.UTC(2025, 0, 1 + day)).toISOString()
      return executionReport({ startedAt, endedAt: startedAt })
    })
    expect(await refusedAs({ executions })).toMatchObject({ status: 422, code: 'too-many-partitions' })
    expect((await server.request('GET', `/api/v1/executions/${executions[0]?.executionId}`)).status).toBe(404)
  })

  test('a gzipped body is stored like a plain one', async () => {
    const run = executionReport()
    const body = gzipSync(JSON.stringify({ executions: [run] }))
    const reply = await post(new Uint8Array(body), { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    expect(reply.body.accepted.executions).toBe(1)
    expect((await detailOf(run.executionId)).executionId).toBe(run.executionId)
  })

  test('bodies that are too large, before or after inflation, are refused', async () => {
    const json = { 'content-type': 'application/json' }
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(64 * 1_048_576, ' ')))
    expect(bomb.length).toBeLessThan(100_000)
    expect(await refusedAs(bomb, { ...json, 'content-encoding': 'gzip' })).toMatchObject({
      status: 413,
      code: 'payload-too-large',
    })
    const announced = await fetch(`${server.url}/api/v1/telemetry`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${server.adminKey}` },
      body: new Uint8Array(16 * 1_048_576 + 1),
    })
    expect(announced.status).toBe(413)
    expect(announced.headers.get('connection')).toBe('close')
  })

  test('a body that streams past the limit without a length is refused', async () => {
    const chunk = new Uint8Array(1_048_576).fill(32)
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 1
        if (sent > 17) controller.close()
        else controller.enqueue(chunk)
      },
    })
    const reply = await fetch(`${server.url}/api/v1/telemetry`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${server.adminKey}` },
      body,
      duplex: 'half',
    })
    expect(reply.status).toBe(413)
  })

  test.each([
    ['a content type that is not JSON', '{}', { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
    ['no content type', new Uint8Array([123, 125]), {}, 415, 'unsupported-media-type'],
    [
      'an encoding that is not gzip',
      '{}',
      { 'content-type': 'application/json', 'content-encoding': 'br' },
      415,
      'unsupported-media-type',
    ],
    ['broken JSON', '{"executions":[', { 'content-type': 'application/json' }, 400, 'bad-request'],
    ['broken gzip', 'plain', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, 400, 'bad-request'],
    ['a list in place of a batch', '[]', { 'content-type': 'application/json' }, 400, 'invalid-body'],
    ['an unknown list', '{"runs":[]}', { 'content-type': 'application/json' }, 400, 'invalid-body'],
    ['actions that are no list', '{"actions":{}}', { 'content-type': 'application/json' }, 400, 'invalid-body'],
    [
      'more rows than a batch may have',
      { actions: Array.from({ length: 5_001 }, () => null) },
      {},
      400,
      'invalid-body',
    ],
  ])('%s is refused with what to do', async (_, body, headers, status, code) => {
    const refused = await refusedAs(body, headers)
    expect(refused).toMatchObject({ status, code })
    expect(refused.detail.length).toBeGreaterThan(10)
  })

  test('without a credential it is 401, without the scope it is 403', async () => {
    const body = { executions: [executionReport()] }
    const nobody = await server.request<Problem>('POST', '/api/v1/telemetry', { body, key: null })
    expect([nobody.status, nobody.body.code]).toEqual([401, 'not-authenticated'])
    expect(nobody.headers.get('www-authenticate')).toContain('Bearer')
    const key = await server.keyFor(['executions:read'])
    const reader = await server.request<Problem>('POST', '/api/v1/telemetry', { body, key })
    expect([reader.status, reader.body.code]).toEqual([403, 'not-allowed'])
  })

  test('a browser session is not believed from another site', async () => {
    const reply = await server.request<Problem>('POST', '/api/v1/telemetry', {
      body: {},
      key: null,
      headers: { cookie: 'metaagent_session=x', 'sec-fetch-site': 'cross-site' },
    })
    expect([reply.status, reply.body.code]).toEqual([403, 'csrf-refused'])
  })

  test('the hot path takes POST alone', async () => {
    expect((await server.request('GET', '/api/v1/telemetry')).status).toBe(405)
  })

  test('the first sight of an agent, environment and release registers them, and one event tells the batch', async () => {
    await server.newEvents()
    const run = executionReport({ agent: 'newcomer', environment: 'canary', release: 'v1' })
    const call = { kind: 'llm', provider: 'openai', model: 'gpt-4.1', usage: { inputTokens: 1_000, outputTokens: 100 } }
    const actions = [
      actionReport(run.executionId, 1, {
        ...call,
        kind: 'llm',
        agent: 'newcomer',
        environment: 'canary',
        release: 'v1',
        input: 'ghp_0123456789abcdefghijABCDEFGHIJ012345',
      }),
    ]
    await send([run], actions)
    const events = await server.newEvents()
    expect(events.map(({ type }) => type).sort()).toEqual([
      'registry.agent.registered',
      'registry.environment.registered',
      'registry.release.registered',
      'telemetry.batch.stored',
    ])
    const { agentId } = await detailOf(run.executionId)
    expect(events.find(({ type }) => type === 'telemetry.batch.stored')).toMatchObject({
      actor: { kind: 'system', id: 'telemetry' },
      payload: { executions: 1, actions: 1, agentIds: [agentId], masked: 1, costNanoUsd: 2_800_000 },
    })
    await send([executionReport({ agent: 'newcomer', environment: 'canary', release: 'v1' })])
    expect((await server.newEvents()).map(({ type }) => type)).toEqual(['telemetry.batch.stored'])
  })

  test('T2: a child before its root, an end before its start and actions across midnight make one execution', async () => {
    const executionId = freshExecutionId()
    const [late, early] = ['2026-01-04T00:00:01.000Z', '2026-01-03T23:59:59.000Z']
    await send([], [actionReport(executionId, 2, { parentActionId: actionIdOf(1), startedAt: late, endedAt: late })])
    expect((await detailOf(executionId)).status).toBe('running')
    const ended = { executionId, startedAt: early, endedAt: '2026-01-04T00:00:02.000Z' }
    await send([executionReport({ ...ended, output: 'done' })])
    await send([executionReport({ executionId, startedAt: early, endedAt: null, status: 'running', input: 'go' })])
    await send([], [actionReport(executionId, 1, { kind: 'agent', startedAt: early, endedAt: late })])
    expect(await detailOf(executionId)).toMatchObject({
      status: 'success',
      startedAt: early,
      durationMs: 3_000,
      input: 'go',
      output: 'done',
      totals: { actions: 2 },
    })
    expect((await traceOf(executionId)).actions.map((action: Action) => action.actionId)).toEqual([
      actionIdOf(1),
      actionIdOf(2),
    ])
    const rows = (await rawRowsOf(executionId)).map((row) => JSON.parse(row) as { action_id?: string })
    expect(rows.filter((row) => row.action_id === undefined)).toHaveLength(1)
  })

  test('T5: running, then waiting, then success; a late start cannot reopen it', async () => {
    const open = executionReport({ agent: 'asker', endedAt: null, status: 'running' })
    await send([open])
    expect(await detailOf(open.executionId)).toMatchObject({ status: 'running', endedAt: null, durationMs: null })
    await send([{ ...open, status: 'waiting' }])
    expect((await detailOf(open.executionId)).status).toBe('waiting')
    await send([{ ...open, status: 'success', endedAt: '2026-01-04T10:01:00.000Z' }])
    expect(await detailOf(open.executionId)).toMatchObject({ status: 'success', durationMs: 60_000 })
    const again = await send([open])
    expect(again.duplicates.executions).toBe(1)
    expect((await detailOf(open.executionId)).status).toBe('success')
  })

  test('T6: no known form of secret reaches the tables, wherever it was written', async () => {
    const token = 'ghp_0123456789abcdefghijABCDEFGHIJ012345'
    const awsKey = ['AKIA', 'Z7QJ5VXN2M4KLPRS'].join('')
    const run = executionReport({
      agent: 'leaker',
      status: 'failure',
      input: { headers: [`token ${token}`] },
      output: token,
      errorMessage: `denied for ${token}`,
      attributes: { auth: token },
    })
    const action = actionReport(run.executionId, 1, {
      input: `key ${token}`,
      output: { nested: { deep: [token] } },
      errorMessage: token,
      attributes: { auth: `id ${awsKey}` },
    })
    await send([run], [action])
    const raw = (await rawRowsOf(run.executionId)).join('\n')
    expect(raw).not.toContain(token)
    expect(raw).not.toContain(awsKey)
    const [execution, stored] = [await detailOf(run.executionId), await actionOf(run.executionId, 1)]
    expect([execution.masked, stored.masked]).toEqual([4, 4])
    expect(execution.input).toEqual({ headers: [expect.stringMatching(/^token \[masked:.+\]$/)] })
  })

  test('T6: personal data is masked, and contents that are switched off for an agent are counted, not stored', async () => {
    const change = { override: { storeOutputs: false }, reason: 'test' }
    await server.request('PUT', '/api/v1/masking/agents/discreet', { body: change })
    const input = 'mail ada@example.com'
    const run = executionReport({ agent: 'discreet', input, output: 'x' })
    const action = { agent: 'discreet', input, output: 'x', attributes: { 'output.value': 'x', n: 1 } }
    await server.newEvents()
    await send([run], [actionReport(run.executionId, 1, action)])
    const stored = await actionOf(run.executionId, 1)
    expect(stored).toMatchObject({ input: 'mail [masked:email]', output: null, attributes: { n: 1 }, masked: 1 })
    const told = (await server.newEvents()).find(({ type }) => type === 'telemetry.batch.stored')
    expect(told?.payload).toMatchObject({ masked: 2, withheld: 2 })
  })

  test('T9: a cost names the price that it was computed with; calls without a price are counted', async () => {
    const run = executionReport({ agent: 'spender' })
    const call = { kind: 'llm', provider: 'openai', usage: { inputTokens: 1_000, outputTokens: 100 } } as const
    await send(
      [run],
      [
        actionReport(run.executionId, 1, { ...call, model: 'gpt-4.1' }),
        actionReport(run.executionId, 2, { ...call, model: 'nobody-knows-this' }),
        actionReport(run.executionId, 3, { ...call, model: 'nobody-knows-this', reportedCostUsd: 0.25 }),
      ],
    )
    expect(await actionOf(run.executionId, 1)).toMatchObject({
      costNanoUsd: 2_800_000,
      costProvenance: { table: '@pydantic/genai-prices', row: 'openai/gpt-4.1', source: 'computed' },
    })
    expect(await actionOf(run.executionId, 2)).toMatchObject({ costNanoUsd: null, costProvenance: null })
    expect((await detailOf(run.executionId)).totals).toMatchObject({
      llmCalls: 3,
      costNanoUsd: 2_800_000,
      unpricedCalls: 2,
      reportedCostNanoUsd: 250_000_000,
    })
  })

  test('T9: a reported cost of 0 beside tokens is unknown', async () => {
    const run = executionReport({ agent: 'spender', reportedCostUsd: 0 })
    const usage = { inputTokens: 10, outputTokens: 1 }
    await send([run], [actionReport(run.executionId, 1, { kind: 'llm', usage, reportedCostUsd: 0 })])
    expect((await actionOf(run.executionId, 1)).reportedCostNanoUsd).toBeNull()
    expect((await detailOf(run.executionId)).totals).toMatchObject({ costNanoUsd: null, reportedCostNanoUsd: null })
  })

  test('T10: when a report names another agent, what was counted moves to it', async () => {
    const executionId = freshExecutionId()
    await send([], [actionReport(executionId, 1, { agent: 'first-guess', kind: 'tool' })])
    await send([executionReport({ executionId, agent: 'real-owner', release: 'v7' })])
    const sums = await server.deps.store.transaction({ organizationId: server.organizationId }, (tx) =>
      tx
        .tables<{
          agent_rollups: { grain: string; agent_id: string; successes: number; actions: number }
          agent_registry: { agent_id: string; name: string }
        }>()
        .selectFrom('agent_rollups as r')
        .innerJoin('agent_registry as a', 'a.agent_id', 'r.agent_id')
        .select(['a.name', 'r.successes', 'r.actions'])
        .where('r.grain', '=', 'minute')
        .where('a.name', 'in', ['first-guess', 'real-owner'])
        .execute(),
    )
    const of = (name: string, field: 'successes' | 'actions') =>
      sums.filter((row) => row.name === name).reduce((sum, row) => sum + Number(row[field]), 0)
    // The action names its agent itself; the run belongs to whom the report names.
    expect([of('first-guess', 'actions'), of('first-guess', 'successes')]).toEqual([1, 0])
    expect([of('real-owner', 'actions'), of('real-owner', 'successes')]).toEqual([0, 1])
    expect(await detailOf(executionId)).toMatchObject({ agent: 'real-owner', release: 'v7', totals: { actions: 1 } })
  })

  test('T14: another organization finds nothing, and the same ids are its own', async () => {
    const run = executionReport({ agent: 'private', input: 'ours' })
    await send([run], [actionReport(run.executionId, 1)])
    const actor = { kind: 'system', id: 'test' } as const
    const { organizationId } = await server.deps.store.transaction('deployment', (tx) =>
      createOrganization(server.deps, tx, { name: 'Others', adminEmail: 'a@example.org', adminName: null, actor }),
    )
    const { secret: key } = await server.deps.store.transaction({ organizationId }, (tx) =>
      issueApiKey(server.deps, tx, {
        name: 'other',
        scopes: ['executions:read', 'telemetry:write'],
        expiresAt: null,
        actor,
      }),
    )
    const path = `/api/v1/executions/${run.executionId}`
    for (const below of ['', '/trace', `/actions/${actionIdOf(1)}`])
      expect((await server.request('GET', path + below, { key })).status).toBe(404)
    expect((await server.request<{ items: unknown[] }>('GET', '/api/v1/executions', { key })).body.items).toEqual([])
    const body = { executions: [{ ...run, input: 'theirs' }], actions: [actionReport(run.executionId, 1)] }
    const reply = await server.request<TelemetryReceipt>('POST', '/api/v1/telemetry', { body, key })
    expect(reply.body.accepted).toEqual({ executions: 1, actions: 1 })
    expect((await server.request<Detail>('GET', path, { key })).body.input).toBe('theirs')
    expect((await detailOf(run.executionId)).input).toBe('ours')
  })
})
