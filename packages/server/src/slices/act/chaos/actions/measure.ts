import type { ChaosLine, ChaosReading, ChaosReport } from '@metaagent/contract'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { firingAlerts } from '../../../observe/alerts/index.ts'
import { type RangeSums, sumsOfRange } from '../../../observe/health/index.ts'
import { urgentSlas } from '../../../observe/slas/index.ts'
import { percentile, readingOf, type Seen, seenExactly, seenLatency, seenRate } from '../model/readings.ts'
import { deliveryOf } from '../store/signals.ts'

const minuteMs = 60_000
const mostAlerts = 1_001
const mostSlas = 1_000

/** What lines are measured of: real figures of a time in an environment, and what is so now. */
export interface Measured {
  readonly lines: readonly ChaosLine[]
  readonly environment: string
  readonly from: Instant
  readonly until: Instant
  /** Null: no run whose signals could be measured. */
  readonly runId: string | null
}

/** Holds lines against real figures of whole minutes around the asked time; simulated runs count in none of them. */
export async function measure(deps: Deps, tx: Tx, asked: Measured): Promise<ChaosReading[]> {
  const { lines, environment } = asked
  const range = {
    from: instantFromEpochMs(Math.floor(asked.from / minuteMs) * minuteMs),
    until: instantFromEpochMs(Math.ceil((asked.until + 1) / minuteMs) * minuteMs),
    agentIds: null,
  }
  const reads = lines.some(({ kind }) => kind === 'success-rate' || kind === 'latency-p95')
  const sums = reads ? (await sumsOfRange(tx, range)).filter((part) => part.environment === environment) : []
  const readings: ChaosReading[] = []
  for (const line of lines) readings.push(readingOf(line, await seenOf(deps, tx, asked.runId, line, sums)))
  return readings
}

async function seenOf(
  deps: Deps,
  tx: Tx,
  runId: string | null,
  line: ChaosLine,
  sums: readonly RangeSums[],
): Promise<Seen> {
  switch (line.kind) {
    case 'success-rate': {
      const own = ofAgent(sums, line.agentId)
      return seenRate(total(own, 'successes'), total(own, 'failures'))
    }
    case 'latency-p95':
      return seenLatency(histogramOf(ofAgent(sums, line.agentId)))
    case 'open-alerts':
      return seenExactly((await firingAlerts(deps, tx, mostAlerts)).length)
    case 'error-budget': {
      const slas = (await urgentSlas(deps, tx, mostSlas)).filter(
        ({ slaId }) => line.slaId === null || slaId === line.slaId,
      )
      const left = slas.flatMap(({ compliance }) => compliance?.budget.remainingShare ?? [])
      return seenExactly(left.length === 0 ? null : Math.min(...left), left.length)
    }
    case 'delivery-p95': {
      const { tookMs } = runId === null ? { tookMs: [] } : await deliveryOf(tx, runId)
      return seenExactly(percentile(tookMs, 0.95), tookMs.length)
    }
  }
}

const ofAgent = (sums: readonly RangeSums[], agentId: string | null) =>
  agentId === null ? sums : sums.filter((part) => part.agentId === agentId)

const total = (sums: readonly RangeSums[], of: 'successes' | 'failures') =>
  sums.reduce((all, part) => all + part[of], 0)

function histogramOf(sums: readonly RangeSums[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const { latency } of sums)
    for (const [bucket, count] of Object.entries(latency))
      counts.set(Number(bucket), (counts.get(Number(bucket)) ?? 0) + count)
  return counts
}

/** What became of a run's signals, for its report. */
export async function deliveryReport(tx: Tx, runId: string): Promise<ChaosReport['delivery']> {
  const { sent, delayed, tookMs } = await deliveryOf(tx, runId)
  return { sent, received: tookMs.length, p50Ms: percentile(tookMs, 0.5), p95Ms: percentile(tookMs, 0.95), delayed }
}
