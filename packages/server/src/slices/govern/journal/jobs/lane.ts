import type { Instant } from '../../../../kernel/instant.ts'
import type { Deps, Subscription } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { StoreUnavailable } from '../../../../ports/store-errors.ts'
import { append } from '../actions/append.ts'
import {
  batchTargetMs,
  comparePositions,
  decideFailure,
  firstBatchLimit,
  groupByOrganization,
  mostAttempts,
  nextBatchLimit,
  type PlacedEvent,
  type Position,
  wholeBatchTargetMs,
} from '../model/delivery.ts'
import { typePattern } from '../model/pattern.ts'
import { type Cursor, moveCursor, recordFailure } from '../store/cursors.ts'
import { insertDeadLetter } from '../store/dead-letters.ts'
import type { Wanted } from '../store/reading.ts'
import type { JournalReader } from './reader.ts'

/** How long a lane that only skips may go without writing its place down. */
const writeSkipsEveryMs = 1_000
const mostErrorCharacters = 2_000

/** Another worker moved this lane: its lease had run out. What this one did was rolled back. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

export interface Step {
  readonly delivered: number
  /** Null: there may be more at once. Else nothing is to be done before this instant, or before a wake-up. */
  readonly idleUntil: Instant | 'woken' | null
}

interface PreparedEvent {
  readonly placed: PlacedEvent
  /** What the subscription's `prepare` returned. */
  readonly prepared: unknown
}

/** One lane of one subscriber, as the process that holds its lease works on it. */
export class Lane {
  readonly subscription: Subscription
  readonly #deps: Deps
  readonly #reader: JournalReader
  readonly #holder: string
  readonly #wanted: Wanted
  #cursor: Cursor
  /** Everything up to here was looked at; what of it is not yet delivered is in `#queue`. */
  #lookedUpTo: Position
  #queue: readonly PlacedEvent[] = []
  #batchLimit = firstBatchLimit
  #writtenAt: Instant
  /** The event whose handler runs now, so that a failure can be laid to it. */
  #handling: PlacedEvent | null = null

  constructor(deps: Deps, reader: JournalReader, holder: string, subscription: Subscription, cursor: Cursor) {
    this.#deps = deps
    this.#reader = reader
    this.#holder = holder
    this.subscription = subscription
    this.#cursor = cursor
    this.#lookedUpTo = cursor.position
    this.#writtenAt = deps.clock.now()
    this.#wanted = { pattern: typePattern(subscription.pattern), lane: cursor.lane, lanes: subscription.lanes ?? 1 }
  }

  get lane(): number {
    return this.#cursor.lane
  }

  /** Delivers the next batch, or finds that there is nothing to do. Throws LeaseLost, or StoreUnavailable. */
  async step(now: boolean): Promise<Step> {
    const { retryAt, attempts } = this.#cursor
    if (retryAt !== null && retryAt > this.#deps.clock.now()) return { delivered: 0, idleUntil: retryAt }
    if (this.#queue.length === 0) {
      const stretch = await this.#reader.read(this, this.#lookedUpTo, this.#wanted, now)
      this.#lookedUpTo = stretch.upTo
      this.#queue = stretch.events
      if (stretch.events.length === 0) {
        await this.#writeSkips(now)
        return { delivered: 0, idleUntil: stretch.more ? null : 'woken' }
      }
    }
    // A retry goes alone, so that its neighbours are not handled again with it.
    const batch = this.#queue.slice(0, attempts > 0 ? 1 : this.#batchLimit)
    const prepared = await this.#prepare(batch)
    if (prepared.length > 0) return { delivered: await this.#deliver(prepared), idleUntil: null }
    return { delivered: 0, idleUntil: null }
  }

  /** Writes the place down, so that skipped events are not looked at again after a restart. */
  async #writeSkips(always: boolean): Promise<void> {
    if (comparePositions(this.#lookedUpTo, this.#cursor.position) <= 0) return
    if (!always && this.#deps.clock.now() - this.#writtenAt < writeSkipsEveryMs) return
    const to = this.#lookedUpTo
    await this.#deps.store.transaction('deployment', (tx) => this.#move(tx, to, 0, 0))
    this.#moved(to)
  }

  /**
   * Does the slow work of the first events, while no transaction is open: as many as take the time of one batch. An
   * event whose preparation fails ends the batch, and is recorded as failed when it stands at the head.
   */
  async #prepare(batch: readonly PlacedEvent[]): Promise<readonly PreparedEvent[]> {
    const { prepare } = this.subscription
    if (prepare === undefined) return batch.map((placed) => ({ placed, prepared: undefined }))
    const done: PreparedEvent[] = []
    const startedMs = this.#deps.clock.monotonicMs()
    for (const placed of batch) {
      try {
        done.push({ placed, prepared: await prepare(this.#deps, placed.event) })
      } catch (error) {
        if (done.length === 0) await this.#failed(placed, error)
        break
      }
      if (this.#deps.clock.monotonicMs() - startedMs > batchTargetMs) break
    }
    return done
  }

  /**
   * Delivers the batch in one transaction. When a handler fails, what stands before its event is delivered without it,
   * and the failure is recorded. Returns how many events were delivered.
   */
  async #deliver(batch: readonly PreparedEvent[]): Promise<number> {
    let trying = batch
    let failure: { readonly placed: PlacedEvent; readonly error: unknown } | null = null
    while (trying.length > 0) {
      try {
        const handlingMs = await this.#handleAll(trying)
        const targetMs = this.subscription.handleBatch === undefined ? batchTargetMs : wholeBatchTargetMs
        this.#batchLimit = nextBatchLimit(this.#batchLimit, trying.length, handlingMs, targetMs)
        break
      } catch (error) {
        if (error instanceof LeaseLost || error instanceof StoreUnavailable) throw error
        this.#batchLimit = 1
        const placed = this.#handling ?? (trying.length === 1 ? (trying[0]?.placed ?? null) : null)
        // Whose fault it was is unknown only when the commit itself failed: then one by one.
        failure = placed === null ? null : { placed, error }
        trying = trying.slice(0, placed === null ? 1 : trying.findIndex((item) => item.placed === placed))
      }
    }
    if (failure !== null) await this.#failed(failure.placed, failure.error)
    return trying.length
  }

  /** Returns how long the handlers took; what the transaction itself costs is the same for any batch. */
  async #handleAll(batch: readonly PreparedEvent[]): Promise<number> {
    const { clock } = this.#deps
    let handlingMs = 0
    const to = batch.at(-1)?.placed.position ?? this.#cursor.position
    this.#handling = null
    await this.#deps.store.transaction('deployment', async (tx) => {
      for (const [organizationId, events] of groupByOrganization(batch)) {
        await tx.within({ organizationId }, async (inner) => {
          const startedMs = clock.monotonicMs()
          await this.#handleThose(inner, events)
          handlingMs += clock.monotonicMs() - startedMs
        })
      }
      await this.#move(tx, to, batch.length, 0)
    })
    this.#queue = this.#queue.slice(batch.length)
    this.#moved(to)
    return handlingMs
  }

  async #handleThose(tx: Tx, events: readonly PreparedEvent[]): Promise<void> {
    const { handle, handleBatch } = this.subscription
    if (handleBatch !== undefined && events.length > 1) {
      // Whose fault a failure is remains unknown: the events are then handled one by one.
      const batch = events.map(({ placed }) => placed.event)
      await handleBatch(this.#deps, tx, batch)
      return
    }
    for (const { placed, prepared } of events) {
      this.#handling = placed
      await handle(this.#deps, tx, placed.event, prepared)
    }
    // What fails from here on is no event's fault.
    this.#handling = null
  }

  async #move(tx: Tx, to: Position, delivered: number, deadLetters: number): Promise<void> {
    const moved = await moveCursor(tx, { holder: this.#holder, from: this.#cursor, to, delivered, deadLetters })
    if (!moved) throw new LeaseLost()
  }

  #moved(to: Position): void {
    this.#cursor = { ...this.#cursor, position: to, attempts: 0, retryAt: null }
    this.#writtenAt = this.#deps.clock.now()
  }

  async #failed({ event, position }: PlacedEvent, error: unknown): Promise<void> {
    const verdict = decideFailure(this.#cursor.attempts, this.#deps.clock.now())
    const text = errorText(error)
    const { name } = this.subscription
    const fields = {
      subscriber: name,
      eventId: event.eventId,
      type: event.type,
      attempts: verdict.attempts,
      error: text,
    }
    if (verdict.kind === 'retry') {
      const { attempts, retryAt } = verdict
      const { organizationId } = event
      const failure = { holder: this.#holder, at: this.#cursor, attempts, retryAt, organizationId, error: text }
      const kept = await this.#deps.store.transaction('deployment', (tx) => recordFailure(tx, failure))
      if (!kept) throw new LeaseLost()
      this.#cursor = { ...this.#cursor, attempts, retryAt }
      this.#deps.log.warn(fields, 'a subscriber failed; the event will be tried again')
      return
    }
    await this.#deps.store.transaction('deployment', async (tx) => {
      await tx.within({ organizationId: event.organizationId }, (inner) =>
        this.#setAside(inner, event.eventId, event.type, text),
      )
      await this.#move(tx, position, 0, 1)
    })
    this.#queue = this.#queue.slice(1)
    this.#moved(position)
    this.#deps.log.error(fields, 'a subscriber failed for the last time; the event is in the dead letters')
  }

  async #setAside(tx: Tx, eventId: string, type: string, error: string): Promise<void> {
    const { ids, clock } = this.#deps
    const { name: subscriber } = this.subscription
    const letter = { deadLetterId: ids.uuid(), subscriber, eventId, error, attempts: mostAttempts }
    await insertDeadLetter(tx, { ...letter, createdAt: clock.now() })
    // A subscriber that fails on everything must not fail on the news of its failures for ever.
    if (type === 'journal.delivery.dead_lettered') return
    await append(this.#deps, tx, [
      {
        type: 'journal.delivery.dead_lettered',
        subject: `subscriber/${subscriber}`,
        actor: { kind: 'system', id: 'journal' },
        causationId: eventId,
        payload: { subscriber, eventId, attempts: mostAttempts, error },
      },
    ])
  }
}

/** The error as it is kept: short, and without characters that a text column refuses. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return text.replaceAll('\0', '').toWellFormed().slice(0, mostErrorCharacters)
}
