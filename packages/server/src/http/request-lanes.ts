import { bucketOf, quantile } from '../kernel/latency-histogram.ts'
import { type Refusal } from '../kernel/result.ts'
import type { Clock } from '../ports/clock.ts'

export interface LaneLimits {
  /** Ordinary requests that are answered at once; more wait. */
  readonly ordinary: number
  /** Slots that only privileged clients may use, beside the ordinary ones. */
  readonly privileged: number
  /** Requests of each kind that may wait; more are refused. */
  readonly waiting: number
  /** Who waits longer is refused. */
  readonly longestWaitMs: number
}

/**
 * Sixteen handlers at once keep PostgreSQL's pool of ten and PGlite's one session busy; what is more only waits elsewhere,
 * where nobody can be let by. A thousand clients at once wait and are answered.
 */
export const defaultLanes: LaneLimits = { ordinary: 16, privileged: 4, waiting: 4_096, longestWaitMs: 30_000 }

export interface LaneFigures {
  readonly slots: number
  readonly inFlight: number
  readonly waiting: number
  /** Since the process started. */
  readonly served: number
  readonly refused: number
  /** Waiting included, of the last one to two minutes; null when nothing was answered. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}

export type Admission =
  | { readonly ok: true; readonly leave: () => void }
  | { readonly ok: false; readonly refusal: Refusal }

/**
 * Which requests are answered now and which wait: ordinary ones in their slots, first come first served; privileged ones in
 * any free slot, with some of their own, so that a flood of ordinary requests does not hold them up.
 */
export class RequestLanes {
  readonly #clock: Clock
  readonly #ordinary: Lane
  readonly #privileged: Lane

  constructor(clock: Clock, limits: LaneLimits = defaultLanes) {
    this.#clock = clock
    this.#ordinary = new Lane(clock, limits.ordinary, limits)
    this.#privileged = new Lane(clock, limits.privileged, limits)
  }

  /** Waits for a slot. Who got one calls `leave` once the answer is made. */
  async enter(isPrivileged: boolean): Promise<Admission> {
    const askedAtMs = this.#clock.monotonicMs()
    const own = isPrivileged ? this.#privileged : this.#ordinary
    // A privileged client takes an ordinary slot while its own are full: they are a reserve and no bound.
    const lane = isPrivileged && !own.isFree && this.#ordinary.isFree ? this.#ordinary : own
    const refusal = await lane.enter()
    if (refusal !== null) {
      own.note('refused')
      return { ok: false, refusal }
    }
    let left = false
    return {
      ok: true,
      leave: () => {
        if (left) return
        left = true
        lane.leave()
        own.note('served', this.#clock.monotonicMs() - askedAtMs)
      },
    }
  }

  figures(): { readonly ordinary: LaneFigures; readonly privileged: LaneFigures } {
    return { ordinary: this.#ordinary.figures(), privileged: this.#privileged.figures() }
  }
}

class Lane {
  readonly #clock: Clock
  readonly #slots: number
  readonly #limits: LaneLimits
  readonly #durations: RecentDurations
  readonly #queue = new Set<() => void>()
  #inFlight = 0
  #served = 0
  #refused = 0

  constructor(clock: Clock, slots: number, limits: LaneLimits) {
    this.#clock = clock
    this.#slots = slots
    this.#limits = limits
    this.#durations = new RecentDurations(clock)
  }

  get isFree(): boolean {
    return this.#inFlight < this.#slots && this.#queue.size === 0
  }

  async enter(): Promise<Refusal | null> {
    if (this.isFree) {
      this.#inFlight += 1
      return null
    }
    if (this.#queue.size >= this.#limits.waiting) return saturated
    return await new Promise((resolve) => {
      const begin = () => {
        cancel()
        this.#queue.delete(begin)
        this.#inFlight += 1
        resolve(null)
      }
      const cancel = this.#clock.after(this.#limits.longestWaitMs, () => {
        this.#queue.delete(begin)
        resolve(saturated)
      })
      this.#queue.add(begin)
    })
  }

  leave(): void {
    this.#inFlight -= 1
    const [next] = this.#queue
    next?.()
  }

  note(outcome: 'served' | 'refused', durationMs = 0): void {
    if (outcome === 'refused') this.#refused += 1
    else {
      this.#served += 1
      this.#durations.add(durationMs)
    }
  }

  figures(): LaneFigures {
    return {
      slots: this.#slots,
      inFlight: this.#inFlight,
      waiting: this.#queue.size,
      served: this.#served,
      refused: this.#refused,
      p50Ms: this.#durations.quantile(0.5),
      p99Ms: this.#durations.quantile(0.99),
    }
  }
}

const saturated: Refusal = {
  code: 'saturated',
  detail: 'This process answers as many requests as it can. Send this one again later.',
  extensions: { retryAfterSeconds: 1 },
}

const windowMs = 60_000

/** Durations of this minute and the one before, as histograms. */
class RecentDurations {
  readonly #clock: Clock
  #sinceMs: number
  #now = new Map<number, number>()
  #before = new Map<number, number>()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#sinceMs = clock.monotonicMs()
  }

  add(durationMs: number): void {
    this.#turn()
    const bucket = bucketOf(durationMs)
    this.#now.set(bucket, (this.#now.get(bucket) ?? 0) + 1)
  }

  quantile(q: number): number | null {
    this.#turn()
    const both = new Map(this.#before)
    for (const [bucket, count] of this.#now) both.set(bucket, (both.get(bucket) ?? 0) + count)
    return quantile(both, q)
  }

  #turn(): void {
    const nowMs = this.#clock.monotonicMs()
    const ageMs = nowMs - this.#sinceMs
    if (ageMs < windowMs) return
    this.#before = ageMs < 2 * windowMs ? this.#now : new Map()
    this.#now = new Map()
    this.#sinceMs = nowMs
  }
}
