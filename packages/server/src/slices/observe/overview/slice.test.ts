import type { Overview } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../testkit/database.ts'
import { actionReport, executionReport } from '../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'

describeOnStores('overview', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => await server.close())

  const read = async (query = '', key?: string) =>
    (await server.request<Overview>('GET', `/api/v1/overview${query}`, key === undefined ? {} : { key })).body
  /** Runs that end now, each with one model call that costs `inputTokens` · $2 per million. */
  const report = async (
    agent: string,
    status: 'success' | 'failure',
    times: number,
    release: string,
    inputTokens = 1_000,
  ) => {
    const endedAt = new Date(server.clock.now()).toISOString()
    const startedAt = new Date(server.clock.now() - 1_000).toISOString()
    const executions = Array.from({ length: times }, () =>
      executionReport({ agent, status, release, environment: 'production', startedAt, endedAt }),
    )
    const usage = { inputTokens, outputTokens: 0 }
    const call = { agent, kind: 'llm', name: 'answer', provider: 'openai', model: 'gpt-4.1', usage } as const
    const actions = executions.map(({ executionId }, index) =>
      actionReport(executionId, index + 1, { ...call, startedAt, endedAt }),
    )
    const sent = await server.request('POST', '/api/v1/telemetry', { body: { executions, actions } })
    expect(sent.status).toBe(200)
  }

  test('OV1, OV2: a release that breaks an agent shows as what burns, what changed and what followed', async () => {
    for (let hour = 0; hour < 9 * 24; hour += 12) {
      await report('claims', 'success', 10, 'v1')
      server.clock.advance(12 * 3_600_000)
    }
    await server.settle()
    const calm = await read()
    expect(calm.fleet.states).toMatchObject({ healthy: 1, failing: 0 })
    expect([calm.burning, calm.fleet.worst]).toEqual([[], []])
    await report('claims', 'failure', 30, 'v2', 400_000)
    server.clock.advance(60_000)
    await server.settle()
    const overview = await read()
    const [worst] = overview.fleet.worst
    expect(worst).toMatchObject({ agent: 'claims', state: 'failing' })
    const kinds = overview.burning.map(({ kind: of }) => of)
    expect(kinds).toContain('health')
    expect(kinds).toContain('cost')
    for (const { because, link } of overview.burning) {
      expect(because.text).not.toBe('')
      expect(link).toMatch(/^\//)
    }
    const release = overview.changes.find(({ kind: of }) => of === 'release')
    expect(release).toMatchObject({ title: 'Release v2 of claims ran for the first time', agent: 'claims' })
    expect(release?.effect).toMatchObject({ verdict: 'worse', after: { executions: 30, successRate: 0 } })
    expect(release?.effect?.before.from).toBeDefined()
    const hour = await read('?window=1h')
    expect(hour.changes.map(({ kind: of }) => of)).toContain('release')
    server.clock.advance(2 * 3_600_000)
    expect((await read('?window=1h')).changes).toEqual([])
    expect((await server.request('GET', '/api/v1/overview?window=30d')).status).toBe(400)
  })

  test('OV1: a firing alert and a broken promise burn, and a changed rule is a change', async () => {
    const condition = { kind: 'figure', figure: 'failureRate', operator: '>=', threshold: 0.5, window: '24h' }
    const rule = { name: 'half fail', condition, scope: { agents: ['claims'] }, severity: 'critical' }
    expect((await server.request('POST', '/api/v1/alert-rules', { body: rule })).status).toBe(201)
    const sla = { name: 'claims succeed', indicator: { kind: 'success' }, window: { kind: 'rolling', days: 1 } }
    expect((await server.request('POST', '/api/v1/slas', { body: sla })).status).toBe(201)
    for (let turn = 0; turn < 4; turn++) {
      server.clock.advance(15_000)
      await server.settle()
    }
    const { burning, changes } = await read()
    expect(burning.find(({ kind: of }) => of === 'alert')).toMatchObject({ severity: 'critical', title: 'half fail' })
    expect(burning.find(({ kind: of }) => of === 'budget')).toMatchObject({ title: 'claims succeed: promise broken' })
    expect(changes.map(({ title }) => title)).toContain('The alert rule half fail was made')
    expect(changes.map(({ title }) => title)).toContain('The service level claims succeed was promised')
  })

  test('OV3: without the scopes for them alerts and changes are withheld, and it is said', async () => {
    const overview = await read('', await server.keyFor(['fleet:read']))
    expect(overview.withheld).toEqual(['alerts:read', 'journal:read'])
    expect(overview.changes).toEqual([])
    expect(overview.burning.map(({ kind: of }) => of)).not.toContain('alert')
    expect(overview.fleet.worst.map(({ agent }) => agent)).toEqual(['claims'])
    expect((await read()).withheld).toEqual([])
  })

  test('OV4: an open stream shows an agent that begins to fail', async () => {
    const abort = new AbortController()
    const stream = await fetch(`${server.url}/api/v1/overview/stream`, {
      headers: { authorization: `Bearer ${await server.keyFor('viewer')}` },
      signal: abort.signal,
    })
    expect(stream.status).toBe(200)
    const next = overviewReader(stream)
    expect((await next()).fleet.worst.map(({ agent }) => agent)).not.toContain('other')
    const ticking = setInterval(() => server.clock.advance(50), 5)
    await report('other', 'failure', 20, 'v1')
    let agents: readonly string[] = []
    while (!agents.includes('other')) agents = (await next()).fleet.worst.map(({ agent }) => agent)
    clearInterval(ticking)
    abort.abort()
  })
})

/** Reads the `overview` events of a stream, one a call. */
function overviewReader(stream: Response): () => Promise<Overview> {
  if (stream.body === null) throw new Error('no stream')
  const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader()
  let buffer = ''
  return async () => {
    for (;;) {
      const end = buffer.indexOf('\n\n')
      if (end < 0) {
        const { value, done } = await reader.read()
        if (done) throw new Error('the stream ended')
        buffer += value
        continue
      }
      const data = /^data: (.*)$/m.exec(buffer.slice(0, end))?.[1]
      buffer = buffer.slice(end + 2)
      if (data !== undefined) return JSON.parse(data) as Overview
    }
  }
}
