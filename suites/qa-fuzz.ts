import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type JudgmentPage, type QaReceipt, refusals, scopesOfRole } from '@metaagent/contract'
import type { z } from 'zod'
import { pinoLog } from '../packages/server/src/adapters/system/pino-log.ts'
import { readConfig } from '../packages/server/src/app/config.ts'
import { type Running, startMetaAgent } from '../packages/server/src/app/main.ts'
import { instantFromEpochMs } from '../packages/server/src/kernel/instant.ts'
import { issueApiKey } from '../packages/server/src/slices/govern/identity/index.ts'
import { readIncoming } from '../packages/server/src/slices/judge/judgments/model/incoming.ts'
import { shippedStatusWords } from '../packages/server/src/slices/judge/judgments/model/status-words.ts'
import { seededRandom } from '../packages/server/src/testkit/seeded-random.ts'
import { freePort } from '../tools/free-port.ts'
import type { Run } from '../tools/run-named.ts'
import { Chance, honestEvent, hostileBodies, malformedEvent } from './qa-fuzz/malformed.ts'

const address = '/api/v1/qa/events'
const batchEvents = 250

/** What was found; everything but the first two has to stay 0. */
interface Tally {
  events: number
  overHttp: number
  /** Threw, or was answered with a fault of ours. */
  crashed: number
  /** Accepted, or refused without a known code, a place or a sentence. */
  unrefused: number
}

/**
 * Malformed QA events of one seed: `--events` (100,000) through the reader alone, `--http` (10,000) in batches over HTTP to a
 * whole server, with bodies that are no batch at all. Each must be refused with a reason and nothing of them stored, and
 * honest events must be taken before and after. `--seed` (1).
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      events: { type: 'string', default: '100000' },
      http: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
    },
  })
  const chance = new Chance(seededRandom(Number(values.seed)))
  const tally: Tally = { events: 0, overHttp: 0, crashed: 0, unrefused: 0 }
  readAll(chance, Number(values.events), tally)
  const stored = await sendAll(chance, Number(values.http), tally)
  const { crashed, unrefused } = tally
  const wrong = crashed + unrefused + stored
  return { passed: tally.events + tally.overHttp - crashed - unrefused, failed: wrong, result: { ...tally, stored } }
}

function readAll(chance: Chance, count: number, tally: Tally): void {
  const now = instantFromEpochMs(Date.now())
  const given = { words: shippedStatusWords, correlationId: 'a story', now }
  for (let index = 0; index < count; index++) {
    const { value, by } = malformedEvent(chance)
    tally.events += 1
    try {
      const read = readIncoming(value, given)
      if (read.ok || !isReason(read.refusal)) complain(tally, 'unrefused', by, value)
    } catch (error) {
      complain(tally, 'crashed', by, String(error))
    }
  }
  if ('polluted' in {}) complain(tally, 'crashed', 'a prototype was changed', null)
}

function isReason({ code, detail }: { readonly code: string; readonly detail: string }): boolean {
  return code in refusals && code !== 'internal-error' && detail.length > 20 && !detail.includes('undefined')
}

/** Sends malformed events and bodies to a whole server; answers how much of them it stored. */
async function sendAll(chance: Chance, count: number, tally: Tally): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-qa-fuzz-'))
  const rateLimit = { enabled: false, apiPerMinute: 1, ingestPerMinute: 1 }
  const config = { ...readConfig({}), dataDir: folder, port: await freePort(), rateLimit }
  const running = await startMetaAgent(config, pinoLog('error'))
  try {
    const client = new Client(running.url, await adminKey(running))
    const honest = Array.from({ length: 20 }, () => honestEvent(chance))
    const before = await client.accepted(honest)
    for (const body of hostileBodies) await refuseBody(client, body, tally)
    for (let sent = 0; sent < count; sent += batchEvents) await refuseBatch(client, chance, tally)
    const between = await client.stored()
    const after = await client.accepted(honest.slice(0, 1).map((event) => ({ ...event, judge: 'another judge' })))
    if (before === 0 || after === 0) complain(tally, 'crashed', 'honest events are not taken', { before, after })
    return between - before
  } finally {
    await running.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function refuseBody(client: Client, body: string | Uint8Array, tally: Tally): Promise<void> {
  tally.overHttp += 1
  const { status, reply } = await client.post(body)
  const isBatch = status === 200 && (reply as QaReceipt).accepted === 0
  if (status >= 500 || status === 0) complain(tally, 'crashed', 'a hostile body', { status, reply })
  else if (!isBatch && !isReason(reply as { code: string; detail: string }))
    complain(tally, 'unrefused', 'a hostile body', { status, reply })
}

async function refuseBatch(client: Client, chance: Chance, tally: Tally): Promise<void> {
  const batch = Array.from({ length: batchEvents }, () => sendable(chance))
  tally.overHttp += batch.length
  const { status, reply } = await client.post(JSON.stringify({ events: batch.map(({ value }) => value) }))
  if (status !== 200) return complain(tally, 'crashed', 'a batch', { status, reply })
  const { rejected } = reply as QaReceipt
  const refused = new Set(rejected.filter(isReason).map(({ index }) => index))
  for (const [index, { by, value }] of batch.entries()) if (!refused.has(index)) complain(tally, 'unrefused', by, value)
}

function sendable(chance: Chance) {
  for (;;) {
    const event = malformedEvent(chance)
    if (event.isJson) return event
  }
}

function complain(tally: Tally, kind: 'crashed' | 'unrefused', by: string, what: unknown): void {
  tally[kind] += 1
  if (tally[kind] <= 20) console.log(`${kind}: ${by}: ${String(JSON.stringify(what)).slice(0, 300)}`)
}

class Client {
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>

  constructor(url: string, key: string) {
    this.#url = url
    this.#headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  }

  /** Status 0: no answer came. */
  async post(body: string | Uint8Array): Promise<{ readonly status: number; readonly reply: unknown }> {
    try {
      const sent = { method: 'POST', headers: this.#headers, body: body as string | Uint8Array<ArrayBuffer> }
      const response = await fetch(`${this.#url}${address}`, sent)
      return { status: response.status, reply: await response.json() }
    } catch (error) {
      return { status: 0, reply: String(error) }
    }
  }

  async accepted(events: readonly unknown[]): Promise<number> {
    const { reply } = await this.post(JSON.stringify({ events }))
    return (reply as QaReceipt).accepted ?? 0
  }

  /** How many judgments there are. */
  async stored(): Promise<number> {
    let count = 0
    let cursor = ''
    do {
      const response = await fetch(`${this.#url}/api/v1/judgments?limit=200${cursor}`, { headers: this.#headers })
      const { items, nextCursor } = (await response.json()) as z.output<typeof JudgmentPage>
      count += items.length
      cursor = nextCursor === null ? '' : `&cursor=${encodeURIComponent(nextCursor)}`
    } while (cursor !== '')
    return count
  }
}

async function adminKey({ composed: { deps }, organizationId }: Running): Promise<string> {
  const { secret } = await deps.store.transaction({ organizationId }, (tx) =>
    issueApiKey(deps, tx, {
      name: 'qa-fuzz',
      scopes: [...scopesOfRole.admin],
      expiresAt: null,
      actor: { kind: 'system', id: 'qa-fuzz' },
    }),
  )
  return secret
}
