import type { AlertChannel, AlertDelivery, AlertPolicyState } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ClickUpServer, startClickUpServer } from '../../../../testkit/channels/clickup-server.ts'
import { type LocalRequest, type LocalServer, startLocalServer } from '../../../../testkit/channels/local-server.ts'
import { type MailServer, startMailServer } from '../../../../testkit/channels/mail-server.ts'
import { type SlackServer, startSlackServer } from '../../../../testkit/channels/slack-server.ts'
import { describeOnStores } from '../../../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'

/** The jobs that these tests wait for. */
const alertJobs = ['health.tell', 'alerts.watch', 'alerts.deliver']

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

describeOnStores('messages', (kind) => {
  let server: TestServer
  let slack: SlackServer
  let mail: MailServer
  let clickUp: ClickUpServer
  let hook: LocalServer
  let answer = { status: 200, body: 'ok' }
  const requests: LocalRequest[] = []
  let lastId = 0

  beforeAll(async () => {
    server = await startTestServer(kind)
    slack = await startSlackServer(server.clock)
    mail = await startMailServer()
    clickUp = await startClickUpServer(server.clock)
    hook = await startLocalServer((request) => {
      requests.push(request)
      return answer
    })
  })
  afterAll(async () => {
    await Promise.all([server.close(), slack.close(), mail.close(), clickUp.close(), hook.close()])
  })

  const get = async <Body>(path: string) => (await server.request<Body>('GET', `/api/v1${path}`)).body
  const send = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
    const reply = await server.request<Body>(method, `/api/v1${path}`, { body })
    expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300)
    return reply.body
  }
  const refused = async (method: string, path: string, body?: unknown) => {
    const reply = await server.request<{ code: string; detail: string }>(method, `/api/v1${path}`, { body })
    return [reply.status, reply.body.code, reply.body.detail]
  }
  const run = async (seconds: number, every: number) => {
    for (let passed = 0; passed < seconds; passed += every) {
      server.clock.advance(every * 1_000)
      await server.settle(alertJobs)
    }
  }
  const channel = (name: string, settings: object, change: object = {}) =>
    send<AlertChannel>('POST', '/alert-channels', { name, settings, ...change })
  const messages = async (query: string) => (await get<{ items: AlertDelivery[] }>(`/alert-deliveries?${query}`)).items
  const testOf = ({ channelId }: AlertChannel) =>
    send<{ delivered: boolean; detail: string }>('POST', `/alert-channels/${channelId}/test`)
  /** An alert of its own that is told to one channel. */
  const tell = async (name: string, channelId: string) => {
    const { version, policy } = await get<AlertPolicyState>('/alert-policy')
    const route = { ...policy.route, name: 'everything', channels: [channelId], groupBy: ['alertname'] }
    await send('PUT', '/alert-policy', { expectedVersion: version, policy: { ...policy, route } })
    const at = new Date(server.clock.now()).toISOString()
    const run = { agent: name, status: 'failure', startedAt: at, endedAt: at }
    const executions = [1, 2, 3].map(() => ({ ...run, executionId: (++lastId).toString(16).padStart(32, '0') }))
    await send('POST', '/telemetry', { executions, actions: [] })
    const condition = { kind: 'figure', figure: 'failureRate', operator: '>=', threshold: 0.5, window: '5m' }
    await send('POST', '/alert-rules', { name, condition, scope: { agents: [name] }, severity: 'critical' })
  }

  test('AL19: each attempt is in the log with when, status, time taken, error and what the other side said', async () => {
    const made = await channel('flaky', { kind: 'webhook', url: hook.url }, { secret })
    answer = { status: 503, body: `try later, ${secret}` }
    await tell('flaky', made.channelId)
    await run(40, 5)
    answer = { status: 200, body: 'thank you' }
    await run(60, 5)
    const [message] = await messages(`channelId=${made.channelId}`)
    expect(message).toMatchObject({ state: 'delivered', purpose: 'alert', againOf: null })
    expect(message?.log.length).toBe(message?.attempts)
    expect(message?.log.at(0)).toMatchObject({
      outcome: 'failed',
      status: 503,
      response: 'try later, [secret]',
      detail: expect.stringContaining('HTTP 503'),
      latencyMs: expect.any(Number),
    })
    expect(message?.log.at(-1)).toMatchObject({ outcome: 'delivered', status: 200, response: 'thank you' })
    expect(await get(`/alert-deliveries/${message?.deliveryId}`)).toEqual(message)
    const soon = new Date(server.clock.now() + 1_000).toISOString()
    expect(await messages(`channelId=${made.channelId}&from=${soon}`)).toEqual([])
    expect(await messages(`channelId=${made.channelId}&purpose=daily`)).toEqual([])
    expect((await refused('GET', `/alert-deliveries/${made.channelId}`)).slice(0, 2)).toEqual([404, 'not-found'])
  })

  test('AL20: a message that ended is sent again as a new one under another key, and only to a channel that is on', async () => {
    const made = await channel('again', { kind: 'webhook', url: hook.url }, { secret })
    answer = { status: 410, body: 'gone' }
    await tell('again', made.channelId)
    await run(40, 5)
    const [dead] = await messages(`channelId=${made.channelId}`)
    expect(dead).toMatchObject({ state: 'dead' })
    answer = { status: 200, body: 'ok' }
    requests.length = 0
    await server.newEvents()
    const repeat = `/alert-deliveries/${dead?.deliveryId}/repetitions`
    const again = await send<AlertDelivery>('POST', repeat)
    expect(again).toMatchObject({ state: 'queued', againOf: dead?.deliveryId, title: dead?.title, log: [] })
    expect((await refused('POST', `/alert-deliveries/${again.deliveryId}/repetitions`))[2]).toContain(
      'still being tried',
    )
    await run(5, 5)
    expect(requests).toHaveLength(1)
    const types = (await server.newEvents()).map(({ type }) => type)
    expect(types.filter((type) => type.startsWith('alerts.delivery'))).toEqual([
      'alerts.delivery.sent_again',
      'alerts.delivery.delivered',
    ])
    const off = { name: 'again', settings: made.settings, enabled: false }
    await send('PUT', `/alert-channels/${made.channelId}`, off)
    expect((await refused('POST', repeat))[2]).toContain('is off')
    await send('PUT', `/alert-channels/${made.channelId}`, { ...off, enabled: true })
    const tested = await testOf(made)
    expect(tested.delivered).toBe(true)
    const [test] = await messages(`channelId=${made.channelId}&purpose=test`)
    expect(test).toMatchObject({ state: 'delivered', attempts: 1, log: [{ outcome: 'delivered', status: 200 }] })
    expect((await refused('POST', `/alert-deliveries/${test?.deliveryId}/repetitions`))[2]).toContain('was a test')
    expect((await refused('POST', `/alert-deliveries/${made.channelId}/repetitions`))[0]).toBe(404)
  })

  test('AL21: a secret is changed alone; what waits for a channel that is removed is given up with its reason', async () => {
    const made = await channel('rotated', { kind: 'webhook', url: hook.url }, { secret })
    await server.newEvents()
    const other = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
    const changed = await send<AlertChannel>('POST', `/alert-channels/${made.channelId}/secret`, { secret: other })
    expect(changed).toMatchObject({ name: 'rotated', hasSecret: true, settings: made.settings })
    expect(await server.newEvents()).toMatchObject([{ type: 'alerts.channel.saved', payload: { secretChanged: true } }])
    answer = { status: 200, body: 'ok' }
    requests.length = 0
    await testOf(made)
    const before = requests[0]?.headers['webhook-signature']
    await send('POST', `/alert-channels/${made.channelId}/secret`, { secret })
    await testOf(made)
    expect(requests[1]?.headers['webhook-signature']).not.toBe(before)
    const bad = await refused('POST', `/alert-channels/${made.channelId}/secret`, { secret: 'short' })
    expect(bad.slice(0, 2)).toEqual([422, 'not-processable'])
    const nobody = await refused('POST', `/alert-channels/${server.organizationId}/secret`, { secret })
    expect(nobody[0]).toBe(404)
    answer = { status: 503, body: 'later' }
    await tell('rotated', made.channelId)
    await run(35, 5)
    const { version, policy } = await get<AlertPolicyState>('/alert-policy')
    const route = { ...policy.route, channels: [] }
    await send('PUT', '/alert-policy', { expectedVersion: version, policy: { ...policy, route } })
    await send('DELETE', `/alert-channels/${made.channelId}`)
    const [message] = await messages(`channelId=${made.channelId}&purpose=alert`)
    expect(message).toMatchObject({ state: 'dead', detail: 'The channel was removed before this was sent.' })
    expect((await refused('POST', `/alert-deliveries/${message?.deliveryId}/repetitions`))[2]).toContain('removed')
  })

  test('AL8: a preview tells what a silence would mute, refuses what making it would refuse, and writes nothing', async () => {
    const preview = (operator: string, value: string) =>
      send<object>('POST', '/alert-silence-previews', { matchers: [{ name: 'agent', operator, value }] })
    await tell('previewed', (await channel('previewed', { kind: 'webhook', url: hook.url }, { secret })).channelId)
    await run(5, 5)
    await server.newEvents()
    expect(await preview('=~', 'previ.*')).toMatchObject({ silenced: 1, alerts: [{ agent: 'previewed' }] })
    expect(await preview('=', 'nobody')).toMatchObject({ silenced: 0, alerts: [] })
    const everything = { matchers: [{ name: 'agent', operator: '=~', value: '.*' }] }
    expect((await refused('POST', '/alert-silence-previews', everything))[2]).toContain('fit every alert')
    expect(await server.newEvents()).toEqual([])
  })

  test('a test says of each kind of channel what is wrong', async () => {
    const closed = 'http://127.0.0.1:9'
    const address = { host: mail.host, port: mail.port, security: 'none', from: 'a@example.com', to: ['b@example.com'] }
    const wrong: readonly [string, object, string | undefined, string][] = [
      ['slack', { kind: 'slack' }, `${slack.webhookUrl}x`, 'Check the webhook’s address'],
      ['mail', { kind: 'email', ...address, user: mail.user }, 'wrong', 'EAUTH'],
      ['port', { kind: 'email', ...address, port: 9, user: null }, undefined, 'ECONNREFUSED'],
      ['tasks', { kind: 'clickup', apiUrl: clickUp.url, listId: '0' }, 'pk_wrong', 'Check the token'],
      ['hook', { kind: 'webhook', url: closed }, secret, 'ECONNREFUSED'],
      ['alertmanager', { kind: 'alertmanager', url: closed }, undefined, 'ECONNREFUSED'],
    ]
    for (const [name, settings, given, expected] of wrong) {
      const made = await channel(`wrong ${name}`, settings, given === undefined ? {} : { secret: given })
      expect([name, await testOf(made)]).toMatchObject([
        name,
        { delivered: false, detail: expect.stringContaining(expected) },
      ])
      const [message] = await messages(`channelId=${made.channelId}`)
      expect(message).toMatchObject({ state: 'dead', purpose: 'test', attempts: 1 })
      expect((await get<AlertChannel>(`/alert-channels/${made.channelId}`)).lastError).toContain(expected)
    }
  })
})
