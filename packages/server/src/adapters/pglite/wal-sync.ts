import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreUnavailable } from '../../ports/store-errors.ts'
import type { WalPosition } from './messages.ts'

const segmentName = /^[0-9A-F]{24}$/

interface Waiter {
  readonly lsn: bigint
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * Brings PGlite's write-ahead log to the disk. PGlite writes the log but never calls fsync (measured with strace), so
 * this does, from outside, before a commit is acknowledged. Commits that arrive while a sync runs share the next one.
 *
 * After a failed sync the kernel may have dropped the dirty pages, and a second call would succeed falsely: from then
 * on everything is refused.
 */
export class WalSync {
  readonly #folder: string
  #syncedLsn = -1n
  #target: { lsn: bigint; segment: string } = { lsn: -1n, segment: '' }
  #waiting: Waiter[] = []
  #running = false
  #failure: StoreUnavailable | null = null
  /** The newest segment that was synced; kept open, since most commits go there. */
  #current: { name: string; handle: FileHandle } | null = null

  /** `dataDir` is the folder of PostgreSQL's files. */
  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'pg_wal')
  }

  /** Resolves when everything written up to `position` is on the disk. Throws StoreUnavailable when it cannot be. */
  async upTo(position: WalPosition): Promise<void> {
    const lsn = lsnToBigint(position.lsn)
    if (this.#failure !== null) throw this.#failure
    if (lsn <= this.#syncedLsn) return
    if (lsn > this.#target.lsn) this.#target = { lsn, segment: position.segment }
    const done = new Promise<void>((resolve, reject) => this.#waiting.push({ lsn, resolve, reject }))
    if (!this.#running) void this.#run()
    await done
  }

  async close(): Promise<void> {
    await this.#current?.handle.close()
    this.#current = null
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      const { lsn, segment } = this.#target
      try {
        await this.#syncThrough(segment)
        this.#syncedLsn = lsn
      } catch (error) {
        this.#failure = new StoreUnavailable('the write-ahead log could not be brought to the disk', { cause: error })
      }
      const served = this.#waiting
      this.#waiting = served.filter((waiter) => this.#failure === null && waiter.lsn > lsn)
      for (const waiter of served) {
        if (this.#failure !== null) waiter.reject(this.#failure)
        else if (waiter.lsn <= lsn) waiter.resolve()
      }
    }
    this.#running = false
  }

  async #syncThrough(segment: string): Promise<void> {
    if (this.#current?.name !== segment) await this.#moveTo(segment)
    await this.#current?.handle.datasync()
  }

  /** Syncs the segments that were finished since, and the folder, which has a new entry. */
  async #moveTo(segment: string): Promise<void> {
    const from = this.#current?.name ?? ''
    const names = (await readdir(this.#folder)).filter((name) => segmentName.test(name))
    await this.#current?.handle.datasync()
    await this.#current?.handle.close()
    this.#current = null
    for (const name of names.sort()) if (name > from && name < segment) await syncAndClose(join(this.#folder, name))
    this.#current = { name: segment, handle: await open(join(this.#folder, segment), 'r+') }
    if (process.platform !== 'win32') await syncAndClose(this.#folder)
  }
}

async function syncAndClose(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A log sequence number (`16/B374D848`) as a byte position. */
export function lsnToBigint(lsn: string): bigint {
  const [high, low] = lsn.split('/')
  if (high === undefined || low === undefined) throw new TypeError(`not a log sequence number: ${lsn}`)
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}
