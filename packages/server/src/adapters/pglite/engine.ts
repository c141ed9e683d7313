import { Worker } from 'node:worker_threads'
import { SqlError, StatementTimeout, StoreUnavailable } from '../../ports/store-errors.ts'
import type { WorkerAnswers, WorkerMessage, WorkerOperation, WorkerStart } from './messages.ts'

interface Pending {
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}

type Answer<Operation extends WorkerOperation> = WorkerAnswers[Operation['op']]

/**
 * PGlite in its worker thread. Answers come in the order of the calls. Knows nothing of transactions: whoever calls
 * holds the mutex, or the statement lands in somebody else's open transaction.
 */
export class Engine {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  readonly #onNotification: (channel: string, payload: string) => void
  #nextId = 0
  #gone: StoreUnavailable | null = null

  private constructor(worker: Worker, onNotification: (channel: string, payload: string) => void) {
    this.#worker = worker
    this.#onNotification = onNotification
  }

  /** Starts PostgreSQL on a data folder. Throws StoreUnavailable when the files cannot be opened. */
  static async start(start: WorkerStart, onNotification: (channel: string, payload: string) => void): Promise<Engine> {
    // `new URL` is not rewritten by the compiler, so the built file looks for its built neighbour.
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
    const worker = new Worker(new URL(file, import.meta.url), { workerData: start, name: 'pglite' })
    const engine = new Engine(worker, onNotification)
    await new Promise<void>((resolve, reject) => {
      const fail = (error: unknown) => {
        engine.#fail(error)
        reject(engine.#gone)
      }
      worker.on('error', fail)
      worker.on('exit', (code) => fail(new Error(`the database thread ended (${code})`)))
      worker.on('message', (message: WorkerMessage) => {
        if (message.kind === 'ready') resolve()
        else if (message.kind === 'failed') fail(new Error(message.error.message))
        else engine.#receive(message)
      })
    })
    return engine
  }

  /** Why no call can succeed any more; null while the engine runs. */
  get gone(): StoreUnavailable | null {
    return this.#gone
  }

  /** Throws SqlError when the database refuses, StoreUnavailable when the thread is gone. */
  async call<Operation extends WorkerOperation>(operation: Operation): Promise<Answer<Operation>> {
    if (this.#gone !== null) throw this.#gone
    const id = this.#nextId++
    return await new Promise<Answer<Operation>>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      // Rows to copy change hands: the caller is done with them.
      this.#worker.postMessage({ ...operation, id }, operation.op === 'copy' ? [operation.rows] : [])
    })
  }

  /**
   * As `call`, but rejects with StatementTimeout after `limitMs`. PGlite ignores `statement_timeout` and a thread inside
   * WebAssembly cannot be asked to stop, so the statement still runs then: the caller has to end the whole engine.
   */
  async callWithin<Operation extends WorkerOperation>(
    operation: Operation,
    limitMs: number,
  ): Promise<Answer<Operation>> {
    const answer = this.call(operation)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      // An answer that is waiting already, because this thread was busy, is read before `setImmediate` calls.
      const expire = () => setImmediate(() => reject(new StatementTimeout(limitMs)))
      timer = setTimeout(expire, limitMs)
    })
    try {
      return await Promise.race([answer, late])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends the thread at once, as a crash of the process would. */
  async terminate(reason: string): Promise<void> {
    this.#fail(new Error(reason))
    await this.#worker.terminate()
  }

  /** Closes the database cleanly and ends the thread. */
  async close(): Promise<void> {
    if (this.#gone !== null) return
    await this.call({ op: 'close' })
    await this.terminate('it was closed')
  }

  #receive(message: WorkerMessage): void {
    if (message.kind === 'notification') return this.#onNotification(message.channel, message.payload)
    if (message.kind !== 'answer' && message.kind !== 'refused') return
    const pending = this.#pending.get(message.id)
    this.#pending.delete(message.id)
    if (message.kind === 'answer') pending?.resolve(message.value as never)
    else if (message.error.code !== '') pending?.reject(new SqlError(message.error))
    else {
      // Not PostgreSQL's answer but a failure of the engine itself (out of memory, a trap): its state cannot be trusted.
      const failure = new StoreUnavailable(`the embedded database failed: ${message.error.message}`)
      pending?.reject(failure)
      void this.terminate(failure.message)
    }
  }

  #fail(cause: unknown): void {
    if (this.#gone !== null) return
    const reason = cause instanceof Error ? cause.message : String(cause)
    this.#gone = new StoreUnavailable(`the embedded database is not running: ${reason}`, { cause })
    for (const pending of this.#pending.values()) pending.reject(this.#gone)
    this.#pending.clear()
  }
}
