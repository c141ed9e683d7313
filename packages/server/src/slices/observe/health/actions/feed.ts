import type { FleetHealth } from '@metaagent/contract'
import type { Deps, StreamEvent } from '../../../../ports/slice.ts'
import { journalHints } from '../../../govern/journal/index.ts'
import { fleetChange } from '../model/telling.ts'
import { type FleetQuestion, fleetHealth } from './judge.ts'

/** A burst of commits gives one new picture; with this wait a commit still shows well within a second. */
const settleMs = 200
/** Windows slide while nothing comes in, and a hint may be lost. */
const refreshEveryMs = 15_000

/**
 * The live picture of one organization's fleet for everybody who watches it through this process: computed once per
 * question however many watch, after hints of the journal and every 15 s. Lives as long as somebody watches.
 */
class FleetFeed {
  readonly #deps: Deps
  readonly #organizationId: string
  readonly #question: FleetQuestion
  readonly #onEmpty: () => void
  readonly #watchers = new Set<Watcher>()
  #picture: Promise<FleetHealth> | null = null
  #cancelTimer = () => {}
  #settling = false
  #stopListening: Promise<() => Promise<void>> | null = null

  constructor(deps: Deps, organizationId: string, question: FleetQuestion, onEmpty: () => void) {
    this.#deps = deps
    this.#organizationId = organizationId
    this.#question = question
    this.#onEmpty = onEmpty
  }

  async *watch(signal: AbortSignal): AsyncIterable<StreamEvent> {
    const watcher = new Watcher()
    this.#watchers.add(watcher)
    this.#stopListening ??= this.#deps.store.listen(journalHints, () => this.#hint())
    const wake = () => watcher.close()
    signal.addEventListener('abort', wake, { once: true })
    try {
      await this.#stopListening
      this.#picture ??= this.#read()
      this.#refreshLater()
      watcher.push({ event: 'fleet', data: await this.#picture })
      yield* watcher.events()
    } finally {
      signal.removeEventListener('abort', wake)
      this.#watchers.delete(watcher)
      if (this.#watchers.size === 0) await this.#end()
    }
  }

  #hint(): void {
    if (this.#settling || this.#watchers.size === 0) return
    this.#settling = true
    this.#cancelTimer()
    this.#cancelTimer = this.#deps.clock.after(settleMs, () => {
      this.#settling = false
      void this.#refresh()
    })
  }

  #refreshLater(): void {
    if (this.#settling) return
    this.#cancelTimer()
    this.#cancelTimer = this.#deps.clock.after(refreshEveryMs, () => void this.#refresh())
  }

  async #refresh(): Promise<void> {
    try {
      const before = await this.#picture
      const after = await this.#read()
      this.#picture = Promise.resolve(after)
      const change = before === null ? { reshaped: true, changed: [] } : fleetChange(before, after)
      for (const watcher of this.#watchers) {
        if (change.reshaped) watcher.push({ event: 'fleet', data: after })
        for (const health of change.changed) watcher.push({ event: 'agent', data: health })
      }
    } catch (error) {
      this.#deps.log.warn({ error: String(error) }, 'the live fleet could not be read; the next turn tries again')
    }
    if (this.#watchers.size > 0) this.#refreshLater()
  }

  #read(): Promise<FleetHealth> {
    return this.#deps.store.transaction({ organizationId: this.#organizationId }, (tx) =>
      fleetHealth(this.#deps, tx, this.#question),
    )
  }

  async #end(): Promise<void> {
    this.#cancelTimer()
    this.#settling = false
    const listening = this.#stopListening
    this.#stopListening = null
    this.#picture = null
    this.#onEmpty()
    const stop = await listening
    await stop?.()
  }
}

/** One open stream. A slow reader gets the newest picture of each agent, not a backlog. */
class Watcher {
  #waiting = new Map<string, StreamEvent>()
  #wake: (() => void) | null = null
  #closed = false

  push(event: StreamEvent): void {
    if (event.event === 'fleet') this.#waiting.clear()
    const key = event.event === 'fleet' ? 'fleet' : (event.data as { agentId: string }).agentId
    this.#waiting.set(key, event)
    this.#wake?.()
  }

  close(): void {
    this.#closed = true
    this.#wake?.()
  }

  async *events(): AsyncIterable<StreamEvent> {
    while (!this.#closed) {
      const batch = this.#waiting
      this.#waiting = new Map()
      yield* batch.values()
      if (this.#waiting.size === 0 && !this.#closed)
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      this.#wake = null
    }
  }
}

const feeds = new WeakMap<Deps['store'], Map<string, FleetFeed>>()

/** Events of the live fleet: first the whole picture (`fleet`), then what changed (`agent`, or `fleet` again). */
export function watchFleet(
  deps: Deps,
  organizationId: string,
  question: FleetQuestion,
  signal: AbortSignal,
): AsyncIterable<StreamEvent> {
  const ofStore = feeds.get(deps.store) ?? new Map<string, FleetFeed>()
  feeds.set(deps.store, ofStore)
  const key = JSON.stringify([organizationId, question.window, question.environment ?? null, question.domain ?? null])
  let feed = ofStore.get(key)
  if (feed === undefined) {
    const made = new FleetFeed(deps, organizationId, question, () => {
      if (ofStore.get(key) === made) ofStore.delete(key)
    })
    feed = made
    ofStore.set(key, feed)
  }
  return feed.watch(signal)
}
