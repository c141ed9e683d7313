import { Agent as HttpAgent, request } from 'node:http'
import { Agent, TelemetryReceipt } from '@metaagent/contract'
import { CommandRefused } from '../../packages/server/src/app/commands/api.ts'
import { actionsPerBatch, batchOf, reportsOf } from './batches.ts'
import { chance } from './chance.ts'
import { watchLogs } from './ledger.ts'
import type { Access, BatchKey, Progress } from './progress.ts'
import { pause, type ServerProcess } from './server-process.ts'

export const senders = 8
/** One batch in so many is sent once without waiting for the answer, and then again, as after a lost connection. */
const dropsOneIn = 12

export interface LoadOptions {
  readonly server: ServerProcess
  readonly progress: Progress
  readonly access: Access
  readonly seed: string
  readonly round: number
  readonly baseMs: number
}

/** Agents that report, a person who decides and an auditor who watches the ledger, until they are told to stop. */
export class Load {
  readonly faults: string[] = []
  /** Resolves with the first answer: a server that has just started takes its time. */
  readonly underWay: Promise<void>
  answersDropped = 0
  #tellUnderWay = () => {}
  readonly #options: LoadOptions
  readonly #work: Promise<unknown>
  #stopped = false

  constructor(options: LoadOptions) {
    this.#options = options
    this.underWay = new Promise((resolve) => {
      this.#tellUnderWay = resolve
    })
    const sending = Array.from({ length: senders }, (_, sender) => this.#send(sender))
    this.#work = Promise.all([...sending, this.#decide(), this.#watch()])
  }

  /** From now on a broken connection is what was to be expected. */
  expectTheEnd(): void {
    this.#stopped = true
  }

  async ended(): Promise<void> {
    await this.#work
  }

  async #send(sender: number): Promise<void> {
    const { progress, seed, round, baseMs, server, access } = this.#options
    const connection = new HttpAgent({ keepAlive: true, maxSockets: 1 })
    for (let number = 0; !this.#stopped; number++) {
      const key = { round, sender, number }
      const body = Buffer.from(JSON.stringify(batchOf(seed, key, baseMs)))
      progress.add({ kind: 'sent', batch: key })
      if (chance(seed, 'drop', round, sender, number) * dropsOneIn < 1) {
        this.answersDropped += 1
        await dropped(server.url, access.apiKey, body, 40 * chance(seed, 'drop-after', round, sender, number))
      }
      if (!(await this.#deliver(connection, key, body))) break
    }
    connection.destroy()
  }

  /** Sends a batch until it is answered with 200; false when that will not happen any more. */
  async #deliver(connection: HttpAgent, key: BatchKey, body: Buffer): Promise<boolean> {
    const { progress, server, access } = this.#options
    for (;;) {
      const reply = await post(server.url, access.apiKey, body, connection).catch(() => null)
      if (reply?.status === 200) {
        const fault = receiptFault(reply.text, key)
        if (fault !== null) this.faults.push(fault)
        progress.add({ kind: 'stored', batch: key })
        this.#tellUnderWay()
        return true
      }
      if (this.#stopped) return false
      if (reply !== null && reply.status !== 429 && reply.status !== 503) {
        this.faults.push(`a batch was answered with ${reply.status}: ${reply.text.slice(0, 300)}`)
        return false
      }
      await pause(50)
    }
  }

  async #decide(): Promise<void> {
    const { progress, access, server } = this.#options
    const path = `/api/v1/agents/${access.agentId}`
    await this.#whileServed(async () => {
      progress.add({ kind: 'asked' })
      await server.api(access.apiKey).request('PATCH', path, Agent, { description: `decision ${progress.asked}` })
      progress.add({ kind: 'decided' })
      await pause(20)
    })
  }

  async #watch(): Promise<void> {
    const { progress, access, server } = this.#options
    await this.#whileServed(async () => {
      this.faults.push(...(await watchLogs(server.api(access.apiKey), progress)))
      await pause(100)
    })
  }

  async #whileServed(step: () => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      try {
        await step()
      } catch (error) {
        if (this.#stopped) return
        if (!(error instanceof CommandRefused)) throw error
        this.faults.push(error.message)
        await pause(50)
      }
    }
  }
}

/** What is wrong with a receipt: every row of the batch must be stored by it or before it. */
export function receiptFault(text: string, key: BatchKey): string | null {
  const receipt = TelemetryReceipt.safeParse(JSON.parse(text))
  if (!receipt.success) return `a receipt cannot be read: ${text.slice(0, 300)}`
  const { accepted, duplicates, rejected } = receipt.data
  if (
    rejected.length === 0 &&
    accepted.actions + duplicates.actions === actionsPerBatch &&
    accepted.executions + duplicates.executions === reportsOf(key)
  )
    return null
  return `a receipt does not account for its batch: ${text.slice(0, 300)}`
}

export interface PostReply {
  readonly status: number
  readonly text: string
}

/** Posts a batch; rejects when the connection breaks before the whole answer was read. */
export async function post(url: string, apiKey: string, body: Buffer, agent?: HttpAgent): Promise<PostReply> {
  return await new Promise((resolve, reject) => {
    const outgoing = request(
      `${url}/api/v1/telemetry`,
      { method: 'POST', headers: headersOf(apiKey, body), ...(agent === undefined ? {} : { agent }) },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.once('error', reject)
        response.once('end', () =>
          response.complete ? resolve({ status: response.statusCode ?? 0, text }) : reject(new Error('cut short')),
        )
      },
    )
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

/** Sends a batch and goes away after some milliseconds, whether or not it was answered. */
async function dropped(url: string, apiKey: string, body: Buffer, afterMs: number): Promise<void> {
  const outgoing = request(`${url}/api/v1/telemetry`, {
    method: 'POST',
    headers: headersOf(apiKey, body),
    agent: false,
  })
  outgoing.on('error', () => {})
  outgoing.end(body)
  await pause(afterMs)
  outgoing.destroy()
}

function headersOf(apiKey: string, body: Buffer) {
  return {
    authorization: `Bearer ${apiKey}`,
    'content-type': 'application/json',
    'content-length': String(body.length),
  }
}
