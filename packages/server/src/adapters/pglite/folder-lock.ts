import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const lockFile = /^lock\.[0-9a-f-]{36}$/
const heartbeatMs = 2_000
/** A holder that cannot be looked up (another machine or container) is given up after this silence. */
const silenceMs = 15_000
const attempts = 5

/** The folder is in use; two processes on one PGlite folder would silently lose rows. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse'
}

/** The process that holds a data folder. */
export interface Holder {
  readonly pid: number
  /** When the process started, in the system's own words: tells a reused process id from the holder. */
  readonly startToken: string | null
  /** Where `pid` means something: host, boot and process-id namespace. */
  readonly where: string
}

/**
 * Our own lock on a data folder, since PGlite has none. Each process puts a file of its own beside the others' and then
 * looks for a live one among them: of two that start at once at least one sees the other, so never both go on, and the
 * file of a dead process can be removed without a race.
 */
export class FolderLock {
  readonly #path: string
  readonly #heartbeat: NodeJS.Timeout

  private constructor(path: string) {
    this.#path = path
    this.#heartbeat = setInterval(() => touch(path), heartbeatMs)
    this.#heartbeat.unref()
  }

  /** Takes the lock of an existing folder. Throws FolderInUse with the holder's process id when it is held. */
  static async acquire(folder: string): Promise<FolderLock> {
    for (let attempt = 1; ; attempt++) {
      const path = join(folder, `lock.${randomUUID()}`)
      writeDurably(path, JSON.stringify(describeThisProcess()))
      const other = findLiveHolder(folder, path)
      if (other === null) return new FolderLock(path)
      rmSync(path, { force: true })
      if (attempt === attempts) throw new FolderInUse(inUseMessage(folder, other))
      // The other may have just refused for our sake; who waits how long is left to chance.
      await delay(20 + (randomUUID().charCodeAt(0) % 16) * 10 * attempt)
    }
  }

  release(): void {
    clearInterval(this.#heartbeat)
    rmSync(this.#path, { force: true })
  }
}

/** Who holds a data folder now; null when nobody does or there is no such folder. */
export function folderHolder(folder: string): Holder | null {
  return existsSync(folder) ? findLiveHolder(folder, '') : null
}

function inUseMessage(folder: string, holder: Holder): string {
  return (
    `the data folder ${folder} is in use by process ${holder.pid} (${holder.where}); one embedded database serves one ` +
    'process. Stop that process, choose another folder, or use a PostgreSQL server for several processes.'
  )
}

function findLiveHolder(folder: string, own: string): Holder | null {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (!lockFile.test(name) || path === own) continue
    const holder = readHolder(path)
    if (holder === null) continue
    if (isAlive(holder, path)) return holder
    rmSync(path, { force: true })
  }
  return null
}

function readHolder(path: string): Holder | null {
  try {
    const text = readFileSync(path, 'utf8')
    // A file that its writer has not filled yet counts as held by somebody unknown.
    return text === '' ? { pid: 0, startToken: null, where: 'starting' } : (JSON.parse(text) as Holder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    return { pid: 0, startToken: null, where: 'unreadable lock file' }
  }
}

function isAlive(holder: Holder, path: string): boolean {
  if (holder.where !== thisPlace()) return heardRecently(path)
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return holder.startToken === null || startTokenOf(holder.pid) === holder.startToken
}

function heardRecently(path: string): boolean {
  try {
    return Date.now() - statSync(path).mtimeMs < silenceMs
  } catch {
    return false
  }
}

function describeThisProcess(): Holder {
  return { pid: process.pid, startToken: startTokenOf(process.pid), where: thisPlace() }
}

let place: string | null = null

function thisPlace(): string {
  place ??= [hostname(), readText('/proc/sys/kernel/random/boot_id'), readNamespace()].filter(Boolean).join(' ')
  return place
}

function readNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

/** Linux: field 22 of /proc/PID/stat (clock ticks after boot). Other Unixes: `ps`. Null where neither answers. */
function startTokenOf(pid: number): string | null {
  const stat = readText(`/proc/${pid}/stat`)
  // The second field is the program's name in brackets and may hold spaces: count from the closing bracket.
  if (stat !== '') return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null
  } catch {
    return null
  }
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date())
  } catch {
    // The folder may be gone; the next statement will say so.
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx')
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
