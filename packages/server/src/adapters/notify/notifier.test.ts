import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Notice, NoticeAlert } from '../../ports/notifier.ts'
import { startClickUpServer } from '../../testkit/channels/clickup-server.ts'
import { startLocalServer } from '../../testkit/channels/local-server.ts'
import { startSlackServer } from '../../testkit/channels/slack-server.ts'
import { FakeClock } from '../../testkit/fake-clock.ts'
import { AddressRefused, createAddressGuard } from './address-guard.ts'
import { callHttp, retryAfterMs } from './http-call.ts'
import { createNotifier } from './notifier.ts'
import { plainText } from './plain-text.ts'
import { slackMessage } from './slack.ts'

const line = (text: string): NoticeAlert => ({
  status: 'firing',
  severity: 'critical',
  labels: { agent: text },
  summary: text,
  because: text,
  startsAt: '2026-01-05T00:00:00.000Z',
  endsAt: null,
  url: 'https://metaagent.example/alerts/1',
})

function noticeOf(change: Partial<Notice> = {}): Notice {
  return {
    purpose: 'alert',
    status: 'firing',
    severity: 'critical',
    title: 'title',
    why: 'why',
    groupKey: '{}:all:{}',
    groupLabels: {},
    firing: 1,
    resolved: 0,
    alerts: [line('a')],
    sections: [],
    url: 'https://metaagent.example/alerts',
    at: '2026-01-05T00:00:00.000Z',
    ...change,
  }
}

const requestOf = (target: { settings: object; secret: string | null }, change: object = {}) => ({
  target: target as never,
  notice: noticeOf(),
  idempotencyKey: 'key',
  attempt: 1,
  reference: null,
  ...change,
})

describe('addresses', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '[::1]',
    '[::]',
    '[fd00::1]',
    '[fe80::1]',
    '[::ffff:10.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::a00:1]',
    'localhost',
  ])('%s is refused unless it was allowed', async (host) => {
    await expect(createAddressGuard([]).resolve(host)).rejects.toThrow(AddressRefused)
  })

  test('public addresses pass, and so do networks that were allowed', async () => {
    expect(await createAddressGuard([]).resolve('93.184.215.14')).toEqual({ address: '93.184.215.14', family: 4 })
    expect(await createAddressGuard(['10.0.0.0/8']).resolve('10.1.2.3')).toEqual({ address: '10.1.2.3', family: 4 })
    expect(await createAddressGuard(['fd00::/8']).resolve('[fd00::1]')).toEqual({ address: 'fd00::1', family: 6 })
    expect(() => createAddressGuard(['nowhere'])).toThrow('no address')
  })

  test('a redirect is not followed, whatever it points at', async () => {
    const asked: string[] = []
    const server = await startLocalServer(({ path }) => {
      asked.push(path)
      return { status: 302, body: '', headers: { location: '/inside' } }
    })
    const answer = await callHttp(createAddressGuard(['127.0.0.1']), {
      method: 'POST',
      url: `${server.url}/out`,
      body: '{}',
    })
    await server.close()
    expect([answer.status, asked]).toEqual([302, ['/out']])
  })

  test('an answer that never ends is cut', async () => {
    const server = await startLocalServer(() => ({ status: 200, body: 'x'.repeat(1_000_000) }))
    const answer = await callHttp(createAddressGuard(['127.0.0.1']), { method: 'GET', url: server.url })
    await server.close()
    expect(answer.text.length).toBeLessThanOrEqual(65_536)
  })
})

test('Retry-After is read in seconds and as a date', () => {
  const answer = (text: string) => ({ status: 429, text: '', headers: { 'retry-after': text } })
  expect(retryAfterMs(answer('30'), 0)).toBe(30_000)
  expect(retryAfterMs(answer('Thu, 01 Jan 1970 00:01:00 GMT'), 10_000)).toBe(50_000)
  expect(retryAfterMs(answer('soon'), 0)).toBeNull()
})

describe('Slack', () => {
  test('AL15: whatever a message holds, it keeps Slack’s limits and says how much is left out', async () => {
    const clock = new FakeClock()
    const server = await startSlackServer(clock)
    const notifier = createNotifier({ clock, allowedNetworks: ['127.0.0.1'] })
    const text = fc.string({ unit: 'grapheme', maxLength: 400 })
    const long = fc.integer({ min: 1, max: 6_000 }).map((length) => '<&>"é'.repeat(length / 5 + 1))
    const notices = fc.record({
      title: fc.oneof(text, long).map((some) => `t${some}`),
      why: fc.oneof(text, long),
      alerts: fc.array(fc.oneof(text, long).map(line), { maxLength: 60 }),
      sections: fc.array(fc.record({ heading: text, lines: fc.array(long, { maxLength: 5 }) }), { maxLength: 5 }),
    })
    await fc.assert(
      fc.asyncProperty(notices, async (change) => {
        clock.advance(1_000)
        const notice = noticeOf({ ...change, firing: change.alerts.length })
        const outcome = await notifier.send(
          requestOf({ settings: { kind: 'slack' }, secret: server.webhookUrl }, { notice }),
        )
        expect(outcome.detail).toBe('HTTP 200: ok')
      }),
      { numRuns: 60 },
    )
    await server.close()
  })

  test('AL15: ten thousand alerts are counted and not listed', () => {
    const many = noticeOf({ firing: 10_000, alerts: Array.from({ length: 50 }, (_, n) => line(`agent ${n}`)) })
    const { blocks } = slackMessage(many)
    expect(JSON.stringify(blocks)).toMatch(/and 9,?9\d\d more/)
    expect(plainText(many, 10)).toContain('… and 9990 more.')
  })
})

test('ClickUp’s limit is kept until the minute that it names', async () => {
  const clock = new FakeClock()
  const server = await startClickUpServer(clock, 1)
  const notifier = createNotifier({ clock, allowedNetworks: ['127.0.0.1'] })
  const settings = { kind: 'clickup', apiUrl: server.url, listId: server.listId, closedStatus: 'complete' }
  clock.advance(20_000)
  const first = await notifier.send(requestOf({ settings, secret: server.token }))
  expect(first).toMatchObject({ kind: 'delivered', reference: '86c1' })
  expect(await notifier.send(requestOf({ settings, secret: server.token }))).toMatchObject({
    kind: 'failed',
    retryAfterMs: 40_000,
  })
  clock.advance(40_000)
  const wrong = await notifier.send(requestOf({ settings, secret: 'wrong' }))
  expect(wrong).toMatchObject({ kind: 'refused', detail: expect.stringContaining('Token invalid') })
  await server.close()
})

test('nobody there is a failure that may pass', async () => {
  const notifier = createNotifier({ clock: new FakeClock(), allowedNetworks: ['127.0.0.1'] })
  const settings = { kind: 'webhook', url: 'http://127.0.0.1:1/' }
  const outcome = await notifier.send(requestOf({ settings, secret: `whsec_${'A'.repeat(32)}` }))
  expect(outcome).toMatchObject({ kind: 'failed', detail: expect.stringContaining('ECONNREFUSED') })
})
