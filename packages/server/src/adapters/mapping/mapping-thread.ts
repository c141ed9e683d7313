import { Worker } from 'node:worker_threads'
import type { JsonValue } from '@metaagent/contract'
import { type EvaluateMapping, type MappingResult, mappingLimits } from '../../ports/mapping.ts'
import type { MappingAnswer, MappingJob } from './messages.ts'

/** What the thread gets beyond the limit, for starting and for answering that the limit was met. */
const graceMs = 1_000

interface Waiting {
  readonly job: MappingJob
  readonly settle: (result: MappingResult) => void
}

/**
 * Evaluates expressions in a thread of their own, one at a time, so that no expression can hold up the process: neither
 * an endless loop, which the library itself stops, nor one step that takes for ever or all memory, for which the thread
 * is ended and made anew. The thread starts with the first expression.
 */
export class MappingThread {
  #worker: Worker | null = null
  #current: Waiting | null = null
  #timer: NodeJS.Timeout | null = null
  #waiting: Waiting[] = []
  #nextId = 0
  #closed = false

  readonly evaluate: EvaluateMapping = (expression, input: JsonValue) =>
    new Promise((settle) => {
      const job = { id: this.#nextId++, expression, input: JSON.stringify(input) }
      this.#waiting.push({ job, settle })
      this.#next()
    })

  /** Ends the thread; what waits is answered as not evaluated. */
  async close(): Promise<void> {
    this.#closed = true
    this.#finish({ ok: false, detail: 'This process is shutting down.', position: null })
    for (const { settle } of this.#waiting.splice(0))
      settle({ ok: false, detail: 'This process is shutting down.', position: null })
    await this.#end()
  }

  #next(): void {
    if (this.#current !== null || this.#closed) return
    const next = this.#waiting.shift()
    if (next === undefined) return
    this.#current = next
    this.#worker ??= this.#start()
    this.#timer = setTimeout(() => this.#tooLate(), mappingLimits.timeMs + graceMs)
    this.#worker.postMessage(next.job)
  }

  #start(): Worker {
    // `new URL` is not rewritten by the compiler, so the built file looks for its built neighbour.
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
    const worker = new Worker(new URL(file, import.meta.url), {
      name: 'mapping',
      resourceLimits: { maxOldGenerationSizeMb: mappingLimits.memoryMb },
    })
    worker.unref()
    worker.on('message', (answer: MappingAnswer) => {
      if (answer.id === this.#current?.job.id) this.#finish(resultOf(answer))
    })
    worker.on('error', (error) => {
      if (this.#worker !== worker) return
      this.#worker = null
      this.#finish({ ok: false, detail: `The expression was stopped: ${error.message}.`, position: null })
    })
    return worker
  }

  #tooLate(): void {
    void this.#end()
    const detail = `The expression was stopped after ${mappingLimits.timeMs + graceMs} ms.`
    this.#finish({ ok: false, detail, position: null })
  }

  #finish(result: MappingResult): void {
    const current = this.#current
    if (current === null) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#current = null
    current.settle(result)
    this.#next()
  }

  async #end(): Promise<void> {
    const worker = this.#worker
    this.#worker = null
    await worker?.terminate()
  }
}

function resultOf(answer: MappingAnswer): MappingResult {
  if (!answer.ok) return { ok: false, detail: answer.detail, position: answer.position }
  const value: JsonValue = JSON.parse(answer.json)
  return { ok: true, value }
}
