import type { Leases } from '../ports/leases.ts'
import type { Deps, Job } from '../ports/slice.ts'

export interface JobRunner {
  /** Starts the periodic runs; each job begins after a small share of its period, so that they do not start at once. */
  start(): void
  /** A hint that something was journaled: jobs that asked for it run soon, at most once a second. */
  hint(): void
  /** Runs every job once, or those of these names, one after another, for tests and the command line. */
  runAll(names?: readonly string[]): Promise<void>
  /** Stops the timers and waits for running jobs. */
  stop(): Promise<void>
}

const hintedEveryMs = 1_000
const leaseTtlMs = 60_000

/**
 * Runs the slices' reconcilers. A failing job is logged and tried again at its next turn; it never stops the others.
 * An `exclusive` job runs only where this process holds its lease.
 */
export function createJobRunner(deps: Deps, jobs: readonly Job[], leases: Leases, holder: string): JobRunner {
  const slots = jobs.map((job) => new JobSlot(deps, job, leases, holder))
  return {
    start: () => {
      slots.forEach((slot, index) => slot.schedule(Math.min(slot.job.everyMs, 100 + index * 50)))
    },
    hint: () => {
      for (const slot of slots) if (slot.job.wokenByJournal === true) slot.wake()
    },
    runAll: async (names) => {
      for (const slot of slots) if (names === undefined || names.includes(slot.job.name)) await slot.run()
    },
    stop: async () => {
      await Promise.all(slots.map((slot) => slot.stop()))
    },
  }
}

class JobSlot {
  readonly job: Job
  readonly #deps: Deps
  readonly #leases: Leases
  readonly #holder: string
  #cancel = () => {}
  #dueAtMs = Number.POSITIVE_INFINITY
  #running: Promise<void> | null = null
  #wokenWhileRunning = false
  #stopped = false

  constructor(deps: Deps, job: Job, leases: Leases, holder: string) {
    this.#deps = deps
    this.job = job
    this.#leases = leases
    this.#holder = holder
  }

  schedule(delayMs: number): void {
    if (this.#stopped) return
    const dueAtMs = this.#deps.clock.monotonicMs() + delayMs
    if (dueAtMs >= this.#dueAtMs) return
    this.#cancel()
    this.#dueAtMs = dueAtMs
    this.#cancel = this.#deps.clock.after(delayMs, () => {
      this.#dueAtMs = Number.POSITIVE_INFINITY
      void this.run().then(() => {
        this.schedule(this.#wokenWhileRunning ? hintedEveryMs : this.job.everyMs)
        this.#wokenWhileRunning = false
      })
    })
  }

  wake(): void {
    if (this.#running === null) this.schedule(hintedEveryMs)
    else this.#wokenWhileRunning = true
  }

  async run(): Promise<void> {
    this.#running ??= this.#runGuarded().finally(() => {
      this.#running = null
    })
    await this.#running
  }

  async #runGuarded(): Promise<void> {
    try {
      if (this.job.exclusive === true && !(await this.#leases.hold(`job:${this.job.name}`, this.#holder, leaseTtlMs)))
        return
      const renewals = this.job.exclusive === true ? this.#renewLease() : null
      await this.job.run(this.#deps).finally(renewals)
    } catch (error) {
      this.#deps.log.error(
        { job: this.job.name, error: error instanceof Error ? error.stack : String(error) },
        'a job failed',
      )
    }
  }

  /** Keeps the lease while the job runs, which may be longer than the lease lasts; returns what ends that. */
  #renewLease(): () => void {
    let ended = false
    let cancel = () => {}
    const again = () => {
      if (ended) return
      cancel = this.#deps.clock.after(leaseTtlMs / 3, () => {
        void this.#leases.hold(`job:${this.job.name}`, this.#holder, leaseTtlMs).then(again, again)
      })
    }
    again()
    return () => {
      ended = true
      cancel()
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#running
    if (this.job.exclusive === true) await this.#leases.release(`job:${this.job.name}`, this.#holder).catch(() => {})
  }
}
