import type { TelemetryReceipt } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { SqlError, StoreUnavailable } from '../../../../ports/store-errors.ts'
import { maskTelemetry } from '../../masking/index.ts'
import { chunksOf } from '../model/chunks.ts'
import { dayOf, mostDaysPerBatch } from '../model/days.ts'
import type { ReadBatch } from '../model/reports.ts'
import type { TelemetryRows } from '../model/rows.ts'
import { ensureDays, tooManyPartitionsCode } from '../store/partitions.ts'
import type { StoredCounts } from './commit.ts'
import { CommitMemory, commitTogether, type WaitingRows } from './group-commit.ts'

export interface IngestOptions {
  /** How long the first of a group of batches waits for others. Default 3. */
  readonly maxWaitMs?: number
  /** About the most rows of one transaction. Default 2,000. */
  readonly maxRows?: number
  /** Rows that may wait; more are refused. Default 20,000. */
  readonly queueRowsMax?: number
  /** Bytes of bodies that may be read or wait; more are refused. Default 128 MiB. */
  readonly queueBytesMax?: number
  /** Transactions at the same time. Default 3 on a server, 1 on PGlite, which has one session. */
  readonly lanes?: number
}

/** The one way in for telemetry. What `submit` answers with is stored durably. */
export interface Ingest {
  /**
   * Masks, prices and stores a batch; resolves after the commit. Refuses with `queue-full`, `too-many-partitions`,
   * `store-unavailable`, `shutting-down` or `internal-error`; a refused batch may have been stored in part and can be
   * sent again whole.
   */
  submit(organizationId: string, batch: ReadBatch): Promise<Result<TelemetryReceipt>>
  /** Sets memory aside for a body before it is read; null when there is none left. Call the function when it is done. */
  reserve(bytes: number): (() => void) | null
  /** Refuses new batches, stores what waits and ends. */
  close(): Promise<void>
}

const queueFull = refuse(
  'queue-full',
  'More telemetry waits to be stored than this server holds. Send the batch again later.',
  {
    retryAfterSeconds: 1,
  },
)
const shuttingDown = refuse(
  'shutting-down',
  'This process is shutting down. Send the batch again to another one, or later.',
  {
    retryAfterSeconds: 1,
  },
)

/** Starts the group commit: batches of all requests are collected for a few milliseconds and stored together. */
export function createIngest(deps: Deps, options: IngestOptions = {}): Ingest {
  return new GroupCommit(deps, {
    maxWaitMs: options.maxWaitMs ?? 3,
    maxRows: options.maxRows ?? 2_000,
    queueRowsMax: options.queueRowsMax ?? 20_000,
    queueBytesMax: options.queueBytesMax ?? 128 * 1_048_576,
    lanes: options.lanes ?? (deps.store.kind === 'pglite' ? 1 : 3),
  })
}

class GroupCommit implements Ingest {
  readonly #deps: Deps
  readonly #options: Required<IngestOptions>
  readonly #memory = new CommitMemory()
  readonly #partitions = new Set<string>()
  #waiting: WaitingRows[] = []
  #waitingRows = 0
  #acceptedRows = 0
  #bytes = 0
  #busyLanes = 0
  #timer: NodeJS.Timeout | null = null
  #closing = false
  #idle: (() => void) | null = null

  constructor(deps: Deps, options: Required<IngestOptions>) {
    this.#deps = deps
    this.#options = options
  }

  reserve(bytes: number): (() => void) | null {
    if (this.#bytes > 0 && this.#bytes + bytes > this.#options.queueBytesMax) return null
    this.#bytes += bytes
    let held = true
    return () => {
      if (held) this.#bytes -= bytes
      held = false
    }
  }

  async submit(organizationId: string, batch: ReadBatch): Promise<Result<TelemetryReceipt>> {
    const rows = batch.executions.length + batch.actions.length
    if (this.#closing) return shuttingDown
    if (this.#acceptedRows > 0 && this.#acceptedRows + rows > this.#options.queueRowsMax) return queueFull
    this.#acceptedRows += rows
    try {
      const ready = await this.#ensurePartitions(organizationId, batch)
      if (!ready.ok) return ready
      return await this.#store(organizationId, batch)
    } finally {
      this.#acceptedRows -= rows
      if (this.#acceptedRows === 0) this.#idle?.()
    }
  }

  async close(): Promise<void> {
    this.#closing = true
    if (this.#acceptedRows === 0) return
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve
    })
    this.#startLanes()
    await idle
  }

  async #store(organizationId: string, batch: ReadBatch): Promise<Result<TelemetryReceipt>> {
    const masked = await maskTelemetry(this.#deps, organizationId, batch)
    if (!masked.ok) return masked
    const { withheld } = masked.value
    const parts = chunksOf(masked.value).map((rows, part) => ({ ...rows, withheld: part === 0 ? withheld : 0 }))
    const stored = await Promise.all(parts.map((rows) => this.#enqueue(organizationId, rows)))
    const accepted = { executions: 0, actions: 0 }
    const duplicates = { executions: 0, actions: 0 }
    for (const result of stored) {
      if (!result.ok) return result
      accepted.executions += result.value.accepted.executions
      accepted.actions += result.value.accepted.actions
      duplicates.executions += result.value.duplicates.executions
      duplicates.actions += result.value.duplicates.actions
    }
    return ok({ accepted, duplicates, rejected: [...batch.rejected] })
  }

  async #enqueue(organizationId: string, rows: TelemetryRows): Promise<Result<StoredCounts>> {
    return await new Promise((settle) => {
      this.#waiting.push({ organizationId, rows, settle })
      this.#waitingRows += rows.executions.length + rows.actions.length
      if (this.#waitingRows >= this.#options.maxRows || this.#closing) this.#startLanes()
      // Not the clock's timer: this is a pause within one request, and must end while the tests' clock stands still.
      else this.#timer ??= setTimeout(() => this.#startLanes(), this.#options.maxWaitMs)
    })
  }

  #startLanes(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    while (this.#waiting.length > 0 && this.#busyLanes < this.#options.lanes) void this.#runLane()
  }

  /** Commits groups until nothing waits: whatever arrived during one commit goes with the next, without a pause. */
  async #runLane(): Promise<void> {
    this.#busyLanes += 1
    const stored = this.#deps.pacer.storing()
    while (this.#waiting.length > 0) await commitTogether(this.#deps, this.#memory, this.#takeGroup())
    stored()
    this.#busyLanes -= 1
  }

  #takeGroup(): readonly WaitingRows[] {
    let count = 0
    let rows = 0
    for (const part of this.#waiting) {
      const size = part.rows.executions.length + part.rows.actions.length
      if (count > 0 && rows + size > this.#options.maxRows) break
      count += 1
      rows += size
    }
    this.#waitingRows -= rows
    return this.#waiting.splice(0, count)
  }

  /** Makes the day partitions that a batch needs, in a transaction of its own; what was made once is remembered. */
  async #ensurePartitions(organizationId: string, batch: ReadBatch): Promise<Result<null>> {
    const days = new Set<string>()
    for (const { startedAt } of batch.executions) days.add(dayOf(startedAt))
    for (const { startedAt } of batch.actions) days.add(dayOf(startedAt))
    if (days.size > mostDaysPerBatch)
      return refuse(
        'too-many-partitions',
        `The rows of one batch may lie on at most ${mostDaysPerBatch} days; these lie on ${days.size}.`,
      )
    const missing = [...days].filter((day) => !this.#partitions.has(day)).sort()
    if (missing.length === 0) return ok(null)
    try {
      await this.#deps.store.transaction({ organizationId }, (tx) => ensureDays(tx, missing))
    } catch (error) {
      if (error instanceof SqlError && error.code === tooManyPartitionsCode)
        return refuse(
          'too-many-partitions',
          'The database holds as many days as it can. Drop old ones by retention first.',
        )
      if (error instanceof StoreUnavailable)
        return refuse(
          'store-unavailable',
          'The database does not answer. Send the batch again; what was stored already counts once.',
          {
            retryAfterSeconds: 2,
          },
        )
      throw error
    }
    for (const day of missing) this.#partitions.add(day)
    return ok(null)
  }
}
