import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { freePort } from '../tools/free-port.ts'
import { assembleImage, type Image, sandboxed } from '../tools/image-tree.ts'
import { run as runProgram } from '../tools/programs.ts'
import type { Run } from '../tools/run-named.ts'

/**
 * The image without a container engine: its file tree, assembled by the Dockerfile's own COPY lines from what
 * `npm run build` made, is started by its own command under bubblewrap, as its own user, with a read-only root, a private
 * `/tmp` and one writable folder. It must become healthy by its own health check, store an execution, stop on SIGTERM, find
 * the execution after a restart, be refused when it writes elsewhere, and leave the tree as it was.
 *
 * `--keep` leaves the tree for a look. Without bubblewrap (Debian: `apt-get install bubblewrap`) nothing is run, loudly.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({ args: [...args], options: { keep: { type: 'boolean', default: false } } })
  const tried = await runProgram('bwrap', ['--unshare-user', '--ro-bind', '/', '/', 'true'], { capture: true })
  if (tried.exitCode !== 0) {
    console.warn('\nNOT RUN: the image was not started, since bubblewrap does not run here (Debian: bubblewrap).')
    return { passed: 0, failed: 0, result: { healthy: null, stored: null, writtenOutside: null } }
  }
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-image-'))
  try {
    return await proveImage(folder)
  } finally {
    if (values.keep) console.log(`The tree: ${folder}`)
    else rmSync(folder, { recursive: true, force: true })
  }
}

async function proveImage(folder: string) {
  const assembled = await assembleImage(folder)
  const port = await freePort()
  const image = { ...assembled, environment: { ...assembled.environment, METAAGENT_PORT: String(port) } }
  const data = join(folder, 'data')
  mkdirSync(data)
  // As a volume's folder is the image's user's; the sandbox maps that user to whoever runs this.
  chmodSync(data, 0o700)
  const before = contentsOf(image.tree)
  const checks: [string, boolean][] = []
  const first = await Container.start(image, data)
  checks.push(['is healthy by its own check', await first.becomesHealthy()])
  const client = await signIn(first, port)
  checks.push(['stores an execution', await client.report()])
  checks.push(['writes nothing outside of the volume', (await tryWriting(image, data)) === 0])
  checks.push(['runs as its own user', (await userInside(image, data)) === image.user])
  checks.push(['stops on SIGTERM', await first.stop()])
  const second = await Container.start(image, data)
  checks.push(['is healthy after a restart', await second.becomesHealthy()])
  checks.push(['still has the execution', await client.finds()])
  checks.push(['stops again', await second.stop()])
  const after = contentsOf(image.tree)
  const changed = [...after].filter(([path, stamp]) => before.get(path) !== stamp).map(([path]) => path)
  checks.push(['leaves its files as they were', changed.length === 0 && after.size === before.size])
  for (const [what, ok] of checks) console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}`)
  const passed = checks.filter(([, ok]) => ok).length
  const bytes = [...before.keys()].reduce((sum, path) => sum + lstatSync(path).size, 0)
  return {
    passed,
    failed: checks.length - passed,
    result: {
      files: before.size,
      megabytes: Math.round(bytes / 1_000_000),
      healthyAfterMs: [first.healthyAfterMs, second.healthyAfterMs],
      changedFiles: changed.length,
    },
  }
}

/** Every file with its size and the time of its last change. */
function contentsOf(tree: string): ReadonlyMap<string, string> {
  const files = readdirSync(tree, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory())
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      const { size, mtimeMs } = lstatSync(path)
      return [path, `${size} ${mtimeMs}`]
    }),
  )
}

/** How many of these places could be written to. */
async function tryWriting(image: Image, data: string): Promise<number> {
  const places = ['/x', '/app/x', '/app/packages/server/dist/app/cli.js', '/usr/local/bin/x', '/etc/x']
  const script = `let n = 0; for (const p of ${JSON.stringify(places)}) { try { fs.writeFileSync(p, 'x'); n++ } catch {} } console.log(n)`
  const { output } = await runProgram('bwrap', sandboxed(image, data, ['node', '-e', script]), { capture: true })
  return Number(output.trim())
}

async function userInside(image: Image, data: string): Promise<string> {
  const script = 'console.log(process.getuid() + ":" + process.getgid())'
  const { output } = await runProgram('bwrap', sandboxed(image, data, ['node', '-e', script]), { capture: true })
  return output.trim()
}

const patienceMs = 90_000

class Container {
  readonly #image: Image
  readonly #data: string
  readonly #process: ChildProcess
  readonly #ended: Promise<number | null>
  #printed = ''
  healthyAfterMs: number | null = null

  private constructor(image: Image, data: string) {
    this.#image = image
    this.#data = data
    this.#process = spawn('bwrap', sandboxed(image, data, image.command), { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', (piece: Buffer) => {
        this.#printed += piece.toString('utf8')
      })
    this.#ended = new Promise((resolve) => this.#process.once('close', resolve))
  }

  static async start(image: Image, data: string): Promise<Container> {
    return new Container(image, data)
  }

  /** What it has printed so far. */
  get printed(): string {
    return this.#printed
  }

  /** Whether the image's own health check succeeds within a minute and a half. */
  async becomesHealthy(): Promise<boolean> {
    const startedMs = performance.now()
    while (performance.now() - startedMs < patienceMs && this.#process.exitCode === null) {
      const check = sandboxed(this.#image, this.#data, this.#image.health)
      const { exitCode } = await runProgram('bwrap', check, { capture: true })
      if (exitCode === 0) {
        this.healthyAfterMs = Math.round(performance.now() - startedMs)
        return true
      }
    }
    console.log(this.#printed)
    return false
  }

  /** Ends it as an engine does; true when it ended in time and nothing went wrong. */
  async stop(): Promise<boolean> {
    // bubblewrap does not hand signals on: its first child is what the engine would signal.
    const { output } = await runProgram('ps', ['-o', 'pid=', '--ppid', String(this.#process.pid)], { capture: true })
    const child = Number(output.trim().split(/\s+/)[0])
    const grandchild = await runProgram('ps', ['-o', 'pid=', '--ppid', String(child)], { capture: true })
    process.kill(Number(grandchild.output.trim()) || child, 'SIGTERM')
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 30_000)
    const code = await this.#ended
    clearTimeout(timer)
    if (code !== 0) console.log(`ended with ${code}\n${this.#printed.slice(-2_000)}`)
    return code === 0
  }
}

/** Signs in by the link that the first start prints, and reports with a key made there. */
async function signIn(container: Container, port: number) {
  const url = `http://127.0.0.1:${port}`
  const linkToken = /#token=([A-Za-z0-9_-]+)/.exec(container.printed)?.[1]
  const post = async (path: string, body: unknown, headers: Readonly<Record<string, string>>) =>
    await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const entered = await post('/api/v1/auth/sign-in', { linkToken }, {})
  const cookie = /metaagent_session=[^;]+/.exec(entered.headers.get('set-cookie') ?? '')?.[0] ?? ''
  const scopes = ['telemetry:write', 'executions:read']
  const proof = { cookie, 'sec-fetch-site': 'same-origin' }
  const made = await post('/api/v1/identity/api-keys', { name: 'image', scopes }, proof)
  const { secret } = (await made.json()) as { readonly secret?: string }
  if (secret === undefined) console.log(entered.status, made.status, container.printed)
  const authorization = `Bearer ${secret}`
  const executionId = 'c'.repeat(32)
  const at = new Date().toISOString()
  const execution = { agent: 'image', environment: 'test', executionId, startedAt: at, endedAt: at, status: 'success' }
  const finds = async () =>
    (await fetch(`${url}/api/v1/executions/${executionId}`, { headers: { authorization } })).status === 200
  const report = async () => {
    const reply = await post('/api/v1/telemetry', { executions: [execution] }, { authorization })
    if (reply.status !== 200) console.log(reply.status, await reply.text(), container.printed)
    return reply.status === 200 && (await finds())
  }
  return { report, finds }
}
