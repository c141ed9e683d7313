import { QaReceipt, TelemetryReceipt } from '@metaagent/contract'
import type { LoggerStats, Settings } from './settings.ts'

export type RowList = 'executions' | 'actions' | 'events'

/** Where rows of a list are sent: judgments have an address of their own. */
type Destination = 'telemetry' | 'qa'

const destinationOf = (list: RowList): Destination => (list === 'events' ? 'qa' : 'telemetry')

const addresses: Readonly<Record<Destination, string>> = { telemetry: '/api/v1/telemetry', qa: '/api/v1/qa/events' }

interface Row {
  readonly list: RowList
  readonly json: string
}

const backoffFirstMs = 250
const backoffMaxMs = 30_000
/** A server stops reading at 5,000 rows of a kind and 16 MiB; a request stays well under both. */
const requestBytesMax = 2 * 1_048_576
const lossNoticeEveryMs = 60_000

/** What became of one request: what to do with its rows. */
type Outcome =
  | { readonly kind: 'stored'; readonly rejected: number }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'later'; readonly why: string; readonly waitMs: number | null }

/**
 * A bounded queue that sends batches in the background, one request at a time. Rows wait while the server is away, up
 * to the limits; beyond them new rows are dropped and counted. Nothing here throws into the agent.
 */
export class Sender {
  readonly #settings: Settings
  #queue: Row[] = []
  #queuedBytes = 0
  #inFlight = 0
  #sent = 0
  #rejected = 0
  #dropped = 0
  #lastError: string | null = null
  #failures = 0
  /** What the server asked for with Retry-After; null after other failures. */
  #waitMs: number | null = null
  #timer: ReturnType<typeof setTimeout> | null = null
  #sending: Promise<void> | null = null
  #closed = false
  #noticedAtMs = Number.NEGATIVE_INFINITY

  constructor(settings: Settings) {
    this.#settings = settings
  }

  get stats(): LoggerStats {
    return {
      queued: this.#queue.length + this.#inFlight,
      sent: this.#sent,
      rejected: this.#rejected,
      dropped: this.#dropped,
      lastError: this.#lastError,
    }
  }

  push(list: RowList, json: string): void {
    const { queueRows, queueBytes, batchRows, flushIntervalMs } = this.#settings
    const full = this.#queue.length + this.#inFlight >= queueRows || this.#queuedBytes + json.length > queueBytes
    if (this.#closed || full || this.#settings.apiKey === '') {
      this.#lastError ??= this.#settings.apiKey === '' ? 'no API key is set (METAAGENT_API_KEY)' : null
      return this.lose(1)
    }
    this.#queue.push({ list, json })
    this.#queuedBytes += json.length
    if (this.#failures === 0 && this.#queue.length >= batchRows) this.#sendSoon(0)
    else this.#sendSoon(flushIntervalMs)
  }

  /** Tries to send everything that is queued now, once each; resolves when done or given up, never rejects. */
  async flush(): Promise<void> {
    const end = this.#sent + this.#rejected + this.#dropped + this.#queue.length + this.#inFlight
    while (this.#sent + this.#rejected + this.#dropped < end) {
      const before = this.#failures
      await this.#send()
      if (this.#failures > before) return
    }
  }

  /** Flushes for at most `waitMs`, trying again while the server is away; what is left is dropped and counted. */
  async close(waitMs: number): Promise<void> {
    const untilMs = Date.now() + waitMs
    while (this.#queue.length + this.#inFlight > 0 && Date.now() < untilMs) {
      await this.flush()
      if (this.#queue.length > 0) await pause(Math.min(this.#backoffMs(), Math.max(0, untilMs - Date.now())))
    }
    this.#closed = true
    this.#cancelTimer()
    const left = this.#queue.length
    this.#queue = []
    this.#queuedBytes = 0
    if (left > 0) this.lose(left)
  }

  #sendSoon(delayMs: number): void {
    if (this.#sending !== null || this.#closed) return
    if (this.#timer !== null) {
      if (delayMs > 0) return
      this.#cancelTimer()
    }
    this.#timer = setTimeout(() => {
      this.#timer = null
      void this.#send()
    }, delayMs)
    // An agent that is done must be able to end; `beforeExit` flushes what is left.
    this.#timer.unref?.()
  }

  #cancelTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #send(): Promise<void> {
    this.#sending ??= this.#sendOne().finally(() => {
      this.#sending = null
      if (this.#queue.length === 0 || this.#closed) return
      this.#sendSoon(
        this.#failures > 0
          ? this.#backoffMs()
          : this.#queue.length >= this.#settings.batchRows
            ? 0
            : this.#settings.flushIntervalMs,
      )
    })
    return this.#sending
  }

  async #sendOne(): Promise<void> {
    this.#cancelTimer()
    const rows = this.#take()
    if (rows.length === 0) return
    const outcome = await this.#request(rows)
    this.#inFlight = 0
    switch (outcome.kind) {
      case 'stored':
        this.#failures = 0
        this.#lastError = null
        this.#sent += rows.length - outcome.rejected
        this.#rejected += outcome.rejected
        return
      case 'refused':
        this.#failures = 0
        this.#lastError = outcome.why
        this.#rejected += rows.length
        return this.#notice()
      case 'later':
        this.#failures++
        this.#lastError = outcome.why
        this.#waitMs = outcome.waitMs
        this.#queue = [...rows, ...this.#queue]
        this.#queuedBytes += bytesOf(rows)
    }
  }

  /** Exponential with full jitter (Brooker, AWS 2015), or what the server asked for. */
  #backoffMs(): number {
    if (this.#waitMs !== null) return this.#waitMs * (1 + 0.1 * Math.random())
    const ceiling = Math.min(backoffMaxMs, backoffFirstMs * 2 ** Math.min(this.#failures, 10))
    return ceiling * (0.1 + 0.9 * Math.random())
  }

  /** The oldest rows that go where the very first goes; the others keep their order. */
  #take(): readonly Row[] {
    const [first] = this.#queue
    if (first === undefined) return []
    const destination = destinationOf(first.list)
    const taken: Row[] = []
    const left: Row[] = []
    let bytes = 0
    let isFull = false
    for (const row of this.#queue) {
      const fits =
        taken.length < this.#settings.batchRows && (bytes === 0 || bytes + row.json.length <= requestBytesMax)
      if (isFull || destinationOf(row.list) !== destination) left.push(row)
      else if (!fits) {
        isFull = true
        left.push(row)
      } else {
        taken.push(row)
        bytes += row.json.length
      }
    }
    this.#queue = left
    this.#queuedBytes -= bytes
    this.#inFlight = taken.length
    return taken
  }

  async #request(rows: readonly Row[]): Promise<Outcome> {
    const { url, apiKey, requestTimeoutMs } = this.#settings
    const destination = destinationOf(rows[0]?.list ?? 'executions')
    try {
      const response = await this.#settings.fetch(`${url}${addresses[destination]}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
        body: bodyOf(destination, rows),
        signal: AbortSignal.timeout(requestTimeoutMs),
      })
      return await outcomeOf(destination, response)
    } catch (error) {
      return { kind: 'later', why: error instanceof Error ? error.message : String(error), waitMs: null }
    }
  }

  /** Counts rows that could not even be queued. */
  lose(rows = 1): void {
    this.#dropped += rows
    this.#notice()
  }

  #notice(): void {
    const nowMs = Date.now()
    if (nowMs - this.#noticedAtMs < lossNoticeEveryMs) return
    this.#noticedAtMs = nowMs
    try {
      this.#settings.onLoss(this.stats)
    } catch {
      // The callback is the agent's own code; its faults must not come back through us.
    }
  }
}

const bytesOf = (rows: readonly Row[]) => rows.reduce((sum, row) => sum + row.json.length, 0)

function bodyOf(destination: Destination, rows: readonly Row[]): string {
  const list = (name: RowList) =>
    rows
      .filter((row) => row.list === name)
      .map((row) => row.json)
      .join(',')
  return destination === 'qa'
    ? `{"events":[${list('events')}]}`
    : `{"executions":[${list('executions')}],"actions":[${list('actions')}]}`
}

async function outcomeOf(destination: Destination, response: Response): Promise<Outcome> {
  const text = await response.text()
  if (response.ok) {
    const receipt = (destination === 'qa' ? QaReceipt : TelemetryReceipt).safeParse(parseJson(text))
    return { kind: 'stored', rejected: receipt.success ? receipt.data.rejected.length : 0 }
  }
  const problem = parseJson(text) as { code?: unknown; detail?: unknown } | null
  const why =
    `${response.status} ${typeof problem?.code === 'string' ? problem.code : ''} ${typeof problem?.detail === 'string' ? problem.detail : ''}`.trim()
  const again = response.status === 429 || response.status === 408 || response.status >= 500
  if (!again) return { kind: 'refused', why }
  const seconds = Number(response.headers.get('retry-after'))
  return { kind: 'later', why, waitMs: Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 300) * 1000 : null }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs)
  })
}
