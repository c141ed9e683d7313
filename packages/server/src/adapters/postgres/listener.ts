import pg from 'pg'
import type { Log } from '../../ports/log.ts'
import { quoteIdentifier } from '../sql/session.ts'

const reconnectMs = { first: 250, most: 10_000 }
const coalesceMs = 5
/** PostgreSQL refuses payloads of 8,000 bytes and more. */
const payloadLimitBytes = 7_900

/**
 * Hints between processes by LISTEN and NOTIFY, on a connection of their own that comes back after a loss. Hints sent
 * while it is away are lost, which is legal: after reconnecting every listener gets one empty hint, so that it looks.
 */
export class Listener {
  readonly #connectionString: string
  readonly #log: Log
  readonly #listeners = new Map<string, Set<(payload: string) => void>>()
  readonly #outgoing = new Map<string, readonly [channel: string, payload: string]>()
  #client: pg.Client | null = null
  #connecting: Promise<pg.Client> | null = null
  #flushTimer: NodeJS.Timeout | null = null
  #reconnectTimer: NodeJS.Timeout | null = null
  #turn: Promise<void> = Promise.resolve()
  #closed = false

  constructor(connectionString: string, log: Log) {
    this.#connectionString = connectionString
    this.#log = log
  }

  /** Returns the stop function. Throws when the database cannot be reached now. */
  async listen(channel: string, onHint: (payload: string) => void): Promise<() => Promise<void>> {
    const listeners = this.#listeners.get(channel) ?? new Set()
    this.#listeners.set(channel, listeners)
    listeners.add(onHint)
    await this.#ask(`listen ${quoteIdentifier(channel)}`)
    return async () => {
      listeners.delete(onHint)
      if (listeners.size > 0) return
      this.#listeners.delete(channel)
      if (this.#client !== null) await this.#ask(`unlisten ${quoteIdentifier(channel)}`).catch(() => {})
    }
  }

  /** Sends soon; the same hint sent again before then goes once. Never throws. */
  notify(channel: string, payload: string): void {
    if (this.#closed) return
    const fitting = Buffer.byteLength(payload) > payloadLimitBytes ? '' : payload
    this.#outgoing.set(JSON.stringify([channel, fitting]), [channel, fitting])
    this.#flushTimer ??= setTimeout(() => void this.#flush(), coalesceMs)
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#flushTimer !== null) clearTimeout(this.#flushTimer)
    if (this.#reconnectTimer !== null) clearTimeout(this.#reconnectTimer)
    const client = this.#client ?? (await this.#connecting?.catch(() => null)) ?? null
    this.#client = null
    await client?.end().catch(() => {})
  }

  async #flush(): Promise<void> {
    this.#flushTimer = null
    const hints = [...this.#outgoing.values()]
    this.#outgoing.clear()
    try {
      await this.#ask('select pg_notify(channel, payload) from unnest($1::text[], $2::text[]) hint(channel, payload)', [
        hints.map(([channel]) => channel),
        hints.map(([, payload]) => payload),
      ])
    } catch (error) {
      this.#log.debug({ error: String(error), hints: hints.length }, 'hints were lost; polling makes up for them')
    }
  }

  /** One statement after the other: the connection takes the next only when it has answered. */
  async #ask(statement: string, values: readonly unknown[] = []): Promise<void> {
    const asked = this.#turn.then(async () => {
      const client = await this.#connected()
      await client.query(statement, [...values])
    })
    this.#turn = asked.catch(() => {})
    await asked
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client !== null) return this.#client
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null
    })
    return await this.#connecting
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.#connectionString, application_name: 'metaagent hints' })
    client.on('notification', ({ channel, payload }) => this.#deliver(channel, payload ?? ''))
    client.on('error', () => {})
    client.once('end', () => this.#lost(client))
    await client.connect()
    for (const channel of this.#listeners.keys()) await client.query(`listen ${quoteIdentifier(channel)}`)
    this.#client = client
    return client
  }

  #deliver(channel: string, payload: string): void {
    for (const onHint of this.#listeners.get(channel) ?? []) onHint(payload)
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client) return
    this.#client = null
    if (!this.#closed) this.#reconnect(reconnectMs.first)
  }

  #reconnect(afterMs: number): void {
    this.#reconnectTimer = setTimeout(() => void this.#tryAgain(afterMs), afterMs)
    this.#reconnectTimer.unref()
  }

  async #tryAgain(waitedMs: number): Promise<void> {
    try {
      await this.#connected()
      for (const channel of this.#listeners.keys()) this.#deliver(channel, '')
    } catch (error) {
      this.#log.warn({ error: String(error) }, 'the hint connection is down; trying again')
      if (!this.#closed) this.#reconnect(Math.min(waitedMs * 2, reconnectMs.most))
    }
  }
}
