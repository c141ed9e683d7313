import type { Log } from '../../ports/log.ts'
import { quoteIdentifier } from '../sql/session.ts'
import { Engine } from './engine.ts'
import type { WorkerStart } from './messages.ts'

/**
 * Keeps an engine running: when the thread has ended (a statement ran out of time, WebAssembly trapped), the next
 * caller gets a new one on the same files. To the files it is a crash and a recovery, which loses nothing that was
 * committed.
 */
export class EngineHolder {
  readonly #start: WorkerStart
  readonly #onNotification: (channel: string, payload: string) => void
  readonly #log: Log
  readonly #channels = new Set<string>()
  #engine: Engine
  #closed = false

  private constructor(
    engine: Engine,
    start: WorkerStart,
    onNotification: (channel: string, payload: string) => void,
    log: Log,
  ) {
    this.#engine = engine
    this.#start = start
    this.#onNotification = onNotification
    this.#log = log
  }

  /** Throws StoreUnavailable when the files cannot be opened. */
  static async open(
    start: WorkerStart,
    onNotification: (channel: string, payload: string) => void,
    log: Log,
  ): Promise<EngineHolder> {
    return new EngineHolder(await Engine.start(start, onNotification), start, onNotification, log)
  }

  /** The running engine. To be called under the mutex only. Throws StoreUnavailable when it cannot be had. */
  async get(): Promise<Engine> {
    if (this.#engine.gone === null) return this.#engine
    if (this.#closed) throw this.#engine.gone
    const startedAt = performance.now()
    const engine = await Engine.start(this.#start, this.#onNotification)
    for (const channel of this.#channels) await listenOn(engine, channel)
    const tookMs = Math.round(performance.now() - startedAt)
    this.#log.warn({ reason: this.#engine.gone.message, tookMs }, 'the embedded database was started again')
    this.#engine = engine
    return engine
  }

  /** Listens on a channel, also after a restart. To be called under the mutex only. */
  async listen(channel: string): Promise<void> {
    await listenOn(await this.get(), channel)
    this.#channels.add(channel)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#engine.close()
  }
}

async function listenOn(engine: Engine, channel: string): Promise<void> {
  await engine.call({ op: 'exec', statements: `listen ${quoteIdentifier(channel)}`, begin: null })
}
