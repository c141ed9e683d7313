import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Api, createApi } from '../../packages/server/src/app/commands/api.ts'
import { freePort } from '../../tools/free-port.ts'
import type { CrashStore } from './stores.ts'

const cli = join(import.meta.dirname, '../../packages/server/src/app/cli.ts')
const readyWithinMs = 120_000
const stopWithinMs = 60_000

/** A server as a person starts it, in a process of its own. */
export class ServerProcess {
  readonly url: string
  readonly startedMs = performance.now()
  readonly #child: ChildProcess
  readonly #gone: Promise<void>
  readonly #kill = () => this.#child.kill('SIGKILL')
  #output = ''

  private constructor(child: ChildProcess, url: string) {
    this.url = url
    this.#child = child
    this.#gone = new Promise((resolve) => child.once('exit', () => resolve()))
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#output += chunk.toString()
    })
    // The server must not outlive the suite.
    process.once('exit', this.#kill)
  }

  static async spawn(store: CrashStore, onPid: (pid: number) => void): Promise<ServerProcess> {
    const port = await freePort()
    const log = openSync(store.logFile, 'a')
    const child = spawn(
      process.execPath,
      ['--conditions=@metaagent/source', cli, 'start', '--json', '--port', String(port), '--data-dir', store.dataDir],
      {
        env: {
          ...process.env,
          ...store.environment,
          METAAGENT_LOG_LEVEL: 'warn',
          METAAGENT_RATE_LIMIT: 'false',
        },
        stdio: ['ignore', 'pipe', log],
      },
    )
    closeSync(log)
    if (child.pid !== undefined) onPid(child.pid)
    return new ServerProcess(child, `http://127.0.0.1:${port}`)
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  api(apiKey: string): Api {
    return createApi(this.url, apiKey)
  }

  /** Waits for the first 200 answer; throws when the process ends before, or takes too long. Returns how long it took. */
  async ready(): Promise<number> {
    while (this.isRunning) {
      const response = await fetch(`${this.url}/api/v1/health`).catch(() => null)
      await response?.arrayBuffer().catch(() => null)
      const tookMs = performance.now() - this.startedMs
      if (response?.status === 200) return Math.round(tookMs)
      if (tookMs > readyWithinMs) throw new Error(`the server was not ready within ${readyWithinMs} ms`)
      await pause(10)
    }
    throw new Error(`the server ended with ${this.#child.exitCode ?? this.#child.signalCode} before it was ready`)
  }

  /** The link of the first sign-in, which stands in the one JSON value that `start --json` prints. */
  async signInLink(): Promise<string | null> {
    while (this.isRunning) {
      const printed = parseOrNull(this.#output)
      if (printed !== null) return printed.signInLink
      await pause(10)
    }
    throw new Error('the server ended before it printed its result')
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#end()
  }

  /** SIGTERM, as an administrator stops it. Throws when it does not end well. */
  async stop(): Promise<void> {
    if (!this.isRunning) throw new Error('the server had ended by itself')
    this.#child.kill('SIGTERM')
    const late = setTimeout(() => this.#child.kill('SIGKILL'), stopWithinMs)
    await this.#end()
    clearTimeout(late)
    const { exitCode, signalCode } = this.#child
    if (exitCode !== 0) throw new Error(`after SIGTERM the server ended with ${exitCode ?? signalCode}`)
  }

  async #end(): Promise<void> {
    await this.#gone
    process.off('exit', this.#kill)
  }
}

function parseOrNull(text: string): { readonly signInLink: string | null } | null {
  try {
    return JSON.parse(text) as { signInLink: string | null }
  } catch {
    return null
  }
}

/** Ends a server that a killed suite left behind: the process of that id, if it still serves this very folder. */
export async function endLeftBehind(dataDir: string, pid: number): Promise<void> {
  const isOurs = () => {
    try {
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return commandLine.includes(cli) && commandLine.includes(dataDir)
    } catch {
      return false
    }
  }
  if (isOurs()) process.kill(pid, 'SIGKILL')
  while (isOurs()) await pause(10)
}

export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs)
  })
}
