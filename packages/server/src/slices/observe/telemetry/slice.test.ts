import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'

describeOnStores('telemetry', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => {
    await server.close()
  })

  test('smoke', async () => {
    const executionId = 'a'.repeat(31) + '1'
    const reply = await server.request('POST', '/api/v1/telemetry', {
      body: {
        executions: [
          {
            executionId,
            agent: 'support',
            release: 'v1',
            startedAt: '2026-01-04T10:00:00.000Z',
            endedAt: '2026-01-04T10:00:05.000Z',
            status: 'success',
          },
        ],
        actions: [
          {
            executionId,
            actionId: '00000000000000a1',
            agent: 'support',
            release: 'v1',
            kind: 'llm',
            name: 'chat',
            startedAt: '2026-01-04T10:00:00.000Z',
            endedAt: '2026-01-04T10:00:02.000Z',
            status: 'success',
            provider: 'openai',
            model: 'gpt-4.1',
            usage: { inputTokens: 1000, outputTokens: 100 },
            input: { q: 'my token ghp_0123456789abcdefghijABCDEFGHIJ012345' },
          },
        ],
      },
    })
    console.log(server.log.lines.filter((l) => l.level === 'error' || l.level === 'warn'))
    console.log(JSON.stringify(reply.body))
    expect(reply.status).toBe(200)
    const list = await server.request('GET', '/api/v1/executions')
    console.log(JSON.stringify(list.body))
    const trace = await server.request('GET', `/api/v1/executions/${executionId}/trace`)
    console.log(JSON.stringify(trace.body))
    const a = await server.request('GET', `/api/v1/executions/${executionId}/actions/00000000000000a1`)
    console.log(JSON.stringify(a.body))
    console.log((await server.newEvents()).map((e) => [e.type, JSON.stringify(e.payload)]))
    console.log(JSON.stringify((await server.request('GET', '/api/v1/fleet/health')).body).slice(0, 1500))
  })
})
