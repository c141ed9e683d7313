import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { QaReceipt, SubscriberList } from '@metaagent/contract'
import type { z } from 'zod'
import { seededRandom } from '../packages/server/src/testkit/seeded-random.ts'
import type { Run } from '../tools/run-named.ts'
import { type BenchServer, startBenchServer, withPostgres } from './ingest/bench-server.ts'

/** Right with these probabilities, so that they contradict each other on half of the items. */
const judges = [0.9, 0.8, 0.75, 0.7].map((accuracy, at) => ({ name: `judge-${at + 1}`, accuracy }))
const metrics = ['correctness', 'politeness', 'policy'] as const
const batchEvents = 500
const senders = 4
/** A rate that engines cannot keep is no rate: senders wait while one of them has so many events before it. */
const mostBehind = 5_000
/** Of the items, so many have their truth known before judges speak of them: trust is measured on those. */
const labelledShare = 0.1

interface Figures {
  readonly eventsPerSecond: number
  readonly items: number
  readonly decisions: number
  readonly audited: number
  readonly serverCpuUsPerEvent: number
}

/**
 * QA events per second that went through trust, arbitration and drift: posted in batches of 500 by four senders over HTTP,
 * four judges on each item of three metrics, a tenth of the items labelled. Senders wait while an engine is
 * 5,000 events behind, and the clock runs from the first request until
 * every engine has committed what it made of every event. `--events 40000` (half of that on PGlite), `--store postgres|pglite`,
 * `--profile` leaves a CPU profile of the server in the current folder.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      events: { type: 'string', default: '40000' },
      store: { type: 'string', default: 'both' },
      profile: { type: 'boolean', default: false },
    },
  })
  const events = Number(values.events)
  const result: Record<string, Figures> = {}
  if (values.store !== 'pglite')
    result['postgres'] = await withPostgres(({ environment }) => measure(environment, events, values.profile))
  if (values.store !== 'postgres') {
    const folder = mkdtempSync(join(tmpdir(), 'metaagent-bench-'))
    const environment = { METAAGENT_DATA_DIR: folder, METAAGENT_DURABILITY: 'synced' }
    try {
      result['pglite'] = await measure(environment, Math.round(events / 2), values.profile)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  for (const [store, figures] of Object.entries(result)) console.log(store, figures)
  return { passed: Object.keys(result).length, failed: 0, result }
}

async function measure(
  environment: Readonly<Record<string, string>>,
  events: number,
  profile: boolean,
): Promise<Figures> {
  const server = await startBenchServer(profile, environment)
  const api = new Api(server)
  try {
    const random = seededRandom(20_261_121)
    await send(api, itemsOf('warm-up', 1_000, random))
    await drained(api)
    const items = itemsOf('measured', Math.ceil(events / judges.length), random)
    await label(api, items)
    await drained(api)
    const usedMs = await server.cpuMs()
    const startedMs = performance.now()
    const accepted = await send(api, items)
    await drained(api)
    const tookMs = performance.now() - startedMs
    const cpuMs = (await server.cpuMs()) - usedMs
    const decided = await api.count('/api/v1/arbitrations?')
    if (decided < items.length) throw new Error(`${decided} of ${items.length} items are decided`)
    const figures = {
      eventsPerSecond: Math.round((accepted * 1_000) / tookMs),
      items: items.length,
      decisions: await api.count('/api/v1/arbitrations?superseded=true&'),
      audited: await api.count('/api/v1/trust/journal?'),
      serverCpuUsPerEvent: Math.round((cpuMs * 1_000) / accepted),
    }
    console.log(figures)
    return figures
  } finally {
    api.end()
    await server.end()
  }
}

interface Item {
  readonly id: string
  readonly metric: string
  readonly good: boolean
  readonly labelled: boolean
  readonly verdicts: readonly { readonly judge: string; readonly passes: boolean }[]
}

function itemsOf(prefix: string, count: number, random: { unit(): number }): readonly Item[] {
  return Array.from({ length: count }, (_, at) => {
    const good = random.unit() < 0.7
    return {
      id: `${prefix}/${at}`,
      metric: metrics[at % metrics.length] ?? metrics[0],
      good,
      labelled: random.unit() < labelledShare,
      verdicts: judges.map(({ name, accuracy }) => ({ judge: name, passes: random.unit() < accuracy === good })),
    }
  })
}

async function label(api: Api, items: readonly Item[]): Promise<void> {
  const labels = items
    .filter(({ labelled }) => labelled)
    .map(({ id, metric, good }) => ({ subject: { kind: 'artifact', id }, metric, verdict: good ? 'pass' : 'fail' }))
  for (let at = 0; at < labels.length; at += batchEvents)
    await api.post('/api/v1/qa/labels', { labels: labels.slice(at, at + batchEvents) })
}

/** Sends every verdict, the judges of an item in one batch; returns how many were accepted. Throws when one was not. */
async function send(api: Api, items: readonly Item[]): Promise<number> {
  const events = items.flatMap(({ id, metric, verdicts }) =>
    verdicts.map(({ judge, passes }) => ({
      type: passes ? 'qa_success' : 'qa_failure',
      judge,
      judgeKind: 'model',
      subject: { kind: 'artifact', id },
      metric,
      score: { value: passes ? 0.9 : 0.2, min: 0, max: 1, passFrom: 0.5 },
      confidence: 0.8,
      explanation: 'The answer names the fare rules that apply and offers the customer two ways to go on.',
      correlationId: `${id}/${metric}`,
      idempotencyKey: `${id}/${metric}/${judge}`,
    })),
  )
  let at = 0
  let accepted = 0
  let behind = 0
  let done = false
  const watching = (async () => {
    while (!done) {
      behind = Math.max(...(await engineLags(api)))
      await pause(500)
    }
  })()
  const sender = async () => {
    while (at < events.length) {
      if (behind > mostBehind) {
        await pause(20)
        continue
      }
      const batch = events.slice(at, at + batchEvents)
      at += batch.length
      const receipt = await api.post<QaReceipt>('/api/v1/qa/events', { events: batch })
      accepted += receipt.accepted
      if (receipt.accepted !== batch.length)
        throw new Error(`${receipt.accepted} of ${batch.length} accepted: ${JSON.stringify(receipt.rejected[0])}`)
    }
  }
  await Promise.all(Array.from({ length: senders }, sender))
  done = true
  await watching
  return accepted
}

/** How many events each engine has not seen yet. Throws when one gave up on an event. */
async function engineLags(api: Api): Promise<readonly number[]> {
  const { items } = await api.get<z.output<typeof SubscriberList>>('/api/v1/journal/subscribers')
  const engines = items.filter(({ name }) => name.startsWith('meta-agent.'))
  if (engines.length !== 3) throw new Error('the engines are not registered')
  const failed = engines.find(({ deadLetters }) => deadLetters > 0)
  if (failed !== undefined) throw new Error(`${failed.name} failed: ${failed.lastError}`)
  return engines.map(({ lagEvents }) => lagEvents ?? 0)
}

/** Waits until every engine has seen everything: what it makes of an event is committed with its place in the journal. */
async function drained(api: Api): Promise<void> {
  while ((await engineLags(api)).some((lag) => lag > 0)) await pause(200)
}

/** The server's API with a few connections that stay open. */
class Api {
  readonly #agent = new Agent({ keepAlive: true })
  readonly #server: Pick<BenchServer, 'port' | 'key'>

  constructor(server: Pick<BenchServer, 'port' | 'key'>) {
    this.#server = server
  }

  get = <Reply>(path: string) => this.#ask<Reply>('GET', path, null)
  post = <Reply>(path: string, body: unknown) => this.#ask<Reply>('POST', path, JSON.stringify(body))
  end = () => this.#agent.destroy()

  /** How many rows a list has; the path ends where the next parameter begins. */
  async count(list: string): Promise<number> {
    let found = 0
    let cursor: string | null = null
    do {
      const at: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page: { items: readonly unknown[]; nextCursor: string | null } = await this.get(`${list}limit=200${at}`)
      found += page.items.length
      cursor = page.nextCursor
    } while (cursor !== null)
    return found
  }

  #ask<Reply>(method: string, path: string, body: string | null): Promise<Reply> {
    const { port, key } = this.#server
    const headers = { authorization: `Bearer ${key}`, ...(body === null ? {} : { 'content-type': 'application/json' }) }
    return new Promise((resolve, reject) => {
      const asked = httpRequest({ port, host: '127.0.0.1', method, path, agent: this.#agent, headers }, (reply) => {
        const chunks: Buffer[] = []
        reply.on('data', (chunk: Buffer) => chunks.push(chunk))
        reply.on('error', reject)
        reply.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if ((reply.statusCode ?? 500) > 299) reject(new Error(`${method} ${path}: ${reply.statusCode} ${text}`))
          else resolve(JSON.parse(text) as Reply)
        })
      })
      asked.on('error', reject)
      asked.end(body ?? undefined)
    })
  }
}
