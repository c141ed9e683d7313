import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SystemHealth } from '@metaagent/contract'
import { PrivilegedClientMiddleware } from '../packages/server/src/http/privileged-client.ts'
import { freePort } from '../tools/free-port.ts'
import type { Run } from '../tools/run-named.ts'

const cli = join(import.meta.dirname, '../packages/server/src/app/cli.ts')
const key = 'the-key-of-this-bench'
const token = 'the-secret-of-this-bench'
const path = '/api/v1/executions?limit=50'
const pauseMs = 20

interface Arm {
  readonly requests: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/**
 * An embedded server under `--clients` (default 200) ordinary clients that ask without a pause, and four that ask every 20 ms
 * beside them, for `--seconds` (default 15) each: the four once as privileged clients and once, for comparison, as ordinary
 * ones. All clients run in this process, so the latencies of both hold its own waiting, too.
 */
export const run: Run = async ({ args }) => {
  const options = { clients: { type: 'string', default: '200' }, seconds: { type: 'string', default: '15' } } as const
  const { values } = parseArgs({ args: [...args], options })
  const clients = Number(values.clients)
  const durationMs = Number(values.seconds) * 1_000
  const server = await startServer()
  try {
    await measure(server.url, { clients, durationMs: 2_000, isPrivileged: true })
    const reserved = await measure(server.url, { clients, durationMs, isPrivileged: true })
    const told = SystemHealth.parse(await (await fetch(`${server.url}/api/v1/health`)).json()).requests
    const control = await measure(server.url, { clients, durationMs, isPrivileged: false })
    const result = {
      clients,
      privileged: reserved.few,
      ordinaryBeside: reserved.many,
      control: { few: control.few, ordinaryBeside: control.many },
      toldByHealth: { privilegedP99Ms: told?.privileged.p99Ms ?? null, ordinaryP99Ms: told?.ordinary.p99Ms ?? null },
    }
    const line = (name: string, { requests, p50Ms, p99Ms }: Arm) =>
      console.log(`${name}: ${requests} requests, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`)
    line(`${clients} ordinary clients`, reserved.many)
    line('4 privileged beside them', reserved.few)
    line('the same 4 as ordinary ones', control.few)
    const isBetter = reserved.few.p99Ms < reserved.many.p99Ms / 2
    return { passed: isBetter ? 1 : 0, failed: isBetter ? 0 : 1, result }
  } finally {
    await server.stop()
  }
}

async function startServer() {
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-privileged-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const env = {
    PATH: process.env['PATH'],
    METAAGENT_DATA_DIR: folder,
    METAAGENT_PORT: String(port),
    METAAGENT_LOG_LEVEL: 'error',
    METAQORE_API_KEY: key,
    METAQORE_ENABLE_RATE_LIMIT: 'false',
    METAQORE_PRIVILEGED_TOKEN: token,
  }
  const child = spawn(process.execPath, ['--conditions=@metaagent/source', cli, 'start'], { env, stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const isReady = async () => {
    const reply = await fetch(`${url}/api/v1/health`).catch(() => null)
    await reply?.arrayBuffer()
    return reply?.status === 200
  }
  while (child.exitCode === null && !(await isReady())) await new Promise((resolve) => setTimeout(resolve, 100))
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  return { url, stop }
}

async function measure(
  url: string,
  asked: { readonly clients: number; readonly durationMs: number; readonly isPrivileged: boolean },
): Promise<{ readonly many: Arm; readonly few: Arm }> {
  const endMs = performance.now() + asked.durationMs
  const ask = async (took: number[], headers: Record<string, string>, restMs: number) => {
    while (performance.now() < endMs) {
      const startMs = performance.now()
      const reply = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}`, ...headers } })
      await reply.arrayBuffer()
      if (reply.status !== 200) throw new Error(`answered ${reply.status}`)
      took.push(performance.now() - startMs)
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs))
    }
  }
  const many: number[] = []
  const few: number[] = []
  const privileged = asked.isPrivileged ? { [PrivilegedClientMiddleware.headerName]: token } : {}
  await Promise.all([
    ...Array.from({ length: asked.clients }, () => ask(many, {}, 0)),
    ...Array.from({ length: 4 }, () => ask(few, privileged, pauseMs)),
  ])
  return { many: armOf(many), few: armOf(few) }
}

function armOf(took: readonly number[]): Arm {
  const sorted = took.toSorted((a, b) => a - b)
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? 0
  return { requests: sorted.length, p50Ms: round(at(0.5)), p99Ms: round(at(0.99)) }
}

const round = (ms: number) => Math.round(ms * 10) / 10
