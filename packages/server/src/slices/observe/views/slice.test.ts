import type { Problem, SavedView } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'

const path = '/api/v1/views'

describeOnStores('views', (kind) => {
  let server: TestServer
  /** Two people, as API keys: one without the right to manage people. */
  let first = ''
  let second = ''
  beforeAll(async () => {
    server = await startTestServer(kind)
    first = await server.keyFor('viewer')
    second = await server.keyFor('developer')
  })
  afterAll(() => server.close())

  const create = (key: string, body: object) => server.request<SavedView>('POST', path, { key, body })
  const list = async (key: string, query = '') =>
    (await server.request<{ items: SavedView[] }>('GET', `${path}${query}`, { key })).body.items
  const change = <Reply = SavedView>(key: string, viewId: string, body: object) =>
    server.request<Reply>('PATCH', `${path}/${viewId}`, { key, body })
  const events = async () => (await server.newEvents()).map(({ type, payload }) => [type, payload])

  test('V1: what a list does not take is not kept, and is named', async () => {
    await server.newEvents()
    const asked = await server.request<Problem>('POST', path, {
      key: first,
      body: { page: 'executions', name: 'Typing error', filters: { stauts: 'failure' } },
    })
    expect(asked).toMatchObject({ status: 422, body: { code: 'not-processable' } })
    expect(asked.body.detail).toMatch(/^stauts: no filter of executions/)
    expect((await create(first, { page: 'rollouts', name: 'x', filters: {} })).status).toBe(400)
    expect(await events()).toEqual([])
    expect(await list(first)).toEqual([])
  })

  test('V2, V3, V6: a private view is its owner’s alone; a shared one is seen by all and changed by few', async () => {
    const filters = { status: 'failure', 'attribute.customer': '42' }
    const made = await create(first, { page: 'executions', name: 'Failures of 42', filters })
    expect(made).toMatchObject({ status: 201, body: { mine: true, shared: false, version: 1, filters } })
    const { viewId } = made.body
    expect(await list(second)).toEqual([])
    expect(await change(second, viewId, { name: 'x' })).toMatchObject({ status: 404 })
    expect(await server.request('DELETE', `${path}/${viewId}`, { key: second })).toMatchObject({ status: 404 })
    expect(await change(server.adminKey, viewId, { name: 'x' })).toMatchObject({ status: 404 })
    const payload = { viewId, page: 'executions', version: 1 }
    expect(await events()).toEqual([['views.view.saved', { ...payload, shared: false }]])
    expect((await change(first, viewId, { shared: true })).body).toMatchObject({ shared: true, version: 1 })
    expect(await list(second)).toMatchObject([{ viewId, mine: false, filters }])
    expect(await change<Problem>(second, viewId, { name: 'x' })).toMatchObject({
      status: 403,
      body: { code: 'not-allowed', because: { rule: 'owner-or-manager' } },
    })
    expect(await server.request('DELETE', `${path}/${viewId}`, { key: second })).toMatchObject({ status: 403 })
    expect((await change(server.adminKey, viewId, { name: 'Customer 42' })).body).toMatchObject({ name: 'Customer 42' })
    expect((await change(first, viewId, { name: 'Customer 42' })).status).toBe(200)
    expect(await server.request('DELETE', `${path}/${viewId}`, { key: first })).toMatchObject({ status: 204 })
    const shared = ['views.view.saved', { ...payload, shared: true }]
    expect(await events()).toEqual([shared, shared, ['views.view.removed', payload]])
    expect(await list(second)).toEqual([])
    expect(await change(first, viewId, { name: 'x' })).toMatchObject({ status: 404 })
  })

  test('V4: a name is there once per owner and list, however it is written', async () => {
    const body = { page: 'executions', name: 'Mine', filters: {} }
    const made = await create(first, body)
    expect(made.status).toBe(201)
    expect(await create(first, { ...body, name: 'MINE' })).toMatchObject({
      status: 409,
      body: { code: 'already-exists' },
    })
    expect((await create(first, { ...body, page: 'sessions' })).status).toBe(201)
    expect((await create(second, { ...body, shared: true })).status).toBe(201)
    const other = await create(first, { ...body, name: 'Other' })
    expect(await change(first, other.body.viewId, { name: 'mine' })).toMatchObject({ status: 409 })
    expect((await change(first, made.body.viewId, { name: 'mine' })).body.name).toBe('mine')
    expect((await list(first, '?page=executions')).map(({ name, mine }) => [name, mine])).toEqual([
      ['mine', true],
      ['Other', true],
      ['Mine', false],
    ])
    expect((await list(first)).length).toBe(4)
  })

  test('V5: filters are changed by who read their newest version', async () => {
    const { viewId } = (await create(first, { page: 'alerts', name: 'Critical', filters: { severity: 'critical' } }))
      .body
    const firing = { severity: 'critical', state: 'firing' }
    expect((await change(first, viewId, { filters: firing, version: 1 })).body).toMatchObject({
      version: 2,
      filters: firing,
    })
    expect(await change(first, viewId, { filters: { state: 'firing' }, version: 1 })).toMatchObject({ status: 412 })
    expect(await change(first, viewId, { filters: { nonsense: '1' }, version: 2 })).toMatchObject({ status: 422 })
    expect(await list(first, '?page=alerts')).toMatchObject([{ version: 2, filters: firing }])
  })

  test('an owner keeps at most 200 views and is told so', async () => {
    const key = await server.keyFor('viewer')
    for (let n = 0; n < 200; n++)
      expect((await create(key, { page: 'agents', name: `View ${n}`, filters: {} })).status).toBe(201)
    expect(await create(key, { page: 'agents', name: 'One more', filters: {} })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    })
  })
})
