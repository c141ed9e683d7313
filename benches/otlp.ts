import { parseArgs } from 'node:util'
import type { Run } from '../tools/run-named.ts'
import { type BenchServer, median, startBenchServer, startLoadSender, withPostgres } from './ingest/bench-server.ts'
import type { LoadReport } from './ingest/load.ts'
import { spanTemplate } from './otlp/spans.ts'

// As the SDKs export: up to 512 spans in a request.
const shape = { actions: 500, actionsPerExecution: 10, reports: false } as const
const warmUpSeconds = 6

/**
 * Spans per second that are stored durably over OTLP/HTTP in protobuf, on PostgreSQL: requests of 500 spans of about 1 kB
 * from 50 traces, mapped, masked and priced. `--seconds` per round (10), `--rounds` (3), `--connections` (8);
 * `--profile` leaves a CPU profile of the server in the current folder.
 */
export const run: Run = async ({ args }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '8' },
      profile: { type: 'boolean', default: false },
    },
  })
  const connections = Number(values.connections)
  return withPostgres(async ({ environment }) => {
    const server = await startBenchServer(values.profile, environment)
    const bytes = spanTemplate(shape, 0, Date.now()).bytes.length / shape.actions
    console.log(`${Math.round(bytes)} bytes per span, ${shape.actions} spans per request, ${connections} connections`)
    const { reports, cpuUs } = await measure(server, connections, Number(values.seconds), Number(values.rounds))
    await server.end()
    const spansPerSecond = Math.round(median(reports.map(({ actions, seconds }) => actions / seconds)))
    const p99Ms = Math.round(median(reports.map(({ latencyP99Ms }) => latencyP99Ms)))
    const postgres = { spansPerSecond, p99Ms, bytesPerSpan: Math.round(bytes), serverCpuUsPerSpan: cpuUs }
    return { passed: 1, failed: 0, result: { postgres } }
  })
}

async function measure(server: BenchServer, connections: number, seconds: number, rounds: number) {
  const sender = startLoadSender(server)
  try {
    const order = { connections, shape, otlp: true }
    await sender.send({ ...order, seconds: warmUpSeconds })
    const reports: LoadReport[] = []
    const usedMs = await server.cpuMs()
    for (let round = 0; round < rounds; round++) {
      const report = await sender.send({ ...order, seconds })
      reports.push(report)
      const { actions, latencyP50Ms, latencyP99Ms, refused } = report
      console.log(
        `${Math.round(actions / report.seconds)} spans/s, p50 ${Math.round(latencyP50Ms)} ms, p99 ${Math.round(latencyP99Ms)} ms, refused ${JSON.stringify(refused)}`,
      )
    }
    const stored = reports.reduce((sum, { actions }) => sum + actions, 0)
    const cpuUs = Math.round((((await server.cpuMs()) - usedMs) * 10_000) / stored) / 10
    console.log(`server process: ${cpuUs} µs of processor time per span`)
    return { reports, cpuUs }
  } finally {
    sender.end()
  }
}
