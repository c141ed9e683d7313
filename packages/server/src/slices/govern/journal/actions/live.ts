import type { Deps, StreamEvent } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { whileSomebodyWaits } from '../../../../ports/urgency.ts'
import { journalHints } from './append.ts'

/** A burst of commits gives one new picture; with this wait a commit still shows well within a second. */
const settleMs = 200
/**
 * A picture that takes long to read is read less often: whoever watches must not take the database from whoever asks.
 * Reading then takes at most a fifth of the time, and a commit waits for its picture no longer than this.
 */
const waitPerReading = 4
const longestSettleMs = 2_000
/** Windows slide while nothing comes in, and a hint may be lost. */
const refreshEveryMs = 15_000

/** An event of a live picture. `about` names the part that it tells anew; null tells the whole, so that parts before it are void. */
export interface LiveEvent extends StreamEvent {
  readonly about: string | null
}

/** What is watched. Those who ask for the same `key` share one picture, so the key must hold all that `read` depends on. */
export interface LivePicture<Picture> {
  readonly organizationId: string
  readonly key: readonly (string | null)[]
  /** How long a burst is gathered; 200 ms unless reading costs much. */
  readonly settleMs?: number
  readonly read: (tx: Tx) => Promise<Picture>
  readonly first: (picture: Picture) => readonly LiveEvent[]
  /** What differs; nothing when the pictures are the same. */
  readonly next: (before: Picture, after: Picture) => readonly LiveEvent[]
}

/**
 * The live picture of something for everybody who watches it through this process: read once per question however many
 * watch, after hints of the journal and every 15 s. Lives as long as somebody watches.
 */
class Feed<Picture> {
  readonly #deps: Deps
  readonly #of: LivePicture<Picture>
  readonly #onEmpty: () => void
  readonly #watchers = new Set<Watcher>()
  #picture: Promise<Picture> | null = null
  #cancelTimer = () => {}
  #settling = false
  #reading = false
  /** A hint came while the picture was read, and may tell of what it does not show. */
  #isBehind = false
  #waitMs: number
  #stopListening: Promise<() => Promise<void>> | null = null

  constructor(deps: Deps, of: LivePicture<Picture>, onEmpty: () => void) {
    this.#deps = deps
    this.#of = of
    this.#onEmpty = onEmpty
    this.#waitMs = of.settleMs ?? settleMs
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
      watcher.push(this.#of.first(await this.#picture))
      yield* watcher.events()
    } finally {
      signal.removeEventListener('abort', wake)
      this.#watchers.delete(watcher)
      if (this.#watchers.size === 0) await this.#end()
    }
  }

  #hint(): void {
    if (this.#reading) this.#isBehind = true
    if (this.#settling || this.#reading || this.#watchers.size === 0) return
    this.#settling = true
    this.#cancelTimer()
    this.#cancelTimer = this.#deps.clock.after(this.#waitMs, () => {
      this.#settling = false
      void this.#refresh()
    })
  }

  #refreshLater(): void {
    if (this.#settling || this.#reading) return
    this.#cancelTimer()
    this.#cancelTimer = this.#deps.clock.after(refreshEveryMs, () => void this.#refresh())
  }

  async #refresh(): Promise<void> {
    this.#reading = true
    this.#isBehind = false
    try {
      const before = await this.#picture
      const startedMs = this.#deps.clock.monotonicMs()
      const after = await this.#read()
      const tookMs = this.#deps.clock.monotonicMs() - startedMs
      this.#waitMs = Math.max(this.#of.settleMs ?? settleMs, Math.min(longestSettleMs, waitPerReading * tookMs))
      this.#picture = Promise.resolve(after)
      const events = before === null ? this.#of.first(after) : this.#of.next(before, after)
      for (const watcher of this.#watchers) watcher.push(events)
    } catch (error) {
      this.#deps.log.warn({ error: String(error) }, 'a live picture could not be read; the next turn tries again')
    }
    this.#reading = false
    if (this.#watchers.size === 0) return
    if (this.#isBehind) this.#hint()
    else this.#refreshLater()
  }

  #read(): Promise<Picture> {
    // It is read for open pages, whoever's commit brought it about.
    return whileSomebodyWaits(() =>
      this.#deps.store.transaction({ organizationId: this.#of.organizationId }, this.#of.read),
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

/** One open stream. A slow reader gets the newest picture of each part, not a backlog. */
class Watcher {
  #waiting = new Map<string, LiveEvent>()
  #wake: (() => void) | null = null
  #closed = false

  push(events: readonly LiveEvent[]): void {
    if (events.length === 0) return
    for (const event of events) {
      if (event.about === null) this.#waiting.clear()
      // The same object for everybody: it is written as text once.
      this.#waiting.set(event.about ?? '', event)
    }
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

interface Watchable {
  watch(signal: AbortSignal): AsyncIterable<StreamEvent>
}

const feeds = new WeakMap<Deps['store'], Map<string, Watchable>>()

/** Events of a live picture: first the whole, then what changed, until the signal fires. */
export function watchPicture<Picture>(
  deps: Deps,
  of: LivePicture<Picture>,
  signal: AbortSignal,
): AsyncIterable<StreamEvent> {
  const ofStore = feeds.get(deps.store) ?? new Map<string, Watchable>()
  feeds.set(deps.store, ofStore)
  const key = JSON.stringify([of.organizationId, ...of.key])
  const known = ofStore.get(key)
  if (known !== undefined) return known.watch(signal)
  const made: Watchable = new Feed(deps, of, () => {
    if (ofStore.get(key) === made) ofStore.delete(key)
  })
  ofStore.set(key, made)
  return made.watch(signal)
}
