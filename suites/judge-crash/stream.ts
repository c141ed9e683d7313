import { chance } from '../crash/chance.ts'
import { pause, type ServerProcess } from '../crash/server-process.ts'
import type { Access } from './ground.ts'

const judges = ['strict', 'lenient', 'noisy', 'backwards', 'copy', 'the world'] as const
const metrics = ['tone', 'facts'] as const
const itemsPerRound = 12
const senders = 2

interface Sent {
  readonly events?: readonly { readonly idempotencyKey: string }[]
}

/** What was sent while a server was killed under it. */
export interface Streamed {
  /** Idempotency keys of verdicts that were acknowledged. */
  readonly acknowledged: readonly string[]
  readonly requests: number
  readonly faults: readonly string[]
}

/**
 * Streams verdicts, golds and labels that change from two connections, seeded by the round, until the server is gone. Items
 * of the two rounds before come again, so that golds audit verdicts over a crash, and requests are sent twice.
 */
export class Stream {
  readonly #server: ServerProcess
  readonly #access: Access
  readonly #seed: string
  readonly #round: number
  readonly #acknowledged: string[] = []
  readonly #faults: string[] = []
  readonly #ended: Promise<unknown>
  #requests = 0
  #isOver = false

  constructor(server: ServerProcess, access: Access, seed: string, round: number) {
    this.#server = server
    this.#access = access
    this.#seed = seed
    this.#round = round
    this.#ended = Promise.all(Array.from({ length: senders }, (_, sender) => this.#send(sender)))
  }

  /** Waits until so much was acknowledged, at most so long. */
  async underWay(): Promise<void> {
    for (let tries = 0; this.#acknowledged.length === 0 && this.#faults.length === 0 && tries < 2_000; tries++)
      await pause(5)
  }

  /** From now on an unanswered request is no fault. */
  expectTheEnd(): void {
    this.#isOver = true
  }

  async end(): Promise<Streamed> {
    this.#isOver = true
    await this.#ended
    return { acknowledged: this.#acknowledged, requests: this.#requests, faults: this.#faults }
  }

  async #send(sender: number): Promise<void> {
    for (let number = 0; !this.#isOver; number++) {
      const isLabel = number % 3 === 2
      const body: Sent = isLabel ? this.#labels(sender, number) : this.#events(sender, number)
      const again = this.#chance(sender, number, 'again') < 0.1
      for (const _ of again ? [1, 2] : [1]) await this.#post(isLabel ? 'labels' : 'events', body)
    }
  }

  async #post(what: 'events' | 'labels', body: Sent): Promise<void> {
    this.#requests++
    try {
      const response = await fetch(`${this.#server.url}/api/v1/qa/${what}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.#access.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      const text = await response.text()
      const rejected =
        response.status === 200 ? ((JSON.parse(text) as { rejected?: unknown[] }).rejected ?? []) : [text]
      if (rejected.length > 0) this.#faults.push(`${what} were answered with ${response.status} ${text.slice(0, 300)}`)
      else this.#acknowledged.push(...(body.events ?? []).map(({ idempotencyKey }) => idempotencyKey))
    } catch (error) {
      if (!this.#isOver) this.#faults.push(`${what} were not answered before the kill: ${String(error)}`)
    }
  }

  #chance(...labels: readonly (string | number)[]): number {
    return chance(this.#seed, 'trust', this.#round, ...labels)
  }

  #subject(...labels: readonly (string | number)[]) {
    const round = Math.max(0, this.#round - Math.floor(3 * this.#chance(...labels, 'round')))
    return { kind: 'artifact', id: `${round}/${Math.floor(itemsPerRound * this.#chance(...labels, 'item'))}` } as const
  }

  #events(sender: number, number: number) {
    const count = 3 + Math.floor(30 * this.#chance(sender, number, 'count'))
    const events = Array.from({ length: count }, (_, at) => {
      const of = (what: string) => this.#chance(sender, number, at, what)
      const judge = judges[Math.floor(judges.length * of('judge'))] ?? 'strict'
      const isGold = judge === 'the world'
      const type = !isGold && of('warns') < 0.05 ? 'qa_warning' : of('passes') < 0.6 ? 'qa_success' : 'qa_failure'
      const order = of('order') < 0.2 ? (of('swapped') < 0.5 ? 'as-given' : 'swapped') : null
      return {
        type,
        judge,
        judgeKind: isGold ? 'outcome' : 'model',
        subject: this.#subject(sender, number, at),
        metric: metrics[Math.floor(metrics.length * of('metric'))] ?? 'tone',
        order,
        idempotencyKey: `${this.#round}.${sender}.${number}.${at}`,
      }
    })
    return { events }
  }

  #labels(sender: number, number: number): object {
    const labels = Array.from({ length: 1 + Math.floor(4 * this.#chance(sender, number, 'count')) }, (_, at) => {
      const of = (what: string) => this.#chance(sender, number, at, what)
      const verdict = of('taken back') < 0.15 ? null : of('passes') < 0.6 ? 'pass' : 'fail'
      return { subject: this.#subject(sender, number, at), metric: metrics[at % metrics.length], verdict }
    })
    return { labels }
  }
}
