import { assertInvariant } from '../../../../kernel/assert.ts'
import { addMs } from '../../../../kernel/instant.ts'
import type { Deps, Subscription } from '../../../../ports/slice.ts'
import { journalHints } from '../actions/append.ts'
import { registerSubscriptions } from '../actions/register.ts'
import { fairShare } from '../model/delivery.ts'
import { type Cursor, keepWorker, leaseLanes, releaseLanes, removeWorker } from '../store/cursors.ts'
import { hasForeignXids, hasUnreadable } from '../store/reading.ts'
import { Lane, LeaseLost } from './lane.ts'
import { JournalReader } from './reader.ts'
import { replayWanted } from './replay.ts'
import { Wake } from './wake.ts'

export interface JournalWorker {
  /** Begins to deliver: as soon as a hint comes, and every second without one. */
  start(): void
  /** Ends after the batches that run now and gives the lanes back. */
  stop(): Promise<void>
  /** Delivers everything that can be read now and is due, once, and returns the deliveries. For tests and commands. */
  runOnce(): Promise<number>
}

export interface JournalWorkerOptions {
  /** Least time between two looks at the head of the journal; gathers batches under load. Default 20. */
  readonly lingerMs?: number
  /** How often leases are renewed and lanes shared anew; a lease lasts four times as long. Default 5,000. */
  readonly leaseEveryMs?: number
}

const defaultLingerMs = 20
const pollEveryMs = 1_000
const defaultLeaseEveryMs = 5_000
const restAfterTroubleMs = 1_000
/** Looks for which `runOnce` waits until transactions elsewhere in the cluster let the last events be read. */
const mostFenceLooks = 500

/**
 * Delivers the journal to the subscribers. Any number of processes may run one: each takes its share of the lanes by
 * leases in the cursor rows. Every lane has a loop of its own, so a slow or failing subscriber delays no other.
 */
export function createJournalWorker(
  deps: Deps,
  subscriptions: readonly Subscription[],
  options: JournalWorkerOptions = {},
): JournalWorker {
  return new Worker(deps, subscriptions, options)
}

interface RunningLane {
  readonly lane: Lane
  readonly ended: Promise<void>
  stop: boolean
}

class Worker implements JournalWorker {
  readonly #deps: Deps
  readonly #subscriptions: ReadonlyMap<string, Subscription>
  readonly #reader: JournalReader
  readonly #holder: string
  readonly #wake: Wake
  readonly #leaseEveryMs: number
  readonly #lanes = new Map<string, RunningLane>()
  #running: Promise<void> | null = null
  #stopped = false
  #leasedAtMs = Number.NEGATIVE_INFINITY

  constructor(deps: Deps, subscriptions: readonly Subscription[], options: JournalWorkerOptions) {
    this.#deps = deps
    this.#subscriptions = new Map(subscriptions.map((subscription) => [subscription.name, subscription]))
    this.#reader = new JournalReader(deps, options.lingerMs ?? defaultLingerMs)
    this.#leaseEveryMs = options.leaseEveryMs ?? defaultLeaseEveryMs
    this.#holder = deps.ids.uuid()
    this.#wake = new Wake(deps.clock)
  }

  start(): void {
    if (this.#subscriptions.size === 0) return
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake.all()
    await this.#running
    this.#running = null
  }

  async runOnce(): Promise<number> {
    if (this.#subscriptions.size === 0) return 0
    assertInvariant(this.#running === null, 'a worker that was started is not run by hand')
    await registerSubscriptions(this.#deps, [...this.#subscriptions.values()])
    const lanes = (await this.#lease(Number.MAX_SAFE_INTEGER)).map((cursor) => this.#open(cursor))
    let delivered = await replayWanted(this.#deps, [...this.#subscriptions.values()])
    try {
      for (let looks = 0; looks < mostFenceLooks; ) {
        const now = await drain(lanes)
        delivered += now
        if (now > 0) continue
        if (!(await this.#deps.store.transaction('deployment', hasUnreadable))) break
        looks++
      }
    } finally {
      for (const lane of lanes) this.#reader.leave(lane)
      await this.#giveBack()
    }
    return delivered
  }

  /** Holds the leases and looks for what hints did not tell, until stopped. */
  async #run(): Promise<void> {
    const stopHints = await this.#listen()
    let registered = false
    while (!this.#stopped) {
      try {
        if (!registered) await this.#register()
        registered = true
        await this.#keepLanes()
        await replayWanted(this.#deps, [...this.#subscriptions.values()])
      } catch (error) {
        this.#deps.log.error({ error: String(error) }, 'the journal worker cannot reach its cursors; trying again')
      }
      this.#wake.all()
      if (!this.#stopped) await this.#wake.pause(Math.min(pollEveryMs, this.#leaseEveryMs), () => this.#stopped)
    }
    await Promise.all([...this.#lanes.values()].map(({ ended }) => ended))
    await stopHints()
    await this.#giveBack().catch((error: unknown) => {
      this.#deps.log.warn({ error: String(error) }, 'lanes were not given back; their leases run out by themselves')
    })
  }

  async #register(): Promise<void> {
    await registerSubscriptions(this.#deps, [...this.#subscriptions.values()])
    if (!(await this.#deps.store.transaction('deployment', hasForeignXids))) return
    const advice = 'the journal comes from another database cluster: raise this one’s transaction ids (see its README)'
    this.#deps.log.error({}, advice)
  }

  async #listen(): Promise<() => Promise<void>> {
    try {
      return await this.#deps.store.listen(journalHints, () => this.#wake.all())
    } catch (error) {
      this.#deps.log.warn({ error: String(error) }, 'no hints from the journal; polling instead')
      return async () => {}
    }
  }

  async #keepLanes(): Promise<void> {
    const nowMs = this.#deps.clock.monotonicMs()
    if (nowMs - this.#leasedAtMs < this.#leaseEveryMs) return
    const { clock, store } = this.#deps
    const until = addMs(clock.now(), this.#leaseTtlMs)
    const workers = await store.transaction('deployment', (tx) => keepWorker(tx, this.#holder, clock.now(), until))
    const share = fairShare(this.#laneCount(), workers)
    await this.#shrinkTo(share)
    const held = new Map((await this.#lease(share)).map((cursor) => [keyOf(cursor), cursor]))
    this.#leasedAtMs = nowMs
    // A lane that is missing here may only be locked by its own delivery; one that was lost finds out when it moves.
    for (const [key, cursor] of held) if (!this.#lanes.has(key)) this.#launch(key, cursor)
  }

  /** Stops lanes above the fair share and gives them to whoever came. */
  async #shrinkTo(share: number): Promise<void> {
    const extra = [...this.#lanes.entries()].slice(share)
    if (extra.length === 0) return
    for (const [, running] of extra) running.stop = true
    this.#wake.all()
    await Promise.all(extra.map(([, { ended }]) => ended))
    const kept = [...this.#lanes.values()].map(({ lane }) => ({ subscriber: lane.subscription.name, lane: lane.lane }))
    await this.#deps.store.transaction('deployment', (tx) => releaseLanes(tx, this.#holder, kept))
  }

  get #leaseTtlMs(): number {
    return 4 * this.#leaseEveryMs
  }

  #laneCount(): number {
    return [...this.#subscriptions.values()].reduce((sum, { lanes }) => sum + (lanes ?? 1), 0)
  }

  async #lease(most: number): Promise<readonly Cursor[]> {
    const { clock, store } = this.#deps
    const now = clock.now()
    const lease = { holder: this.#holder, now, until: addMs(now, this.#leaseTtlMs) }
    const names = [...this.#subscriptions.keys()]
    return await store.transaction('deployment', (tx) => leaseLanes(tx, names, lease, most))
  }

  #open(cursor: Cursor): Lane {
    const subscription = this.#subscriptions.get(cursor.subscriber)
    if (subscription === undefined) throw new Error(`broken invariant: ${cursor.subscriber} is one of our subscribers`)
    return new Lane(this.#deps, this.#reader, this.#holder, subscription, cursor)
  }

  #launch(key: string, cursor: Cursor): void {
    const lane = this.#open(cursor)
    const running: RunningLane = {
      lane,
      stop: false,
      // Begins a moment later, when `running` exists.
      ended: Promise.resolve().then(() =>
        this.#loop(running).finally(() => {
          this.#reader.leave(lane)
          this.#lanes.delete(key)
        }),
      ),
    }
    this.#lanes.set(key, running)
  }

  async #loop(running: RunningLane): Promise<void> {
    const { lane } = running
    while (!this.#stopped && !running.stop) {
      const seen = this.#wake.count
      try {
        const { idleUntil } = await lane.step(false)
        if (idleUntil === 'woken') await this.#wake.after(seen)
        else if (idleUntil !== null) {
          await this.#wake.pause(idleUntil - this.#deps.clock.now(), () => this.#stopped || running.stop)
        }
      } catch (error) {
        if (error instanceof LeaseLost) return
        const fields = { subscriber: lane.subscription.name, lane: lane.lane, error: String(error) }
        this.#deps.log.error(fields, 'a lane of the journal stopped; it is taken up again')
        await this.#wake.pause(restAfterTroubleMs, () => this.#stopped || running.stop)
        // Taken up again from what the database says.
        this.#leasedAtMs = Number.NEGATIVE_INFINITY
        return
      }
    }
  }

  async #giveBack(): Promise<void> {
    await this.#deps.store.transaction('deployment', async (tx) => {
      await releaseLanes(tx, this.#holder, [])
      await removeWorker(tx, this.#holder)
    })
  }
}

/** Steps every lane until none has anything to do now. */
async function drain(lanes: readonly Lane[]): Promise<number> {
  let delivered = 0
  for (const lane of lanes) {
    for (;;) {
      const step = await lane.step(true)
      delivered += step.delivered
      if (step.idleUntil !== null) break
    }
  }
  return delivered
}

function keyOf({ subscriber, lane }: Cursor): string {
  return `${subscriber}/${lane}`
}
