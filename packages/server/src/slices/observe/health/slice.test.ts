import type { AgentHealth, FleetGroups, FleetHealth, FleetTotals, HealthSeries } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'

let nextId = 0

/** Reports of finished runs, ended at the test clock's now, one action each. */
function runsOf(server: TestServer, agent: string, outcomes: readonly ('success' | 'failure')[], durationMs = 1_000) {
  const endedAt = new Date(server.clock.now()).toISOString()
  const startedAt = new Date(server.clock.now() - durationMs).toISOString()
  const executions = outcomes.map((status) => ({
    executionId: (++nextId).toString(16).padStart(32, '0'),
    agent,
    startedAt,
    endedAt,
    status,
  }))
  const actions = executions.map(({ executionId }) => ({
    executionId,
    actionId: executionId.slice(16),
    agent,
    kind: 'llm',
    name: 'answer',
    provider: 'openai',
    model: 'gpt-4.1',
    usage: { inputTokens: 1_000, outputTokens: 100 },
    startedAt,
    endedAt,
    status: 'success',
  }))
  return { executions, actions }
}

async function report(
  server: TestServer,
  agent: string,
  outcomes: readonly ('success' | 'failure')[],
  durationMs?: number,
) {
  const reply = await server.request('POST', '/api/v1/telemetry', { body: runsOf(server, agent, outcomes, durationMs) })
  expect(reply.status).toBe(200)
}

async function healthOf(server: TestServer, agent: string, window = '24h'): Promise<AgentHealth> {
  const { body } = await server.request<FleetHealth>('GET', `/api/v1/fleet/health?window=${window}`)
  const found = body.agents.find((one) => one.agent === agent)
  if (found === undefined) throw new Error(`no agent ${agent} in the fleet`)
  return found
}

const times = (count: number, status: 'success' | 'failure') => Array.from({ length: count }, () => status)

describeOnStores('health', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind)
  })

  afterAll(async () => {
    await server.close()
  })

  test('what was reported shows at once, judged and explained', async () => {
    await report(server, 'support', [...times(20, 'failure'), ...times(20, 'success')], 12_000)
    const health = await healthOf(server, 'support')
    expect(health.state).toBe('failing')
    expect(health.figures).toMatchObject({
      executions: 40,
      successes: 20,
      successRate: 0.5,
      actions: 40,
      inputTokens: 40_000,
    })
    expect(Math.abs((health.figures.latencyP95Ms ?? 0) - 12_000) / 12_000).toBeLessThanOrEqual(0.0101)
    expect(health.because.map(({ rule }) => rule)).toEqual([
      'success-proven-under-floor',
      'score-success',
      'score-latency',
      'score-cost',
    ])
    // gpt-4.1: $2 per million tokens in, $8 out.
    expect(health.figures.costNanoUsd).toBe(40 * (1_000 * 2_000 + 100 * 8_000))
    expect(health.figures.costPerSuccessNanoUsd).toBe(2 * (1_000 * 2_000 + 100 * 8_000))
  })

  test('H5: windows end where they say, to the minute', async () => {
    await report(server, 'windowed', times(3, 'success'))
    server.clock.advance(4 * 60_000)
    await report(server, 'windowed', times(2, 'success'))
    expect((await healthOf(server, 'windowed', '5m')).figures.executions).toBe(5)
    server.clock.advance(60_000)
    expect((await healthOf(server, 'windowed', '5m')).figures.executions).toBe(2)
    server.clock.advance(55 * 60_000)
    expect((await healthOf(server, 'windowed', '1h')).figures.executions).toBe(2)
    expect((await healthOf(server, 'windowed', '24h')).figures.executions).toBe(5)
    server.clock.advance(40 * 86_400_000)
    expect((await healthOf(server, 'windowed', '30d')).figures.executions).toBe(0)
    expect((await healthOf(server, 'windowed', 'all')).figures.executions).toBe(5)
  })

  test('H6: a state change is journaled once, and closed windows once, however often the job runs', async () => {
    await report(server, 'told', times(10, 'failure'))
    await server.settle()
    await server.settle()
    const agentId = (await healthOf(server, 'told')).agentId
    const changes = await eventsAbout(server, agentId, 'health.state.changed')
    expect(changes).toHaveLength(1)
    expect(changes[0]?.payload).toMatchObject({ from: 'unknown', to: 'failing' })
    server.clock.advance(10 * 60_000)
    await server.settle()
    await server.settle()
    const windows = await eventsAbout(server, agentId, 'processing_metrics')
    expect(windows).toHaveLength(1)
    expect(windows[0]?.payload).toMatchObject({ executions: 10, successRate: 0, window: '5m' })
  })

  test('a series covers all that the agent has, with gaps as empty steps', async () => {
    await report(server, 'charted', times(2, 'success'))
    server.clock.advance(3 * 60_000)
    await report(server, 'charted', times(1, 'failure'))
    const { agentId } = await healthOf(server, 'charted')
    const { body } = await server.request<z.infer<typeof HealthSeries>>(
      'GET',
      `/api/v1/agents/${agentId}/health/series`,
    )
    expect(body.stepSeconds).toBe(60)
    expect(body.points.map(({ figures }) => figures.executions)).toEqual([2, 0, 0, 1])
    expect(body.points[1]?.figures.successRate).toBeNull()
  })

  test('one agent is judged alone, and an unknown one is refused with a hint', async () => {
    await report(server, 'alone', times(5, 'success'))
    const { agentId } = await healthOf(server, 'alone')
    const one = await server.request<AgentHealth>('GET', `/api/v1/agents/${agentId}/health?window=1h`)
    expect(one.body).toMatchObject({ agent: 'alone', window: '1h', figures: { executions: 5 } })
    const none = await server.request<{ code: string }>(
      'GET',
      '/api/v1/agents/01900000-0000-7000-8000-000000000000/health',
    )
    expect([none.status, none.body.code]).toEqual([404, 'not-found'])
    const release = await server.request<{ code: string }>('GET', `/api/v1/agents/${agentId}/health?release=none`)
    expect([release.status, release.body.code]).toEqual([404, 'not-found'])
  })

  test('H7: an open stream shows a commit and the totals with it, and a viewer may watch', async () => {
    await report(server, 'watched', times(4, 'success'))
    const watcher = await openStream(server, await server.keyFor('viewer'))
    expect((await watcher.next('fleet')).agents.map(({ agent }) => agent)).toContain('watched')
    await report(server, 'watched', times(1, 'failure'))
    await watcher.until(server, ({ agent, figures }) => agent === 'watched' && figures.executions === 5)
    const { totals } = await watcher.next<FleetTotals>('totals')
    const { body: fleet } = await server.request<FleetHealth>('GET', '/api/v1/fleet/health?window=24h')
    expect(totals).toEqual(fleet.totals)
    await watcher.close()
  })

  test('H8: domains and environments are the sums of their agents, kept with them, and each change is journaled once', async () => {
    await report(server, 'grouped', times(12, 'failure'))
    const { agentId } = await healthOf(server, 'grouped')
    const moved = await server.request('PATCH', `/api/v1/agents/${agentId}`, { body: { domain: 'claims' } })
    expect(moved.status).toBe(200)
    const groups = async () => (await server.request<FleetGroups>('GET', '/api/v1/fleet/groups')).body
    const claims = (await groups()).domains.find(({ name }) => name === 'claims')
    expect(claims).toMatchObject({ state: 'failing', agents: 1, figures: { executions: 12, failures: 12 } })
    expect(claims?.because[0]).toMatchObject({ rule: 'worst-agent', observed: 'grouped' })
    const all = (await groups()).environments.reduce((sum, { figures }) => sum + figures.executions, 0)
    const fleet = await server.request<FleetHealth>('GET', '/api/v1/fleet/health')
    expect(all).toBe(fleet.body.totals.executions)
    await server.settle()
    await server.settle()
    const told = await groupEvents(server, 'domain/claims')
    expect(told).toMatchObject([{ payload: { kind: 'domain', name: 'claims', from: 'unknown', to: 'failing' } }])
    // Nobody belongs to it any more: it is forgotten, and is told anew when it comes back.
    await server.request('PATCH', `/api/v1/agents/${agentId}`, { body: { domain: 'general' } })
    await server.settle()
    expect((await groups()).domains.map(({ name }) => name)).not.toContain('claims')
    await server.request('PATCH', `/api/v1/agents/${agentId}`, { body: { domain: 'claims' } })
    await server.settle()
    expect(await groupEvents(server, 'domain/claims')).toHaveLength(2)
  })

  test('H8: an open stream shows the domain and the environment of a commit with its agent', async () => {
    await report(server, 'streamed', times(3, 'success'))
    const watcher = await openStream(server, await server.keyFor('viewer'))
    const countOf = ({ environments }: FleetGroups) =>
      environments.reduce((sum, { figures }) => sum + figures.executions, 0)
    const before = countOf(await watcher.next<FleetGroups>('groups'))
    await report(server, 'streamed', times(1, 'success'))
    const after = await watcher.ticking(server, () => watcher.next<FleetGroups>('groups'))
    expect(countOf(after)).toBe(before + 1)
    await watcher.close()
  })

  test('a stream without a credential is refused as a problem document', async () => {
    const refused = await server.request<{ code: string }>('GET', '/api/v1/fleet/stream', { key: null })
    expect([refused.status, refused.body.code]).toEqual([401, 'not-authenticated'])
  })
})

async function eventsAbout(server: TestServer, agentId: string, type: string) {
  const { body } = await server.request<{ items: { type: string; subject: string; payload: unknown }[] }>(
    'GET',
    `/api/v1/journal/events?type=${type}&subject=${encodeURIComponent(`agent/${agentId}`)}`,
  )
  return body.items
}

async function groupEvents(server: TestServer, subject: string) {
  const { body } = await server.request<{ items: { payload: unknown }[] }>(
    'GET',
    `/api/v1/journal/events?type=health.group.changed&subject=${encodeURIComponent(subject)}`,
  )
  return body.items
}

interface OpenStream {
  next<Data = FleetHealth>(event: string): Promise<Data>
  /** Moves the time while something is awaited: the hint comes from the database, then the feed settles and reads. */
  ticking<T>(of: TestServer, wait: () => Promise<T>): Promise<T>
  until(server: TestServer, matches: (health: AgentHealth) => boolean): Promise<void>
  close(): Promise<void>
}

/** Reads server-sent events off the wire as a browser would. */
async function openStream(server: TestServer, key: string): Promise<OpenStream> {
  const abort = new AbortController()
  const response = await fetch(`${server.url}/api/v1/fleet/stream?window=24h`, {
    headers: { authorization: `Bearer ${key}` },
    signal: abort.signal,
  })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  if (response.body === null) throw new Error('no stream')
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let buffer = ''
  const readEvent = async (): Promise<{ event: string; data: unknown }> => {
    for (;;) {
      const end = buffer.indexOf('\n\n')
      if (end >= 0) {
        const text = buffer.slice(0, end)
        buffer = buffer.slice(end + 2)
        const event = /^event: (.*)$/m.exec(text)?.[1]
        const data = /^data: (.*)$/m.exec(text)?.[1]
        if (event !== undefined && data !== undefined) return { event, data: JSON.parse(data) }
        continue
      }
      const { value, done } = await reader.read()
      if (done) throw new Error('the stream ended')
      buffer += value
    }
  }
  const ticking: OpenStream['ticking'] = async (of, wait) => {
    const timer = setInterval(() => of.clock.advance(50), 5)
    try {
      return await wait()
    } finally {
      clearInterval(timer)
    }
  }
  return {
    ticking,
    next: async <Data>(wanted: string) => {
      for (;;) {
        const { event, data } = await readEvent()
        if (event === wanted) return data as Data
      }
    },
    until: (of, matches) =>
      ticking(of, async () => {
        for (;;) {
          const { event, data } = await readEvent()
          const told = event === 'agent' ? [data as AgentHealth] : event === 'fleet' ? (data as FleetHealth).agents : []
          if (told.some(matches)) return
        }
      }),
    close: async () => {
      abort.abort()
      await reader.cancel().catch(() => {})
    },
  }
}
