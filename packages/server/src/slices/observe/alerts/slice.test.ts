import type {
  Alert,
  AlertChannel,
  AlertDelivery,
  AlertDetail,
  AlertPolicyState,
  AlertRule,
  AlertRuleTrial,
  AlertSilence,
} from '@metaagent/contract'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ClickUpServer, startClickUpServer } from '../../../testkit/channels/clickup-server.ts'
import { type MailServer, startMailServer } from '../../../testkit/channels/mail-server.ts'
import { type SlackServer, startSlackServer } from '../../../testkit/channels/slack-server.ts'
import { startWebhookServer, type WebhookServer } from '../../../testkit/channels/webhook-server.ts'
import { describeOnStores } from '../../../testkit/database.ts'
import { startTestServer, type TestServer } from '../../../testkit/test-server.ts'
import { append } from '../../govern/journal/index.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
let lastId = 0

describeOnStores('alerts', (kind) => {
  let server: TestServer
  let slack: SlackServer
  let mail: MailServer
  let clickUp: ClickUpServer
  let hook: WebhookServer

  beforeAll(async () => {
    server = await startTestServer(kind)
    slack = await startSlackServer(server.clock)
    mail = await startMailServer()
    clickUp = await startClickUpServer(server.clock)
    hook = await startWebhookServer()
  })
  afterAll(async () => {
    await Promise.all([server.close(), slack.close(), mail.close(), clickUp.close(), hook.close()])
  })
  // Each test has rules and channels of its own; what an earlier one left is ended.
  beforeEach(async () => {
    for (const rule of (await get<{ items: AlertRule[] }>('/alert-rules')).items)
      await send('DELETE', `/alert-rules/${rule.ruleId}`)
    await run(900, 450)
    const { version, policy } = await get<AlertPolicyState>('/alert-policy')
    const route = { name: 'everything', channels: [], groupBy: ['alertname'] }
    const plain = { ...policy, route, inhibitions: [] }
    await send('PUT', '/alert-policy', { expectedVersion: version, policy: plain })
    for (const channel of (await get<{ items: AlertChannel[] }>('/alert-channels')).items)
      await send('DELETE', `/alert-channels/${channel.channelId}`)
    for (const list of [slack.messages, slack.refusals, mail.mails, clickUp.tasks, hook.requests]) list.length = 0
    await server.newEvents()
  })

  const get = async <Body>(path: string) => (await server.request<Body>('GET', `/api/v1${path}`)).body
  const send = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
    const reply = await server.request<Body>(method, `/api/v1${path}`, { body })
    expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300)
    return reply.body
  }
  /** Lets `seconds` pass, with the jobs that alerts depend on running every `every`. */
  const run = async (seconds: number, every = 15) => {
    for (let passed = 0; passed < seconds; passed += every) {
      server.clock.advance(every * 1_000)
      await server.settle(['health.tell', 'slas.judge', 'alerts.watch', 'alerts.deliver'])
    }
  }
  const report = async (agents: readonly string[], status: 'success' | 'failure', times = 3) => {
    const at = new Date(server.clock.now()).toISOString()
    const executions = agents.flatMap((agent) =>
      Array.from({ length: times }, () => ({
        executionId: (++lastId).toString(16).padStart(32, '0'),
        agent,
        status,
        startedAt: at,
        endedAt: at,
      })),
    )
    for (let from = 0; from < executions.length; from += 500)
      await send('POST', '/telemetry', { executions: executions.slice(from, from + 500), actions: [] })
  }
  const failing = { kind: 'figure', figure: 'failureRate', operator: '>=', threshold: 0.5, window: '5m' }
  const rule = (name: string, agents: readonly string[], change: object = {}) =>
    send<AlertRule>('POST', '/alert-rules', {
      name,
      condition: failing,
      scope: { agents },
      severity: 'critical',
      ...change,
    })
  const channel = (name: string, settings: object, change: object = {}) =>
    send<AlertChannel>('POST', '/alert-channels', { name, settings, ...change })
  const webhook = (name = 'hook') => channel(name, { kind: 'webhook', url: hook.url }, { secret })
  const routeTo = async (channels: readonly string[], change: object = {}) => {
    const { version, policy } = await get<AlertPolicyState>('/alert-policy')
    const route = { ...policy.route, channels, ...change }
    return await send<AlertPolicyState>('PUT', '/alert-policy', {
      expectedVersion: version,
      policy: { ...policy, route },
    })
  }
  const alerts = async (query = 'state=active') => (await get<{ items: Alert[] }>(`/alerts?${query}`)).items
  const notices = () =>
    hook.requests.map(
      ({ body }) => (JSON.parse(body) as { data: { title: string; status: string; firing: number; why: string } }).data,
    )

  test('AL6: from failing runs to a signed message and to its end, with everything journaled', async () => {
    const { channelId } = await webhook()
    await routeTo([channelId])
    await rule('failing runs', ['one'], { annotations: { summary: '{{agent}} fails: {{value}}' } })
    await report(['one'], 'failure')
    await run(1, 1)
    expect(await alerts()).toMatchObject([
      {
        rule: 'failing runs',
        state: 'firing',
        labels: { agent: 'one', alertname: 'failing runs', severity: 'critical' },
        annotations: { summary: 'one fails: 1' },
        because: { rule: 'figure-failureRate', observed: 1, limit: 0.5 },
      },
    ])
    expect(hook.requests).toEqual([])
    await run(45)
    expect(notices()).toMatchObject([
      { title: '1 firing: failing runs (alertname)'.replace(' (alertname)', ''), status: 'firing', firing: 1 },
    ])
    const [request] = hook.requests
    const headers = Object.fromEntries(
      ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, String(request?.headers[name])]),
    )
    // The library judges the age by the system's clock, so only the signature is asked for.
    const signed = new Webhook(secret).sign(
      headers['webhook-id'] ?? '',
      new Date(1_000 * Number(headers['webhook-timestamp'])),
      request?.body ?? '',
    )
    expect(headers['webhook-signature']).toBe(signed)
    await report(['one'], 'success', 20)
    await run(600, 60)
    expect(notices().at(-1)).toMatchObject({ status: 'resolved', why: 'Nothing of what was told fires any more.' })
    const [over] = await alerts('state=resolved&limit=1')
    expect(over).toMatchObject({ state: 'resolved', rule: 'failing runs' })
    const { history } = await get<AlertDetail>(`/alerts/${over?.alertId}`)
    expect(history.map(({ to }) => to)).toEqual(['firing', 'resolved'])
    const types = (await server.newEvents()).map(({ type }) => type)
    for (const type of [
      'alerts.rule.saved',
      'alerts.policy.changed',
      'alerts.channel.saved',
      'alerts.state.changed',
      'decision.alerts.state',
      'alerts.notification.decided',
      'decision.alerts.notification',
      'alerts.delivery.delivered',
    ])
      expect(types).toContain(type)
    expect(types.filter((type) => type === 'alerts.notification.decided')).toHaveLength(2)
    expect(types.filter((type) => type === 'alerts.state.changed')).toHaveLength(2)
  })

  test('AL2: a condition that clears before its time fires nothing', async () => {
    const { channelId } = await webhook()
    await routeTo([channelId])
    await rule('slow to fire', ['two'], { forMinutes: 4 })
    await report(['two'], 'failure')
    await run(60)
    expect(await alerts()).toMatchObject([{ state: 'pending', firedAt: null }])
    await report(['two'], 'success', 20)
    await run(400, 50)
    expect(await alerts()).toEqual([])
    expect(hook.requests).toEqual([])
  })

  test('AL5: resolved before group_wait sends nothing', async () => {
    const { channelId } = await webhook()
    await routeTo([channelId], { groupWaitMs: 600_000 })
    await rule('short', ['three'])
    await report(['three'], 'failure')
    await run(30)
    expect(await alerts()).toHaveLength(1)
    await report(['three'], 'success', 50)
    await run(900, 60)
    expect(hook.requests).toEqual([])
  })

  test('AL7: another process that takes over with the same rows repeats nothing and forgets nothing', async () => {
    const { channelId } = await webhook()
    await routeTo([channelId])
    await rule('kept', ['four'], { condition: { ...failing, window: '24h' } })
    await report(['four'], 'failure')
    await run(1, 1)
    server.clock.advance(31_000)
    // What a fresh process does first: everything that is due, several times over and at once.
    await Promise.all([server.composed.jobs.runAll(), server.composed.jobs.runAll()])
    await run(120, 30)
    expect(notices()).toHaveLength(1)
    server.clock.advance(5 * 3_600_000)
    await run(300, 60)
    expect(notices().map(({ status }) => status)).toEqual(['firing', 'firing'])
    expect(notices().at(-1)?.why).toContain('Still firing')
  })

  test('AL8: a silence mutes what it fits until it ends', async () => {
    const { channelId } = await webhook()
    await routeTo([channelId])
    await rule('noisy', ['five'], { condition: { ...failing, window: '24h' } })
    const inTenMinutes = new Date(server.clock.now() + 600_000).toISOString()
    const matchers = [{ name: 'agent', operator: '=~', value: 'fiv.' }]
    const { silenceId } = await send<AlertSilence>('POST', '/alert-silences', {
      matchers,
      endsAt: inTenMinutes,
      comment: 'known',
    })
    await report(['five'], 'failure')
    await run(120, 30)
    expect(await alerts()).toMatchObject([{ state: 'firing', mutedBy: 'silence' }])
    expect((await get<{ items: AlertSilence[] }>('/alert-silences')).items[0]).toMatchObject({
      silenceId,
      state: 'active',
      silenced: 1,
    })
    expect(hook.requests).toEqual([])
    await send('DELETE', `/alert-silences/${silenceId}`)
    await run(330, 30)
    expect(notices()).toHaveLength(1)
    const types = (await server.newEvents()).map(({ type }) => type)
    expect(types).toEqual(expect.arrayContaining(['alerts.silence.created', 'alerts.silence.expired']))
    const refusals = [
      { matchers: [{ name: 'agent', operator: '=~', value: '.*' }], endsAt: inTenMinutes, comment: 'all' },
      { matchers: [{ name: 'agent', operator: '=~', value: '(' }], endsAt: inTenMinutes, comment: 'bad' },
      { matchers, endsAt: '2020-01-01T00:00:00Z', comment: 'past' },
    ]
    for (const body of refusals)
      expect((await server.request('POST', '/api/v1/alert-silences', { body })).status, body.comment).toBe(422)
  })

  test('AL9: who acknowledges stops repeats and escalation, with a comment that is kept', async () => {
    const first = await webhook()
    const boss = await webhook('boss')
    await routeTo([first.channelId], {
      repeatIntervalMs: 600_000,
      escalation: [{ afterMinutes: 30, channels: [boss.channelId] }],
    })
    await rule('cared for', ['six'], { condition: { ...failing, window: '24h' } })
    await report(['six'], 'failure')
    await run(60)
    const [alert] = await alerts()
    const path = `/alerts/${alert?.alertId}/acknowledge`
    const taken = await send<AlertDetail>('POST', path, { comment: 'on it' })
    expect(taken).toMatchObject({ state: 'acknowledged', comment: 'on it' })
    expect(taken.history.at(-1)).toMatchObject({ from: 'firing', to: 'acknowledged', comment: 'on it' })
    await run(7_200, 300)
    expect(notices()).toHaveLength(1)
    expect((await server.request('POST', `/api/v1${path}`, { body: {} })).status).toBe(409)
    expect((await server.newEvents()).filter(({ type }) => type === 'alerts.alert.acknowledged')).toHaveLength(1)
  })

  test('AL9: what nobody acknowledges goes to the next channel', async () => {
    const first = await webhook()
    const boss = await webhook('boss')
    await routeTo([first.channelId], { escalation: [{ afterMinutes: 10, channels: [boss.channelId] }] })
    await rule('ignored', ['seven'], { condition: { ...failing, window: '24h' } })
    await report(['seven'], 'failure')
    await run(900, 60)
    const { items } = await get<{ items: AlertDelivery[] }>('/alert-deliveries?limit=2')
    expect(items).toMatchObject([
      { channel: 'boss', purpose: 'escalation', state: 'delivered' },
      { channel: 'hook', purpose: 'alert', state: 'delivered' },
    ])
  })

  test('AL10: failures are tried again in order, no sooner than asked, and given up with the reason', async () => {
    const { channelId } = await channel('slack', { kind: 'slack' }, { secret: slack.webhookUrl })
    await routeTo([channelId])
    await rule('retried', ['eight'], { condition: { ...failing, window: '24h' } })
    slack.fail([{ status: 429, body: 'rate_limited', headers: { 'retry-after': '60' } }])
    await report(['eight'], 'failure')
    await run(60)
    const delivery = async () => (await get<{ items: AlertDelivery[] }>('/alert-deliveries?limit=1')).items[0]
    expect(await delivery()).toMatchObject({ state: 'queued', attempts: 1, detail: 'HTTP 429: rate_limited' })
    expect(slack.messages).toEqual([])
    await run(90)
    expect(await delivery()).toMatchObject({ state: 'delivered', attempts: 2 })
    expect(slack.messages).toHaveLength(1)
    slack.fail(Array.from({ length: 10 }, () => ({ status: 503, body: 'down' })))
    await send('DELETE', `/alert-rules/${(await get<{ items: AlertRule[] }>('/alert-rules')).items[0]?.ruleId}`)
    await run(3_600, 30)
    expect(await delivery()).toMatchObject({
      state: 'dead',
      attempts: 10,
      detail: 'Given up after 10 attempts: HTTP 503: down',
    })
    const types = (await server.newEvents()).map(({ type }) => type)
    expect(types).toContain('alerts.delivery.given_up')
    expect((await get<AlertChannel>(`/alert-channels/${channelId}`)).lastError).toContain('Given up')
  })

  test('AL10: what Slack refuses for good is not tried again', async () => {
    const { channelId } = await channel('slack', { kind: 'slack' }, { secret: `${slack.webhookUrl}-revoked` })
    const tested = await send<{ delivered: boolean; detail: string }>('POST', `/alert-channels/${channelId}/test`)
    expect(tested).toMatchObject({ delivered: false })
    expect(tested.detail).toContain('HTTP 404: no_service')
    expect((await server.newEvents()).map(({ type }) => type)).toContain('alerts.channel.tested')
  })

  test('AL14: ClickUp gets one task per group: made, commented on, closed, and found again after a lost answer', async () => {
    const settings = { kind: 'clickup', apiUrl: clickUp.url, listId: clickUp.listId }
    const { channelId } = await channel('tasks', settings, { secret: clickUp.token })
    await routeTo([channelId])
    await rule('work', ['nine', 'ten'], { condition: { ...failing, window: '24h' } })
    clickUp.loseNextAnswer()
    await report(['nine'], 'failure')
    await run(120, 30)
    expect(clickUp.tasks).toMatchObject([{ status: 'to do', priority: 1, comments: [] }])
    await report(['ten'], 'failure')
    await run(330, 30)
    expect(clickUp.tasks).toHaveLength(1)
    expect(clickUp.tasks[0]?.comments).toHaveLength(1)
    await report(['nine', 'ten'], 'success', 100)
    await run(400, 50)
    expect(clickUp.tasks).toMatchObject([{ status: 'complete' }])
    await report(['nine'], 'failure', 500)
    await run(900, 60)
    expect(clickUp.tasks.map(({ status }) => status)).toEqual(['complete', 'to do'])
  })

  test('e-mail arrives through a real SMTP server, as text and as HTML, in one conversation', async () => {
    const settings = {
      kind: 'email',
      host: mail.host,
      port: mail.port,
      security: 'none',
      user: mail.user,
      from: 'MetaAgent <alerts@example.com>',
      to: ['ops@example.com'],
    }
    const { channelId } = await channel('mail', settings, { secret: mail.password })
    expect(await send('POST', `/alert-channels/${channelId}/test`)).toMatchObject({ delivered: true })
    await routeTo([channelId])
    await rule('mailed <b>', ['eleven'], { condition: { ...failing, window: '24h' } })
    mail.refuseNext(451)
    await report(['eleven'], 'failure')
    await run(60)
    expect(mail.mails.map(({ subject }) => subject)).toEqual(['A test from MetaAgent', '1 firing: mailed <b>'])
    const [, alert] = mail.mails
    expect(alert?.to?.map(({ address }) => address)).toEqual(['ops@example.com'])
    expect(alert?.text).toContain('agent=eleven')
    expect(alert?.html).toContain('mailed &lt;b&gt;')
    await send('DELETE', `/alert-rules/${(await get<{ items: AlertRule[] }>('/alert-rules')).items[0]?.ruleId}`)
    await run(330, 30)
    expect(mail.mails.at(-1)?.references).toBe(alert?.references)
    const wrong = await channel('wrong password', settings, { secret: 'wrong' })
    const tested = await send<{ detail: string }>('POST', `/alert-channels/${wrong.channelId}/test`)
    expect(tested).toMatchObject({ delivered: false })
    expect(tested.detail).toContain('EAUTH')
  })

  test('AL11: secrets are never shown, do not follow a new address, and private addresses are refused', async () => {
    const { channelId } = await webhook()
    const shown = JSON.stringify([
      await get('/alert-channels'),
      await get(`/alert-channels/${channelId}`),
      await server.newEvents(),
    ])
    expect(shown).not.toContain(secret.slice(6))
    expect(await get<AlertChannel>(`/alert-channels/${channelId}`)).toMatchObject({ hasSecret: true })
    const kept = await send<AlertChannel>('PUT', `/alert-channels/${channelId}`, {
      name: 'renamed',
      settings: { kind: 'webhook', url: hook.url },
    })
    expect(kept).toMatchObject({ name: 'renamed', hasSecret: true })
    expect(await send('POST', `/alert-channels/${channelId}/test`)).toMatchObject({ delivered: true })
    const tasks = await channel(
      'tasks',
      { kind: 'clickup', apiUrl: clickUp.url, listId: clickUp.listId },
      { secret: clickUp.token },
    )
    const elsewhere = {
      name: 'tasks',
      settings: { kind: 'clickup', apiUrl: 'https://evil.example', listId: clickUp.listId },
    }
    expect((await server.request('PUT', `/api/v1/alert-channels/${tasks.channelId}`, { body: elsewhere })).status).toBe(
      422,
    )
    const inside = await channel(
      'inside',
      { kind: 'webhook', url: 'http://169.254.169.254/latest/meta-data' },
      { secret },
    )
    const tested = await send<{ detail: string }>('POST', `/alert-channels/${inside.channelId}/test`)
    expect(tested).toMatchObject({ delivered: false })
    expect(tested.detail).toContain('METAAGENT_ALLOWED_PRIVATE_NETWORKS')
  })

  test('AL12: a trial tells what a rule would have done in the last day, and writes nothing', async () => {
    await report(['twelve'], 'failure')
    await run(1_800, 600)
    await report(['twelve'], 'success', 20)
    await run(1_800, 600)
    await server.newEvents()
    const definition = { name: 'tried', condition: failing, scope: { agents: ['twelve'] } }
    const trial = await send<AlertRuleTrial>('POST', '/alert-rule-trials', definition)
    expect(trial).toMatchObject({ stepSeconds: 300, subjects: 1, subjectsLeftOut: 0 })
    expect(trial.alerts).toMatchObject([{ labels: { agent: 'twelve', alertname: 'tried' }, because: { observed: 1 } }])
    expect(trial.alerts[0]?.resolvedAt).not.toBeNull()
    expect(trial.unknownSteps).toBeGreaterThan(200)
    const event = {
      name: 'tried',
      condition: { kind: 'event', pattern: 'registry.agent.*', labels: { who: '/payload/name' } },
    }
    const ofEvents = await send<AlertRuleTrial>('POST', '/alert-rule-trials', event)
    expect(ofEvents.alerts.map(({ labels }) => labels['who'])).toContain('twelve')
    for (const condition of [
      { kind: 'health_state', states: ['failing'] },
      { kind: 'silent', silentForMinutes: 10 },
      { kind: 'cost_difference', ratio: 0.1 },
      { kind: 'sla' },
      { kind: 'baseline', figure: 'failures', operator: '>', ratio: 2 },
      { ...failing, per: 'fleet' },
      { ...failing, per: 'domain' },
    ])
      await send('POST', '/alert-rule-trials', { name: 'tried', condition })
    expect(await server.newEvents()).toEqual([])
    expect((await get<{ items: AlertRule[] }>('/alert-rules')).items).toEqual([])
  })

  test('AL13: what can never fire is refused on save, with the number', async () => {
    const windows = [{ longMinutes: 60, shortMinutes: 5, threshold: 14.4 }]
    const body = { name: 'never', condition: { kind: 'burn_rate', objective: 0.9, windows } }
    const refused = await server.request<{ code: string; detail: string }>('POST', '/api/v1/alert-rules', { body })
    expect(refused).toMatchObject({ status: 422, body: { code: 'not-processable' } })
    expect(refused.body.detail).toContain('at most 10 times')
    expect(await server.newEvents()).toEqual([])
  })

  test('rules have versions; a stale change is refused, and so is a second rule of the same name', async () => {
    const { ruleId, version, definition } = await rule('versioned', ['x'])
    const changed = await send<AlertRule>('PUT', `/alert-rules/${ruleId}`, {
      definition: { ...definition, severity: 'info' },
      expectedVersion: version,
    })
    expect(changed).toMatchObject({ version: 2, definition: { severity: 'info' } })
    const stale = await server.request('PUT', `/api/v1/alert-rules/${ruleId}`, {
      body: { definition, expectedVersion: 1 },
    })
    expect(stale.status).toBe(412)
    expect((await server.request('POST', '/api/v1/alert-rules', { body: definition })).status).toBe(409)
    await send('DELETE', `/alert-rules/${ruleId}`)
    expect((await server.request('GET', `/api/v1/alert-rules/${ruleId}`)).status).toBe(404)
    const { items } = await get<{ items: { version: number; removed: boolean }[] }>(`/alert-rules/${ruleId}/versions`)
    expect(items.map(({ version: of, removed }) => [of, removed])).toEqual([
      [3, true],
      [2, false],
      [1, false],
    ])
    const types = (await server.newEvents()).map(({ type }) => type)
    expect(types).toEqual(['alerts.rule.saved', 'alerts.rule.saved', 'alerts.rule.removed'])
  })

  test('every kind of condition is watched: events, silence, health, burn rates', async () => {
    await rule('heard of', [], {
      condition: { kind: 'event', pattern: 'registry.agent.registered', labels: { who: '/payload/name' } },
    })
    await rule('gone quiet', ['thirteen'], { condition: { kind: 'silent', silentForMinutes: 10 } })
    await rule('unwell', ['thirteen'], { condition: { kind: 'health_state', states: ['failing'] } })
    const windows = [{ longMinutes: 60, shortMinutes: 5, threshold: 5 }]
    await rule('burns', ['thirteen'], { condition: { kind: 'burn_rate', objective: 0.9, windows } })
    await report(['thirteen'], 'failure', 20)
    await run(1, 1)
    const firing = async () =>
      (await alerts('state=firing')).map(({ rule: of }) => of).toSorted((a, b) => a.localeCompare(b))
    expect(await firing()).toEqual(['burns', 'heard of', 'unwell'])
    await run(700, 60)
    expect(await firing()).toEqual(['gone quiet', 'unwell'])
    expect(await get('/alert-counts')).toMatchObject({ firing: 2, critical: 2 })
  })

  test('AL15, AL17: reports come at their time on the organization’s wall, once', async () => {
    const { version, policy } = await get<AlertPolicyState>('/alert-policy')
    await send('PUT', '/alert-policy', { expectedVersion: version, policy: { ...policy, timeZone: 'Europe/Berlin' } })
    const daily = { dailyAt: '08:30', weeklyOn: null, weeklyAt: '08:00' }
    const weekly = { dailyAt: null, weeklyOn: 'monday', weeklyAt: '07:00' }
    await channel('slack', { kind: 'slack' }, { secret: slack.webhookUrl, digest: daily })
    const settings = {
      kind: 'email',
      host: mail.host,
      port: mail.port,
      security: 'none',
      user: mail.user,
      from: 'a@example.com',
      to: ['b@example.com'],
    }
    await channel('mail', settings, { secret: mail.password, digest: weekly })
    await report(['fourteen'], 'success')
    await run(8 * 86_400, 3 * 3_600)
    expect(slack.messages.length).toBe(8)
    expect(slack.refusals).toEqual([])
    expect(JSON.stringify(slack.messages[0])).toMatch(/Daily summary, 2026-\d\d-\d\d/)
    expect(JSON.stringify(slack.messages[0])).toContain('executions finished')
    expect(mail.mails.map(({ subject }) => subject?.slice(0, 13))).toEqual(
      mail.mails.length === 2 ? ['Weekly digest', 'Weekly digest'] : ['Weekly digest'],
    )
    expect(mail.mails[0]?.text).toContain('Agents that are not well')
    const { items } = await get<{ items: AlertDelivery[] }>('/alert-deliveries?limit=200')
    const days = items.filter(({ purpose }) => purpose === 'daily').map(({ title }) => title)
    expect(new Set(days).size).toBe(days.length)
  })

  test('a policy is checked and versioned, and its tree can be asked', async () => {
    const { version, policy } = await get<AlertPolicyState>('/alert-policy')
    const unknown = { ...policy, route: { ...policy.route, channels: ['01900000-0000-7000-8000-0000000000ff'] } }
    const refused = await server.request('PUT', '/api/v1/alert-policy', {
      body: { policy: unknown, expectedVersion: version },
    })
    expect(refused).toMatchObject({ status: 422, body: { faults: [expect.stringContaining('does not exist')] } })
    const { channelId } = await webhook()
    const child = {
      name: 'money',
      matchers: [{ name: 'domain', operator: '=', value: 'money' }],
      channels: [channelId],
    }
    await routeTo([], { routes: [child] })
    const traced = await send('POST', '/alert-policy/trace', { labels: { domain: 'money', alertname: 'x' } })
    expect(traced).toMatchObject({ routes: [{ route: 'money', channels: [channelId], groupWaitMs: 30_000 }] })
    const named = await server.request('DELETE', `/api/v1/alert-channels/${channelId}`)
    expect(named).toMatchObject({ status: 409, body: { detail: expect.stringContaining('"money"') } })
    await routeTo([], { routes: [] })
    await send('DELETE', `/alert-channels/${channelId}`)
    const types = (await server.newEvents()).map(({ type }) => type)
    expect(types).toContain('alerts.channel.removed')
  })

  test('AL4: ten thousand firing alerts of one incident are one message', async () => {
    const { channelId } = await webhook()
    await routeTo([channelId])
    const condition = { kind: 'event', pattern: 'registry.environment.registered', labels: { where: '/payload/name' } }
    await rule('incident', [], { condition })
    await server.deps.store.transaction({ organizationId: server.organizationId }, (tx) =>
      append(
        server.deps,
        tx,
        Array.from({ length: 10_000 }, (_, n) => ({
          type: 'registry.environment.registered' as const,
          subject: `environment/incident-${n}`,
          actor: { kind: 'system' as const, id: 'test' },
          payload: { name: `incident-${n}` },
        })),
      ),
    )
    await run(60, 20)
    expect((await get<{ counts: { firing: number } }>('/alerts?limit=1')).counts.firing).toBe(10_000)
    expect(notices()).toMatchObject([{ title: '10000 firing: incident', firing: 10_000 }])
    // Their end is one message too.
    await run(600, 120)
    expect(notices().slice(1)).toMatchObject([{ status: 'resolved' }])
  }, 180_000)
})
