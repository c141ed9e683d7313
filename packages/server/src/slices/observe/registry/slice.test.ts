import type { Agent, JournalEvent, Problem, Release } from '@metaagent/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createStoreLeases } from '../../../adapters/leases/store-leases.ts'
import { openPostgres } from '../../../adapters/postgres/postgres-store.ts'
import { compose } from '../../../app/compose.ts'
import { addMs } from '../../../kernel/instant.ts'
import type { Deps } from '../../../ports/slice.ts'
import { accessCases, wrongCases } from '../../../testkit/access-matrix.ts'
import { describeOnStores } from '../../../testkit/database.ts'
import { MemoryLog } from '../../../testkit/memory-log.ts'
import { startPeopleServer } from '../../../testkit/people-server.ts'
import { seededIds } from '../../../testkit/seeded-ids.ts'
import { seededRandom } from '../../../testkit/seeded-random.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { createOrganization, identitySlice, issueApiKey } from '../../govern/identity/index.ts'
import { ensureSeen, registrySlice, type Sighting } from './index.ts'

interface List<Item> {
  readonly items: readonly Item[]
  readonly nextCursor: string | null
}

/** Another process of the same deployment; on the embedded store there is none, and it is the first one again. */
interface Peer {
  readonly url: string
  readonly deps: Deps
  close(): Promise<void>
}

async function startPeer(server: TestServer, kind: string): Promise<Peer> {
  if (kind === 'pglite') return { url: server.url, deps: server.deps, close: async () => {} }
  const log = new MemoryLog()
  const store = await openPostgres({ connectionString: server.testStore.location, log })
  const composed = await compose({
    store,
    clock: server.clock,
    ids: seededIds(server.clock, 2),
    random: seededRandom(2),
    log,
    secrets: server.deps.secrets,
    settings: server.deps.settings,
    leases: createStoreLeases(store),
    notifier: server.deps.notifier,
    anchoring: server.deps.anchoring,
    rateLimit: { enabled: false, apiPerMinute: 1, ingestPerMinute: 1 },
    dashboardDir: null,
  })
  const url = await composed.shell.listen('127.0.0.1', 0)
  const close = async () => {
    await composed.close()
    await store.close()
  }
  return { url, deps: composed.deps, close }
}

interface Run {
  readonly agent: string
  readonly environment?: string
  readonly release?: string
  readonly model?: string
  /** When it began, from the clock's now on; it lasted no time. */
  readonly offsetMs?: number
}

let lastId = 0

describeOnStores('registry', (kind) => {
  let server: TestServer
  let peer: Peer

  beforeAll(async () => {
    server = await startTestServer(kind)
    peer = await startPeer(server, kind)
  })
  afterAll(async () => {
    await peer.close()
    await server.close()
  })
  beforeEach(async () => {
    await server.newEvents()
  })

  /** Reports finished runs with one model call each, as an agent would. */
  const bodyOf = (runs: readonly Run[]) => {
    const rows = runs.map(({ model, offsetMs = 0, ...run }) => {
      const executionId = (++lastId).toString(16).padStart(32, '0')
      const startedAt = new Date(addMs(server.clock.now(), offsetMs)).toISOString()
      const execution = { ...run, executionId, startedAt, endedAt: startedAt, status: 'success' }
      const action = { ...execution, actionId: executionId.slice(16), kind: 'llm', name: 'answer' }
      return { execution, action: model === undefined ? action : { ...action, model } }
    })
    return { executions: rows.map(({ execution }) => execution), actions: rows.map(({ action }) => action) }
  }
  const send = async (body: unknown, url = server.url, key = server.adminKey) => {
    const response = await fetch(`${url}/api/v1/telemetry`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('"rejected":[]')])
  }
  const report = async (...runs: readonly Run[]) => await send(bodyOf(runs))
  const get = async <Body>(path: string, key?: string) =>
    (await server.request<Body>('GET', path, key === undefined ? {} : { key })).body
  const agentNamed = async (name: string, key?: string): Promise<Agent> => {
    const { items } = await get<List<Agent>>(`/api/v1/agents?q=${encodeURIComponent(name)}`, key)
    const found = items.find((agent) => agent.name === name)
    if (found === undefined) throw new Error(`no agent ${name}`)
    return found
  }
  const releasesOf = async ({ agentId }: Agent) =>
    (await get<List<Release>>(`/api/v1/agents/${agentId}/releases`)).items
  const patch = async <Body = Agent>(agentId: string, body: unknown, key?: string) =>
    await server.request<Body>('PATCH', `/api/v1/agents/${agentId}`, { body, ...(key === undefined ? {} : { key }) })
  const registryEvents = async () => (await server.newEvents()).filter(({ type }) => type.startsWith('registry.'))
  const namesOf = (events: readonly JournalEvent[], type: string) =>
    events
      .filter((event) => event.type === `registry.${type}.registered`)
      .map(({ payload }) => (payload as { name: string }).name)
      .sort()
  const inTransaction = async <T>(deps: Deps, sightings: readonly Sighting[], then: () => Promise<T>) =>
    await deps.store.transaction({ organizationId: server.organizationId }, async (tx) => {
      const ids = await ensureSeen(deps, tx, sightings)
      await then()
      return ids
    })
  const sighted = (agent: string, release: string | null = null, environment = 'production'): Sighting => ({
    agent,
    environment,
    release,
    at: server.clock.now(),
  })

  test('what reports for the first time is registered, with an event each', async () => {
    await report({ agent: 'newcomer', environment: 'lab', release: 'v1', model: 'gpt-4.1' })
    const agent = await agentNamed('newcomer')
    const now = new Date(server.clock.now()).toISOString()
    expect(agent).toEqual({
      agentId: agent.agentId,
      name: 'newcomer',
      domain: 'general',
      owner: null,
      description: null,
      firstSeenAt: now,
      lastSeenAt: now,
      archivedAt: null,
      pausedAt: null,
      pausedBecause: null,
    })
    const [release, ...others] = await releasesOf(agent)
    expect(others).toEqual([])
    expect(release).toEqual({
      releaseId: release?.releaseId,
      agentId: agent.agentId,
      name: 'v1',
      models: ['gpt-4.1'],
      firstSeenAt: now,
      lastSeenAt: now,
      executionCount: 1,
    })
    const environments = (await get<List<{ name: string }>>('/api/v1/environments')).items
    expect(environments).toContainEqual({ name: 'lab', firstSeenAt: now })
    expect(await get(`/api/v1/agents/${agent.agentId}`)).toEqual(agent)
    const actor = { kind: 'system', id: 'registry' }
    expect(
      (await registryEvents()).map(({ type, subject, actor: by, payload }) => [type, subject, by, payload]),
    ).toEqual([
      [
        'registry.agent.registered',
        `agent/${agent.agentId}`,
        actor,
        { agentId: agent.agentId, name: 'newcomer', domain: 'general' },
      ],
      ['registry.environment.registered', 'environment/lab', actor, { name: 'lab' }],
      [
        'registry.release.registered',
        `release/${release?.releaseId}`,
        actor,
        { agentId: agent.agentId, releaseId: release?.releaseId, name: 'v1' },
      ],
    ])
  })

  test('RG1: what was seen before is registered no more, whichever process sees it', async () => {
    await report({ agent: 'regular', environment: 'lab', release: 'v1' })
    const agent = await agentNamed('regular')
    await server.newEvents()
    await report({ agent: 'regular', environment: 'lab', release: 'v1' }, { agent: 'regular', environment: 'lab' })
    await send(bodyOf([{ agent: 'regular', environment: 'lab', release: 'v1' }]), peer.url)
    expect(await registryEvents()).toEqual([])
    expect((await agentNamed('regular')).agentId).toBe(agent.agentId)
    expect(await releasesOf(agent)).toHaveLength(1)
  })

  test('RG1: many batches with the same new names at once, into every process, register each once', async () => {
    const agents = Array.from({ length: 12 }, (_, index) => `crowd-${index}`)
    const batches = Array.from({ length: 16 }, (_, at) => {
      const runs = agents.flatMap((agent) =>
        ['v1', 'v2'].map((release) => ({ agent, release, environment: 'crowded' })),
      )
      return { body: bodyOf(at % 2 === 0 ? runs : runs.toReversed()), url: at % 4 < 2 ? server.url : peer.url }
    })
    await Promise.all(batches.map(({ body, url }) => send(body, url)))
    const events = await registryEvents()
    expect(namesOf(events, 'agent')).toEqual([...agents].sort())
    expect(namesOf(events, 'environment')).toEqual(['crowded'])
    expect(namesOf(events, 'release')).toEqual(agents.flatMap(() => 'v1').concat(agents.map(() => 'v2')))
    const listed = (await get<List<Agent>>('/api/v1/agents?q=crowd-&limit=200')).items
    expect(listed.map(({ name }) => name)).toEqual([...agents].sort())
    const told = new Map(
      events
        .filter(({ type }) => type === 'registry.agent.registered')
        .map(({ payload }) => [(payload as { name: string }).name, (payload as { agentId: string }).agentId]),
    )
    expect(listed.map(({ name, agentId }) => [name, agentId])).toEqual([...told].sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const agent of listed)
      expect((await releasesOf(agent)).map(({ executionCount }) => executionCount)).toEqual([16, 16])
  })

  test('RG1: transactions that meet the same new names in another order neither deadlock nor disagree', async () => {
    const names = ['meeting-a', 'meeting-m', 'meeting-z']
    const seen = names.map((name) => sighted(name, 'v1', name))
    const register = async (deps: Deps, sightings: readonly Sighting[]) => {
      const ids = await inTransaction(deps, sightings, async () => {})
      return names.map((name) => `${ids.agentId(name)} ${ids.releaseId(name, 'v1')}`)
    }
    const meeting: Promise<readonly string[]>[] = []
    const start = () => meeting.push(register(server.deps, seen), register(peer.deps, seen.toReversed()))
    // A third one that took the middle name and gives it back lets both begin before either can end.
    const third = inTransaction(server.deps, seen.slice(1, 2), async () => {
      if (kind === 'pglite') throw new Error('gives way')
      start()
      while ((await waitingLocks(server.deps)) < 2);
      throw new Error('gives way')
    })
    await expect(third).rejects.toThrow('gives way')
    if (kind === 'pglite') start()
    const [one, other] = await Promise.all(meeting)
    expect(one).toEqual(other)
    const events = await registryEvents()
    expect(namesOf(events, 'agent')).toEqual(names)
    expect(namesOf(events, 'environment')).toEqual(names)
    expect(namesOf(events, 'release')).toEqual(['v1', 'v1', 'v1'])
  })

  test('RG5: what a rolled back transaction registered is registered by the next one', async () => {
    const failed = inTransaction(server.deps, [sighted('undone', 'v1', 'undone')], async () => {
      throw new Error('the batch fails later')
    })
    await expect(failed).rejects.toThrow('the batch fails later')
    expect(await registryEvents()).toEqual([])
    const ids = await inTransaction(server.deps, [sighted('undone', 'v1', 'undone')], async () => {})
    const events = await registryEvents()
    expect(events.map(({ type }) => type)).toEqual([
      'registry.agent.registered',
      'registry.environment.registered',
      'registry.release.registered',
    ])
    expect((await agentNamed('undone')).agentId).toBe(ids.agentId('undone'))
  })

  test('ids are given only for what was sighted', async () => {
    const ids = await inTransaction(server.deps, [sighted('asked')], async () => {})
    expect(ids.releaseId('asked', null)).toBeNull()
    expect(() => ids.agentId('another')).toThrow('among the sightings')
    expect(() => ids.releaseId('asked', 'v1')).toThrow('among the sightings')
  })

  test('RG3: an earlier run that arrives late moves the first sighting of agent, release and environment back', async () => {
    await report({ agent: 'late', environment: 'backfilled', release: 'v1' })
    const day = 86_400_000
    await send(bodyOf([{ agent: 'late', environment: 'backfilled', release: 'v1', offsetMs: -day }]), peer.url)
    await report({ agent: 'late', environment: 'backfilled', release: 'v1', offsetMs: -day / 2 })
    const earliest = new Date(addMs(server.clock.now(), -day)).toISOString()
    const agent = await agentNamed('late')
    expect(agent).toMatchObject({ firstSeenAt: earliest, lastSeenAt: new Date(server.clock.now()).toISOString() })
    expect(await releasesOf(agent)).toMatchObject([{ firstSeenAt: earliest }])
    const { items } = await get<List<{ name: string; firstSeenAt: string }>>('/api/v1/environments')
    expect(items).toContainEqual({ name: 'backfilled', firstSeenAt: earliest })
  })

  test('RG3: the last sighting is written when it is more than a minute behind', async () => {
    await report({ agent: 'steady' })
    const first = await agentNamed('steady')
    server.clock.advance(60_000)
    await report({ agent: 'steady' })
    expect((await agentNamed('steady')).lastSeenAt).toBe(first.lastSeenAt)
    server.clock.advance(1)
    await report({ agent: 'steady' })
    expect((await agentNamed('steady')).lastSeenAt).toBe(new Date(server.clock.now()).toISOString())
  })

  test('RG4: the models of a release are those of its calls, from every process, and of no other release', async () => {
    await report({ agent: 'mixed', release: 'v1', model: 'gpt-4.1' }, { agent: 'mixed', release: 'v2', model: 'o3' })
    await send(bodyOf([{ agent: 'mixed', release: 'v1', model: 'claude-sonnet-4' }]), peer.url)
    await report({ agent: 'mixed', release: 'v1', model: 'gemini-2.5-pro' }, { agent: 'mixed', release: 'v1' })
    const releases = await releasesOf(await agentNamed('mixed'))
    expect(Object.fromEntries(releases.map(({ name, models }) => [name, models]))).toEqual({
      v1: ['claude-sonnet-4', 'gemini-2.5-pro', 'gpt-4.1'],
      v2: ['o3'],
    })
  })

  test('RG10: a batch that is sent again counts no execution again', async () => {
    const body = bodyOf([
      { agent: 'counted', release: 'v1' },
      { agent: 'counted', release: 'v1' },
    ])
    await Promise.all([send(body), send(body, peer.url), send(body)])
    const open = body.executions.map((execution) => ({ ...execution, status: 'running', endedAt: null }))
    await send({ executions: open, actions: [] })
    expect(await releasesOf(await agentNamed('counted'))).toMatchObject([{ name: 'v1', executionCount: 2 }])
  })

  test('releases come with the one that worked last first', async () => {
    await report({ agent: 'progress', release: 'old', offsetMs: -200_000 })
    await report({ agent: 'progress', release: 'new' })
    const agent = await agentNamed('progress')
    expect((await releasesOf(agent)).map(({ name }) => name)).toEqual(['new', 'old'])
    await report({ agent: 'progress', release: 'old', offsetMs: 100_000 })
    expect((await releasesOf(agent)).map(({ name }) => name)).toEqual(['old', 'new'])
  })

  test('RG7: a change shows at once and journals which fields differ', async () => {
    await report({ agent: 'owned' })
    const { agentId } = await agentNamed('owned')
    await server.newEvents()
    const changed = await patch(agentId, { domain: ' support ', owner: 'Ada', description: null })
    expect(changed).toMatchObject({
      status: 200,
      body: { agentId, domain: 'support', owner: 'Ada', description: null },
    })
    expect(await get(`/api/v1/agents/${agentId}`)).toEqual(changed.body)
    const [event, ...more] = await registryEvents()
    expect(more).toEqual([])
    expect(event).toMatchObject({
      type: 'registry.agent.changed',
      subject: `agent/${agentId}`,
      actor: { kind: 'api_key' },
      payload: { agentId, changed: ['domain', 'owner'] },
    })
    expect(await patch(agentId, { domain: 'support', owner: 'Ada', archived: false })).toMatchObject({ status: 200 })
    expect(await patch(agentId, {})).toMatchObject({ status: 200, body: changed.body })
    expect(await registryEvents()).toEqual([])
  })

  test('RG11: pausing and letting go on are told once each, and shown', async () => {
    await report({ agent: 'tired' })
    const { agentId } = await agentNamed('tired')
    await server.newEvents()
    const paused = await patch(agentId, { paused: true })
    expect(paused.body).toMatchObject({ pausedAt: expect.any(String), pausedBecause: 'Somebody paused it by hand.' })
    expect((await patch(agentId, { paused: true })).body).toEqual(paused.body)
    await report({ agent: 'tired' })
    expect(await agentNamed('tired')).toMatchObject({ pausedAt: expect.any(String) })
    expect((await patch(agentId, { paused: false })).body).toMatchObject({ pausedAt: null, pausedBecause: null })
    expect((await registryEvents()).map(({ type }) => type)).toEqual([
      'registry.agent.paused',
      'registry.agent.resumed',
    ])
  })

  test('RG7: of equal changes at the same time one is journaled', async () => {
    await report({ agent: 'contested' })
    const { agentId } = await agentNamed('contested')
    await server.newEvents()
    const replies = await Promise.all(Array.from({ length: 5 }, () => patch(agentId, { owner: 'Bob' })))
    expect(replies.map(({ body }) => body.owner)).toEqual(Array.from({ length: 5 }, () => 'Bob'))
    expect(await registryEvents()).toHaveLength(1)
  })

  test('a change does not undo a sighting, nor a sighting a change', async () => {
    await report({ agent: 'both' })
    const { agentId } = await agentNamed('both')
    server.clock.advance(120_000)
    await Promise.all([patch(agentId, { owner: 'Ada' }), report({ agent: 'both' })])
    expect(await agentNamed('both')).toMatchObject({
      owner: 'Ada',
      lastSeenAt: new Date(server.clock.now()).toISOString(),
    })
  })

  test('RG6: an archived agent leaves the fleet, keeps its runs and stays archived when it reports again', async () => {
    await report({ agent: 'retired', release: 'v1' })
    const { agentId } = await agentNamed('retired')
    const fleet = async () =>
      (await get<{ agents: { agent: string }[] }>('/api/v1/fleet/health')).agents.map(({ agent }) => agent)
    expect(await fleet()).toContain('retired')
    const archivedAt = new Date(server.clock.now()).toISOString()
    expect((await patch(agentId, { archived: true })).body.archivedAt).toBe(archivedAt)
    server.clock.advance(90_000)
    await report({ agent: 'retired', release: 'v1' })
    expect((await patch(agentId, { archived: true })).body.archivedAt).toBe(archivedAt)
    expect(await fleet()).not.toContain('retired')
    expect(await releasesOf(await agentNamed('retired'))).toMatchObject([{ executionCount: 2 }])
    expect((await get<List<unknown>>(`/api/v1/executions?agentId=${agentId}`)).items).toHaveLength(2)
    const listed = async (query: string) =>
      (await get<List<Agent>>(`/api/v1/agents?q=retired${query}`)).items.map(({ name }) => name)
    expect(await listed('')).toEqual(['retired'])
    expect(await listed('&archived=true')).toEqual(['retired'])
    expect(await listed('&archived=false')).toEqual([])
    expect((await patch(agentId, { archived: false })).body.archivedAt).toBeNull()
    expect(await fleet()).toContain('retired')
  })

  test('RG8: pages are complete, sorted and without repetition while agents come in', async () => {
    const names = Array.from({ length: 7 }, (_, index) => `paged-${index * 2}`)
    await report(...names.map((agent) => ({ agent })))
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const from: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page: List<Agent> = await get(`/api/v1/agents?q=paged-&limit=3${from}`)
      expect(page.items.length).toBeLessThanOrEqual(3)
      seen.push(...page.items.map(({ name }) => name))
      // One that sorts before everything told so far, and one that is still to come.
      if (cursor === null) await report({ agent: 'paged-0-too' }, { agent: 'paged-9' })
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(seen).toEqual([...new Set(seen)].sort())
    expect(seen).toEqual(expect.arrayContaining([...names, 'paged-9']))
  })

  test('RG8: a page that ends exactly with the list has no next one', async () => {
    await report({ agent: 'exact-1' }, { agent: 'exact-2' })
    const whole = await get<List<Agent>>('/api/v1/agents?q=exact-&limit=2')
    expect([whole.items.length, whole.nextCursor]).toEqual([2, null])
    const none = await get<List<Agent>>('/api/v1/agents?q=nobody-is-called-this')
    expect(none).toEqual({ items: [], nextCursor: null })
  })

  test('RG8: a cursor is refused for other filters and when it is made up', async () => {
    await report({ agent: 'bound-1' }, { agent: 'bound-2' })
    const { nextCursor } = await get<List<Agent>>('/api/v1/agents?q=bound-&limit=1')
    const cursor = encodeURIComponent(nextCursor ?? '')
    expect((await get<List<Agent>>(`/api/v1/agents?q=bound-&cursor=${cursor}`)).items).toMatchObject([
      { name: 'bound-2' },
    ])
    for (const query of [`cursor=${cursor}`, `q=bound-&archived=true&cursor=${cursor}`, 'cursor=made-up', 'cursor=~'])
      expect(await server.request('GET', `/api/v1/agents?${query}`)).toMatchObject({
        status: 400,
        body: { code: 'invalid-cursor' },
      })
  })

  test('filters take texts as they are, in any case, and combine', async () => {
    await report({ agent: 'Filter 100%' }, { agent: 'filter 1000' }, { agent: 'filter_x' }, { agent: 'filterix' })
    await patch((await agentNamed('filter_x')).agentId, { domain: 'filtered' })
    await patch((await agentNamed('filterix')).agentId, { domain: 'filtered' })
    const listed = async (query: string) =>
      (await get<List<Agent>>(`/api/v1/agents?${query}`)).items.map(({ name }) => name)
    expect(await listed('q=FILTER%20100%25')).toEqual(['Filter 100%'])
    expect(await listed('q=filter_')).toEqual(['filter_x'])
    expect(await listed('q=filter%5C')).toEqual([])
    expect(await listed('domain=filtered')).toEqual(['filter_x', 'filterix'])
    expect(await listed('domain=filtered&q=ix')).toEqual(['filterix'])
    expect(await listed('q=filter%00')).toEqual([])
  })

  test('names of every script and length are kept as they are', async () => {
    const names = ['Ünïcödé 代理 🤖', `'"\\%_;--`, 'x'.repeat(200), '{a,b}', 'null']
    await report(...names.map((agent) => ({ agent, release: agent, environment: agent, model: agent })))
    for (const name of names) {
      const agent = await agentNamed(name)
      expect(await releasesOf(agent)).toMatchObject([{ name, models: [name] }])
    }
    const { items } = await get<List<{ name: string }>>('/api/v1/environments')
    expect(items.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
    await send(bodyOf(names.map((agent) => ({ agent, release: agent, environment: agent }))), peer.url)
    expect(namesOf(await registryEvents(), 'agent')).toHaveLength(names.length)
  })

  test('RG9: another organization sees and changes nothing, and its equal names are its own', async () => {
    await report({ agent: 'shared-name', environment: 'shared-environment', release: 'v1' })
    const ours = await agentNamed('shared-name')
    const { organizationId, key } = await addOrganization(server)
    const none = { status: 404, body: { code: 'not-found' } }
    expect(await get('/api/v1/agents', key)).toEqual({ items: [], nextCursor: null })
    expect(await get('/api/v1/environments', key)).toEqual({ items: [] })
    for (const path of [`/api/v1/agents/${ours.agentId}`, `/api/v1/agents/${ours.agentId}/releases`])
      expect(await server.request('GET', path, { key })).toMatchObject(none)
    expect(await patch(ours.agentId, { owner: 'Mallory' }, key)).toMatchObject(none)
    await send(bodyOf([{ agent: 'shared-name', release: 'v1' }]), server.url, key)
    const theirs = await agentNamed('shared-name', key)
    expect(theirs.agentId).not.toBe(ours.agentId)
    await patch(theirs.agentId, { domain: 'theirs' }, key)
    expect(await agentNamed('shared-name')).toEqual(ours)
    expect(await releasesOf(ours)).toMatchObject([{ executionCount: 1 }])
    expect(namesOf(await registryEvents(), 'agent')).toEqual(['shared-name'])
    expect(organizationId).not.toBe(server.organizationId)
  })

  test('bad input is refused with what is wrong', async () => {
    await report({ agent: 'refusing' })
    const { agentId } = await agentNamed('refusing')
    await server.newEvents()
    const bodies = [
      { name: 'renamed' },
      { domain: '' },
      { domain: null },
      { domain: 'x'.repeat(201) },
      { domain: 'a\nb' },
      { owner: 'x'.repeat(201) },
      { owner: 'a\0b' },
      { description: 'x'.repeat(2_001) },
      { description: '\0' },
      { archived: 'yes' },
      { archivedAt: null },
      [],
      'text',
    ]
    for (const body of bodies) {
      const reply = await patch<Problem>(agentId, body)
      expect([reply.status, body, reply.body.code]).toEqual([
        400,
        body,
        expect.stringMatching(/^(invalid-body|bad-request)$/),
      ])
    }
    const unknown = '01900000-0000-7000-8000-0000000000ff'
    for (const path of [`/api/v1/agents/${unknown}`, `/api/v1/agents/${unknown}/releases`])
      expect(await server.request('GET', path)).toMatchObject({ status: 404, body: { code: 'not-found' } })
    expect(await patch(unknown, { owner: 'Ada' })).toMatchObject({ status: 404, body: { code: 'not-found' } })
    expect(await server.request('GET', '/api/v1/agents/me')).toMatchObject({
      status: 400,
      body: { code: 'invalid-path' },
    })
    for (const query of ['limit=0', 'limit=201', 'domain=', 'archived=perhaps', 'page=2', `q=${'x'.repeat(201)}`])
      expect([query, await server.request('GET', `/api/v1/agents?${query}`)]).toMatchObject([
        query,
        { status: 400, body: { code: 'invalid-query' } },
      ])
    expect(await registryEvents()).toEqual([])
  })
})

/** How many sessions of this database wait for another one. */
async function waitingLocks({ store }: Deps): Promise<number> {
  return await store.transaction('deployment', async (tx) => {
    const { rows } = await sql<{ count: number }>`
      select count(*) from pg_locks where not granted
        and pid in (select pid from pg_stat_activity where datname = current_database())`.execute(tx.tables())
    return rows[0]?.count ?? 0
  })
}

async function addOrganization({ deps }: TestServer): Promise<{ organizationId: string; key: string }> {
  const actor = { kind: 'system', id: 'test' } as const
  const input = { name: 'Another', adminEmail: 'admin@example.org', adminName: null, actor }
  const { organizationId } = await deps.store.transaction('deployment', (tx) => createOrganization(deps, tx, input))
  const scopes = ['telemetry:write', 'fleet:read', 'registry:write', 'executions:read'] as const
  const { secret } = await deps.store.transaction({ organizationId }, (tx) =>
    issueApiKey(deps, tx, { name: 'test', scopes, expiresAt: null, actor }),
  )
  return { organizationId, key: secret }
}

describeOnStores('access to the registry', (kind) => {
  test('every route asks for its scope, whoever comes', async () => {
    const server = await startPeopleServer(kind, [identitySlice, registrySlice])
    try {
      const cases = await accessCases(server, registrySlice)
      expect(cases).toHaveLength(registrySlice.routes.length * 5)
      expect(wrongCases(cases)).toEqual([])
    } finally {
      await server.close()
    }
  })
})
