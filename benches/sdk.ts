import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { freePort } from '../tools/free-port.ts'
import type { Run } from '../tools/run-named.ts'
import type { AgentOrder, AgentReport } from './sdk/agent.ts'
import { measurePython } from './sdk/python.ts'

/**
 * What one call of the SDK costs the agent: `startExecution`, `action` and both `end`, with 1 kB each way, 250 executions
 * a second, on a warm process whose rows a live server stores meanwhile; then against a server that is down, as fast as
 * it goes. Medians of `--rounds` (3) with `--executions` (3,000). Fails if a call threw or a row is not accounted for.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: 'string', default: '3' }, executions: { type: 'string', default: '3000' } },
  })
  const executions = Number(values.executions)
  const folder = mkdtempSync(join(tmpdir(), 'metaagent-bench-'))
  const server = await startServer(folder)
  try {
    const live: AgentReport[] = []
    const down: AgentReport[] = []
    const order: AgentOrder = { ...server, executions, warmUp: 1_000, pauseMs: 4, queueRows: 10_000 }
    const nobody = `http://127.0.0.1:${await freePort()}`
    for (let number = 0; number < Number(values.rounds); number++) {
      live.push(await runAgent(order))
      down.push(await runAgent({ ...order, url: nobody, pauseMs: 0, queueRows: 1_000 }))
      console.log('live', live.at(-1), '\ndown', down.at(-1))
    }
    const python = await measurePython(server)
    const faults = [...live.flatMap(liveFaults), ...down.flatMap(downFaults)]
    for (const fault of faults) console.log(fault)
    return {
      passed: live.length + down.length - faults.length,
      failed: faults.length,
      result: { typescript: { ...summary(live), serverDown: { ...summary(down), dropped: down[0]?.dropped } }, python },
    }
  } finally {
    await server.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

function liveFaults({ thrown, reported, sent, rejected, dropped }: AgentReport): readonly string[] {
  if (thrown === 0 && sent === reported) return []
  return [`server up: ${thrown} calls threw; of ${reported} rows ${sent} sent, ${rejected} refused, ${dropped} dropped`]
}

function downFaults({ thrown, reported, sent, dropped }: AgentReport): readonly string[] {
  if (thrown === 0 && sent === 0 && dropped === reported) return []
  return [`server down: ${thrown} calls threw; of ${reported} rows ${dropped} were counted as dropped, ${sent} as sent`]
}

function summary(reports: readonly AgentReport[]) {
  const median = (read: (report: AgentReport) => number) => {
    const sorted = reports.map(read).toSorted((a, b) => a - b)
    return Math.round((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN) * 10) / 10
  }
  return {
    p50Us: median(({ p50Us }) => p50Us),
    p99Us: median(({ p99Us }) => p99Us),
    cpuUsPerCall: median(({ cpuUsPerCall }) => cpuUsPerCall),
  }
}

/** Each measurement in a process of its own, so that none inherits the heap of another. */
async function runAgent(order: AgentOrder): Promise<AgentReport> {
  const child = fork(join(import.meta.dirname, 'sdk/agent.ts'), { execArgv: ['--conditions=@metaagent/source'] })
  return await new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as AgentReport))
    child.once('exit', (code) => reject(new Error(`the agent ended with ${code}`)))
    child.send(order)
  })
}

async function startServer(folder: string) {
  const port = await freePort()
  const child = fork(join(import.meta.dirname, 'ingest/server.ts'), {
    env: {
      ...process.env,
      METAAGENT_DATA_DIR: folder,
      METAAGENT_PORT: String(port),
      METAAGENT_LOG_LEVEL: 'warn',
      METAAGENT_RATE_LIMIT: 'false',
    },
    execArgv: ['--conditions=@metaagent/source'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const key = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      const text = chunk.toString()
      if (text.includes('"key"')) resolve((JSON.parse(text) as { key: string }).key)
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  const end = async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await gone
  }
  return { url: `http://127.0.0.1:${port}`, key, end }
}
