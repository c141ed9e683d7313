import type { BlastRadius, Dependency, DependencyGraph } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'

let nextId = 0

/** A run of `front`, in which it calls `back` if `calls`, which uses a tool and a model. */
async function report(server: TestServer, calls: boolean, change: object = {}) {
  const executionId = (++nextId).toString(16).padStart(32, '0')
  const ms = server.clock.now() - 5_000
  const times = { startedAt: new Date(ms).toISOString(), endedAt: new Date(ms + 1_000).toISOString() }
  const step = (n: number, more: object) => ({
    executionId,
    actionId: n.toString(16).padStart(16, '0'),
    ...times,
    status: 'success',
    ...more,
  })
  const called = [
    step(2, { agent: 'back', kind: 'tool', name: 'search', parentActionId: '0000000000000001' }),
    step(3, {
      agent: 'back',
      kind: 'llm',
      name: 'chat',
      model: 'gpt-4.1',
      provider: 'openai',
      parentActionId: '0000000000000001',
    }),
  ]
  const body = {
    executions: [{ executionId, agent: 'front', status: 'success', ...times, ...change }],
    actions: [step(1, { agent: 'front', kind: 'other', name: 'route' }), ...(calls ? called : [])],
  }
  for (let again = 0; again < 2; again++) {
    const reply = await server.request('POST', '/api/v1/telemetry', { body })
    expect(reply.status).toBe(200)
    await server.settle()
  }
}

const graph = async (server: TestServer, query = '') =>
  (await server.request<DependencyGraph>('GET', `/api/v1/dependencies${query}`)).body

describeOnStores('dependencies', (kind) => {
  let server: TestServer
  let front = ''
  let back = ''
  beforeAll(async () => {
    server = await startTestServer(kind)
    await server.newEvents()
    await report(server, true)
    await report(server, false)
    await report(server, true, { synthetic: true })
    const { nodes } = await graph(server)
    front = nodes.find(({ name }) => name === 'front')?.target ?? ''
    back = nodes.find(({ name }) => name === 'back')?.target ?? ''
  })
  afterAll(async () => await server.close())

  test('DP1: what traces show is the graph, each edge learnt with one event', async () => {
    const { edges, nodes } = await graph(server)
    expect(nodes.map(({ kind: of, name }) => `${of} ${name}`).toSorted()).toEqual([
      'agent back',
      'agent front',
      'model gpt-4.1',
      'provider openai',
      'tool search',
    ])
    const learned = (await server.newEvents()).filter(({ type }) => type === 'registry.dependency.learned')
    expect(learned).toHaveLength(edges.length)
  })

  test('DP2: a run counts once, however often it is sent, and a synthetic one not at all', async () => {
    const { edges } = await graph(server)
    const toBack = edges.find(({ agentId, target }) => agentId === front && target === back)
    expect(toBack).toMatchObject({ executions: 1, calls: 2, errors: 0, share: 0.5, source: 'learned' })
  })

  test('DP4: a model that fails affects its callers and theirs, unless the edge is hidden', async () => {
    const radius = async () =>
      (await server.request<BlastRadius>('GET', '/api/v1/blast-radius?kind=model&target=gpt-4.1')).body.affected
    expect(await radius()).toMatchObject([
      { agent: 'back', distance: 1, share: 1, executions: 1 },
      { agent: 'front', distance: 2, share: 0.5, executions: 1, path: [front, back] },
    ])
    const hide = (hidden: boolean) =>
      server.request('PUT', `/api/v1/agents/${front}/dependencies`, { body: { kind: 'agent', target: back, hidden } })
    expect((await hide(true)).status).toBe(200)
    expect((await radius()).map(({ agent }) => agent)).toEqual(['back'])
    expect((await graph(server)).edges.some(({ agentId, target }) => agentId === front && target === back)).toBe(false)
    expect((await graph(server, '?hidden=true')).edges.some(({ hidden }) => hidden)).toBe(true)
    expect((await hide(false)).status).toBe(200)
    const removed = await server.request<{ code: string }>('POST', `/api/v1/agents/${front}/dependencies/removals`, {
      body: { kind: 'agent', target: back },
    })
    expect([removed.status, removed.body.code]).toEqual([409, 'conflict'])
  })

  test('DP5: writing down, saying it again and removing journal one change each, and none', async () => {
    const path = `/api/v1/agents/${back}/dependencies`
    const body = { kind: 'tool', target: 'mainframe', note: 'nightly' }
    await server.newEvents()
    const written = await server.request<Dependency>('PUT', path, { body })
    expect(written.body).toMatchObject({ source: 'manual', share: null, note: 'nightly', lastSeenAt: null })
    await server.request('PUT', path, { body })
    expect((await server.newEvents()).map(({ type }) => type)).toEqual(['registry.dependency.changed'])
    const remove = () => server.request('POST', `${path}/removals`, { body: { kind: 'tool', target: 'mainframe' } })
    expect((await remove()).status).toBe(204)
    expect((await server.newEvents()).map(({ type }) => type)).toEqual(['registry.dependency.removed'])
    expect((await remove()).status).toBe(404)
    for (const target of [back, 'nobody', '01900000-0000-7000-8000-0000000000ff'])
      expect((await server.request('PUT', path, { body: { kind: 'agent', target } })).status).toBe(400)
    expect(await server.newEvents()).toEqual([])
  })
})
