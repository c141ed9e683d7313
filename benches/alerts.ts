import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startMetaAgentProcess } from '../e2e/stage/metaagent-process.ts'
import { startWebhookServer, type WebhookServer } from '../packages/server/src/testkit/channels/webhook-server.ts'
import type { Run } from '../tools/run-named.ts'
import { startLoad } from './live/load.ts'

interface Target {
  readonly url: string
  readonly key: string
}

/**
 * From the answer of a report that makes an agent fail to the alert's message at the receiver of a webhook: `--samples`
 * (40) on an idle server, then as many while `--load` (1,000) actions a second are stored for other agents. Each agent is
 * an alert and a message of its own. The wait of a group (group_wait, 30 s unless a policy says otherwise) is there on
 * purpose, so the route has `--wait` milliseconds (0). Embedded store, one machine for everything.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      samples: { type: 'string', default: '40' },
      load: { type: 'string', default: '1000' },
      wait: { type: 'string', default: '0' },
    },
  })
  const count = Number(values.samples)
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-alerts-'))
  const receiver = await startWebhookServer()
  const server = await startMetaAgentProcess(folder, {
    METAAGENT_LOG_LEVEL: 'error',
    METAAGENT_RATE_LIMIT: 'false',
    METAAGENT_ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8',
  })
  try {
    const target = { url: server.url, key: await makeKey(server.url, String(server.signInLink)) }
    await watchFailures(target, receiver.url, Number(values.wait))
    const idle = await measure(target, receiver, 'idle', count)
    console.log(`idle: ${describe(idle)}`)
    const load = startLoad(target, Number(values.load))
    const loaded = await measure(target, receiver, 'loaded', count)
    const { actionsPerSecond, refused } = await load.stop()
    console.log(`with ${actionsPerSecond} actions/s: ${describe(loaded)}`)
    return {
      passed: idle.length + loaded.length,
      failed: 2 * count - idle.length - loaded.length + refused,
      result: { ...figures(idle), loaded: { ...figures(loaded), actionsPerSecond } },
    }
  } finally {
    await server.stop()
    await receiver.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Signs in by the printed link and makes a key that may do everything here. */
async function makeKey(url: string, signInLink: string): Promise<string> {
  const linkToken = signInLink.slice(signInLink.indexOf('#token=') + '#token='.length)
  const entered = await call<unknown>(url, 'POST', '/auth/sign-in', { linkToken }, {})
  const cookie = /metaagent_session=[^;]+/.exec(entered.headers.get('set-cookie') ?? '')?.[0] ?? ''
  const scopes = ['telemetry:write', 'alerts:read', 'alerts:write', 'channels:write']
  const own = { cookie, 'sec-fetch-site': 'same-origin' }
  const made = await call<{ secret: string }>(url, 'POST', '/identity/api-keys', { name: 'bench', scopes }, own)
  return made.body.secret
}

async function watchFailures({ url, key }: Target, hook: string, groupWaitMs: number): Promise<void> {
  const headers = { authorization: `Bearer ${key}` }
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
  const order = { name: 'bench', settings: { kind: 'webhook', url: hook }, secret }
  const channel = await call<{ channelId: string }>(url, 'POST', '/alert-channels', order, headers)
  const { policy, version } = (
    await call<{ policy: object; version: number }>(url, 'GET', '/alert-policy', undefined, headers)
  ).body
  const route = { name: 'all', channels: [channel.body.channelId], groupBy: ['alertname', 'agent'], groupWaitMs }
  await call(url, 'PUT', '/alert-policy', { policy: { ...policy, route }, expectedVersion: version }, headers)
  const condition = { kind: 'figure', figure: 'failureRate', window: '1h', operator: '>', threshold: 0.5 }
  await call(url, 'POST', '/alert-rules', { name: 'fails', severity: 'critical', condition }, headers)
}

let reported = 0

/** Makes one agent after the other fail, at moments that have nothing to do with the server's own clockwork. */
async function measure(
  target: Target,
  receiver: WebhookServer,
  name: string,
  count: number,
): Promise<readonly number[]> {
  const delays: number[] = []
  for (let sample = 0; sample < count; sample++) {
    await pause(200 + Math.random() * 1_000)
    const agent = `${name}-${sample}`
    const at = new Date().toISOString()
    reported += 1
    const executionId = `f${reported.toString(16).padStart(31, '0')}`
    const execution = { executionId, agent, status: 'failure', startedAt: at, endedAt: at }
    const headers = { authorization: `Bearer ${target.key}` }
    await call(target.url, 'POST', '/telemetry', { executions: [execution], actions: [] }, headers)
    const answeredMs = performance.now()
    const arrivedMs = await arrival(receiver, `"agent":"${agent}"`)
    if (arrivedMs !== null) delays.push(arrivedMs - answeredMs)
  }
  return delays
}

/** When a message with this text came; null when it has not within half a minute. */
async function arrival(receiver: WebhookServer, text: string): Promise<number | null> {
  for (const untilMs = performance.now() + 30_000; performance.now() < untilMs; await pause(2))
    if (receiver.requests.some(({ body }) => body.includes(text))) return performance.now()
  return null
}

async function call<Body>(
  url: string,
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly body: Body; readonly headers: Headers }> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path} was refused: ${await response.text()}`)
  return { body: (await response.json()) as Body, headers: response.headers }
}

function figures(delays: readonly number[]) {
  const sorted = delays.toSorted((a, b) => a - b)
  const quantile = (q: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN)
  return { p50Ms: quantile(0.5), p95Ms: quantile(0.95), maxMs: quantile(1) }
}

function describe(delays: readonly number[]): string {
  const { p50Ms, p95Ms, maxMs } = figures(delays)
  return `delivered after ${p50Ms} ms (p50), ${p95Ms} ms (p95), ${maxMs} ms (most), ${delays.length} messages`
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs)
  })
}
