import { type DriftFigure, type DriftStreamName, driftFigures } from '@metaagent/contract'
import { addMs, type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { quantile } from '../../../../kernel/latency-histogram.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { changedHours, type RangeSums, sumsOfRange } from '../../../observe/health/index.ts'
import type { Row } from '../model/watch.ts'
import { readCursors, saveCursor } from '../store/settings.ts'
import { type Followed, followRows } from './follow.ts'

const hourMs = 3_600_000
/** Reports come late: an hour is read when it has been over for so long. What comes later is not in the streams. */
const graceMs = 600_000
/** What is usual of agents that were there before is learned from so much of their past. */
const pastMs = 14 * 24 * hourMs
/** Hours per run of the job; the rest waits for the next. */
const hoursPerRun = 48
/** Agents per transaction, so that thousands of them hold nobody up. */
const agentsPerStep = 200

/** Reads the figures of agents of every organization, hour by hour, into their streams. Safe to run twice. */
export async function followFigures(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) {
    const until = instantFromEpochMs(Math.floor((deps.clock.now() - graceMs) / hourMs) * hourMs)
    const begun = await deps.store.transaction({ organizationId }, (tx) => beginOf(tx, until))
    if (begun === null) continue
    let from: Instant = begun
    for (let hours = 0; from < until && hours < hoursPerRun; hours += 1) {
      const next = addMs(from, hourMs)
      await followHour(deps, organizationId, from, next)
      from = next
    }
  }
}

/** The first hour that was not read; null when there is none. At first that is the oldest of the last 14 days. */
async function beginOf(tx: Tx, until: Instant): Promise<Instant | null> {
  const { figuresUntil } = await readCursors(tx)
  if (figuresUntil !== null) return figuresUntil < until ? figuresUntil : null
  const { hours } = await changedHours(tx, null)
  const past = hours.map(({ hourAt }) => hourAt).filter((at) => at >= until - pastMs)
  const first = instantFromEpochMs(Math.min(until, ...past))
  await saveCursor(tx, 'figures_until', first)
  return first
}

/** What is interrupted is done once more: a stream takes no hour twice. */
async function followHour(deps: Deps, organizationId: string, from: Instant, until: Instant): Promise<void> {
  const inSteps = <T>(work: (tx: Tx) => Promise<T>) =>
    deps.pacer.step(() => deps.store.transaction({ organizationId }, work))
  const sums = await inSteps((tx) => sumsOfRange(tx, { from, until, agentIds: null }))
  const followed = [...Map.groupBy(sums, ({ agentId }) => agentId)].flatMap(([agentId, own]) =>
    figuresOf(own).map(({ figure, row }) => followedOf(agentId, figure, { ...row, atMs: from })),
  )
  for (let at = 0; at < followed.length; at += agentsPerStep * driftFigures.length) {
    const some = followed.slice(at, at + agentsPerStep * driftFigures.length)
    await inSteps((tx) => followRows(deps, tx, some, null))
  }
  await inSteps((tx) => saveCursor(tx, 'figures_until', until))
}

function followedOf(agentId: string, figure: DriftFigure, row: Row): Followed {
  const name: DriftStreamName = { kind: 'figure', metric: figure, judge: null, agentId, subject: null }
  // No event led to it: the story begins here.
  const cause = { correlationId: `drift/${agentId}/${figure}/${new Date(row.atMs).toISOString()}`, eventId: null }
  return { name, rows: [{ ...row, judgmentId: null, executionId: null, cause }] }
}

/** What an hour came to; a figure that is unknown is no reading. */
function figuresOf(sums: readonly RangeSums[]): readonly { readonly figure: DriftFigure; readonly row: Row }[] {
  const total = (of: (sum: RangeSums) => number) => sums.reduce((all, sum) => all + of(sum), 0)
  const [successes, failures] = [total((sum) => sum.successes), total((sum) => sum.failures)]
  const runs = successes + failures
  if (runs <= 0) return []
  const latency = quantile(bucketsOf(sums), 0.95)
  const isPriced = total((sum) => sum.pricedCalls) > 0 && total((sum) => sum.unpricedCalls) === 0
  const of = (figure: DriftFigure, value: number, failed: number | null = null) => ({
    figure,
    row: { atMs: 0, runs, failures: failed, value },
  })
  return [
    of('failure-rate', failures / runs, failures),
    ...(latency === null ? [] : [of('latency-p95', latency)]),
    ...(isPriced ? [of('cost-per-execution', total((sum) => sum.costNanoUsd) / runs)] : []),
  ]
}

function bucketsOf(sums: readonly RangeSums[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const { latency } of sums)
    for (const [bucket, count] of Object.entries(latency))
      counts.set(Number(bucket), (counts.get(Number(bucket)) ?? 0) + count)
  return counts
}
