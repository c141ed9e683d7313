import { AlertPolicy } from '@metaagent/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Clockwork } from '../../../../testkit/alert-clockwork.ts'
import { type Alertmanager, findOrFetchAlertmanager, startAlertmanager } from '../../../../testkit/alertmanager.ts'
import { startWebhookServer, type WebhookServer } from '../../../../testkit/channels/webhook-server.ts'
import { startTestServer } from '../../../../testkit/test-server.ts'
import { fingerprintOf } from '../model/labels.ts'

// The same script of alerts, silences and inhibitions against Debian's Alertmanager, in real time, and against the model,
// on a clock of its own. What is compared is what both tell of each group: who fires and who is over, message by message,
// in order; not when. A busy machine is late with the script, so each act is played to the model at the time at which
// Alertmanager had taken it; and acts stand a whole beat from the looks before and after them, so that Alertmanager may be
// late with a look by as much.

const found = findOrFetchAlertmanager()
if ('missing' in found) console.warn(`SKIPPED: comparison with Alertmanager: ${found.missing}`)

type Labels = Record<string, string>
type Act =
  | { readonly at: number; readonly do: 'fire' | 'resolve'; readonly labels: Labels }
  | { readonly at: number; readonly do: 'silence'; readonly labels: Labels; readonly beats: number }

/** What the script counts in. */
const beatMs = 1_500
const timing = { groupWaitMs: beatMs, groupIntervalMs: 2 * beatMs, repeatIntervalMs: 5 * beatMs }
const channel = '01900000-0000-7000-8000-000000000001'

// Groups are looked at in odd beats; everything happens in even ones.
const script: readonly Act[] = [
  { at: 0, do: 'fire', labels: { alertname: 'steady', agent: 'a' } },
  { at: 0, do: 'fire', labels: { alertname: 'grows', agent: 'a' } },
  { at: 2, do: 'fire', labels: { alertname: 'grows', agent: 'b' } },
  { at: 4, do: 'resolve', labels: { alertname: 'grows', agent: 'a' } },
  { at: 6, do: 'resolve', labels: { alertname: 'grows', agent: 'b' } },
  { at: 8, do: 'fire', labels: { alertname: 'grows', agent: 'a' } },
  { at: 0, do: 'fire', labels: { alertname: 'flaps', agent: 'a' } },
  { at: 2, do: 'resolve', labels: { alertname: 'flaps', agent: 'a' } },
  { at: 4, do: 'fire', labels: { alertname: 'flaps', agent: 'a' } },
  { at: 6, do: 'resolve', labels: { alertname: 'flaps', agent: 'a' } },
  { at: 0, do: 'silence', labels: { alertname: 'silenced' }, beats: 4 },
  { at: 0, do: 'fire', labels: { alertname: 'silenced', agent: 'a' } },
  { at: 0, do: 'silence', labels: { alertname: 'half', agent: 'a' }, beats: 60 },
  { at: 0, do: 'fire', labels: { alertname: 'half', agent: 'a' } },
  { at: 0, do: 'fire', labels: { alertname: 'half', agent: 'b' } },
  { at: 0, do: 'fire', labels: { alertname: 'down', agent: 'x', severity: 'critical' } },
  { at: 0, do: 'fire', labels: { alertname: 'slow', agent: 'x', severity: 'warning' } },
  { at: 0, do: 'fire', labels: { alertname: 'slow', agent: 'y', severity: 'warning' } },
  { at: 6, do: 'resolve', labels: { alertname: 'down', agent: 'x', severity: 'critical' } },
  { at: 0, do: 'fire', labels: { alertname: 'routed', agent: 'a', team: 'one' } },
  { at: 0, do: 'fire', labels: { alertname: 'routed', agent: 'b', team: 'one' } },
  { at: 0, do: 'fire', labels: { alertname: 'two sides', agent: 'x', severity: 'both' } },
]
/** As far from the looks before and after it as can be. */
const lastBeat = 14

/** `labels of the group` → what was told of it, one line per message. */
type Story = Readonly<Record<string, readonly string[]>>

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function storyOf(
  messages: readonly { group: Labels; firing: readonly Labels[]; resolved: readonly Labels[] }[],
): Story {
  const stories: Record<string, string[]> = {}
  const names = (list: readonly Labels[]) =>
    list
      .map(({ agent = '' }) => agent)
      .toSorted(byText)
      .join(',')
  for (const { group, firing, resolved } of messages) {
    const key = Object.entries(group)
      .map(([name, value]) => `${name}=${value}`)
      .toSorted(byText)
      .join(' ')
    stories[key] = [...(stories[key] ?? []), `firing ${names(firing)} resolved ${names(resolved)}`]
  }
  return stories
}

/** An act, and how long after the beginning Alertmanager had taken it. */
interface Played {
  readonly act: Act
  readonly afterMs: number
}

function ourStory(played: readonly Played[]): Story {
  const policy = AlertPolicy.parse({
    timeZone: 'UTC',
    route: {
      name: 'all',
      channels: [channel],
      groupBy: ['alertname'],
      ...timing,
      routes: [
        { name: 'one', matchers: [{ name: 'team', operator: '=~', value: 'on.' }], groupBy: ['alertname', 'agent'] },
      ],
    },
    inhibitions: [
      {
        sourceMatchers: [{ name: 'severity', operator: '=~', value: 'critical|both' }],
        targetMatchers: [{ name: 'severity', operator: '=~', value: 'warning|both' }],
        equal: ['agent'],
      },
    ],
    timeIntervals: [],
  })
  const clock = new Clockwork(policy, 100)
  for (const { act, afterMs } of played) {
    clock.runUntil(afterMs / 1_000 - 0.1)
    if (act.do === 'fire') clock.fire(act.labels)
    if (act.do === 'resolve') clock.resolve(act.labels)
    if (act.do === 'silence') {
      const matchers = Object.entries(act.labels).map(([name, value]) => ({ name, operator: '=' as const, value }))
      const endsAt = (clock.now + act.beats * beatMs) as typeof clock.now
      clock.silences = [...clock.silences, { silenceId: String(act.at), matchers, startsAt: clock.now, endsAt }]
    }
  }
  clock.runUntil((lastBeat * beatMs) / 1_000)
  return storyOf(
    clock.sent.map(({ notification: { labels, firing, resolved } }) => ({
      group: labels,
      firing: firing.map((alert) => alert.labels),
      resolved: resolved.map((alert) => alert.labels),
    })),
  )
}

describe.skipIf('missing' in found)('beside a real Alertmanager', () => {
  let alertmanager: Alertmanager
  let receiver: WebhookServer
  beforeAll(async () => {
    receiver = await startWebhookServer()
    alertmanager = await startAlertmanager('path' in found ? found.path : '', {
      route: {
        receiver: 'hook',
        group_by: ['alertname'],
        group_wait: `${timing.groupWaitMs}ms`,
        group_interval: `${timing.groupIntervalMs}ms`,
        repeat_interval: `${timing.repeatIntervalMs}ms`,
        routes: [{ matchers: ['team=~"on."'], group_by: ['alertname', 'agent'] }],
      },
      receivers: [{ name: 'hook', webhook_configs: [{ url: receiver.url, send_resolved: true }] }],
      inhibit_rules: [
        {
          source_matchers: ['severity=~"critical|both"'],
          target_matchers: ['severity=~"warning|both"'],
          equal: ['agent'],
        },
      ],
    })
  })
  afterAll(async () => {
    await alertmanager.stop()
    await receiver.close()
  })

  const post = async (path: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${alertmanager.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    expect(response.status, await response.text()).toBe(200)
  }

  test('AL1: the fingerprint of a label set is the one that Alertmanager tells', async () => {
    const labels = { alertname: 'größe', agent: '日本 🜁', zeta: '"' }
    await post('/api/v2/alerts', [{ labels }])
    const told = (await (await fetch(`${alertmanager.url}/api/v2/alerts?filter=zeta=~".%2B"`)).json()) as {
      fingerprint: string
    }[]
    expect(told.map(({ fingerprint }) => fingerprint)).toEqual([fingerprintOf(labels)])
    await post('/api/v2/alerts', [{ labels, endsAt: new Date().toISOString() }])
  })

  test('what fires is handed over, sent again before it ends there, and over when it is over here', async () => {
    const server = await startTestServer('pglite')
    // Alertmanager lives in our time, so what is over here has to be over there as well when this test ends.
    server.clock.advance(Date.now() - 75_000 - server.clock.now())
    const create = async (path: string, body: unknown) =>
      expect((await server.request('POST', `/api/v1${path}`, { body })).status).toBe(201)
    const endsAtOf = async () => {
      const found = await fetch(`${alertmanager.url}/api/v2/alerts?filter=alertname="forwarded"`)
      return ((await found.json()) as { endsAt: string; labels: Labels; fingerprint: string }[])[0] ?? null
    }
    await create('/alert-channels', { name: 'am', settings: { kind: 'alertmanager', url: alertmanager.url } })
    const condition = { kind: 'event', pattern: 'alien.*', windowMinutes: 1, labels: { what: '/type' } }
    await create('/alert-rules', { name: 'forwarded', condition })
    await create('/journal/sources', { name: 'outside', algorithm: 'none' })
    const event = { source: 'outside', type: 'alien.landed', payload: {} }
    await server.request('POST', '/api/v1/journal/events', { body: event })
    server.clock.advance(1_000)
    await server.settle()
    const first = await endsAtOf()
    expect(first).toMatchObject({ labels: { alertname: 'forwarded', what: 'alien.landed', severity: 'warning' } })
    const { items } = (await server.request<{ items: { fingerprint: string }[] }>('GET', '/api/v1/alerts')).body
    expect(items.map(({ fingerprint }) => fingerprint)).toEqual([first?.fingerprint])
    server.clock.advance(30_000)
    await server.settle()
    expect(Date.parse((await endsAtOf())?.endsAt ?? '') - Date.parse(first?.endsAt ?? '')).toBe(30_000)
    server.clock.advance(40_000)
    await server.settle()
    const { body } = await server.request<{ items: { state: string }[] }>('GET', '/api/v1/alerts')
    expect(body.items).toMatchObject([{ state: 'resolved' }])
    expect(await endsAtOf()).toBeNull()
    await server.close()
  })

  test('AL16: the same script gives the same messages in the same order, group by group', async () => {
    const startedAt = Date.now()
    const played: Played[] = []
    for (const act of script.toSorted((a, b) => a.at - b.at)) {
      await until(startedAt + act.at * beatMs)
      const now = new Date()
      const later = new Date(now.getTime() + (act.do === 'silence' ? act.beats * beatMs : 600_000)).toISOString()
      if (act.do === 'silence') {
        const matchers = Object.entries(act.labels).map(([name, value]) => ({
          name,
          value,
          isRegex: false,
          isEqual: true,
        }))
        const times = { startsAt: now.toISOString(), endsAt: later }
        await post('/api/v2/silences', { matchers, ...times, createdBy: 'test', comment: 'test' })
      } else
        await post('/api/v2/alerts', [{ labels: act.labels, endsAt: act.do === 'fire' ? later : now.toISOString() }])
      played.push({ act, afterMs: Date.now() - startedAt })
    }
    await until(startedAt + lastBeat * beatMs)
    const names = new Set(script.map(({ labels }) => labels['alertname']))
    const messages = receiver.requests
      .map(({ body }) => JSON.parse(body) as AlertmanagerMessage)
      .filter(({ groupLabels }) => names.has(groupLabels['alertname']))
    const theirs = storyOf(
      messages.map(({ groupLabels, alerts }) => ({
        group: groupLabels,
        firing: alerts.filter(({ status }) => status === 'firing').map(({ labels }) => labels),
        resolved: alerts.filter(({ status }) => status === 'resolved').map(({ labels }) => labels),
      })),
    )
    expect(Object.keys(theirs).length).toBeGreaterThan(8)
    expect(ourStory(played)).toEqual(theirs)
  }, 60_000)
})

interface AlertmanagerMessage {
  readonly groupLabels: Labels
  readonly alerts: readonly { readonly status: string; readonly labels: Labels }[]
}

/** Alertmanager has no clock that a test could move. */
async function until(epochMs: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, epochMs - Date.now()))
  })
}
