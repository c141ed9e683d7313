import type { DriftStreamName } from '@metaagent/contract'
import { methodOf } from '../packages/server/src/slices/judge/drift/model/settings.ts'
import { startOf, withRow, withTimeGone } from '../packages/server/src/slices/judge/drift/model/stream.ts'
import { limitsOf, watchOf } from '../packages/server/src/slices/judge/drift/model/watch.ts'
import { seededRandom } from '../packages/server/src/testkit/seeded-random.ts'
import type { Run } from '../tools/run-named.ts'
import { latencies, runsOfCheck, type Steps, verdicts } from './drift-run-length/streams.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000
const tickMs = 300_000
const statedDays = 30
/** How long each stream is followed after its baseline; one without an alarm counts so many days. */
const followedDays = 60
const streams = 100
/** Published: the seeds are this and those that follow. */
const firstSeed = 1

interface Scenario {
  readonly name: string
  readonly stream: Pick<DriftStreamName, 'kind' | 'metric'>
  readonly stepMs: number
  readonly steps: Steps
}

const judge = { kind: 'judge', metric: 'helpfulness' } as const
const check = { kind: 'check', metric: 'unit-tests' } as const

const scenarios: readonly Scenario[] = [
  ...(
    [
      [0.2, 0, 3],
      [0.02, 0, 3],
      [0.2, 0.5, 0.3],
      [0.2, 0.5, 3],
      [0.05, 0.5, 3],
      [0.2, 0.8, 3],
    ] as const
  ).map(([rate, repeats, perStep]) => ({
    name: `judge: ${rate} fail, ${perStep} per tick, repeat the one before with ${repeats}`,
    stream: judge,
    stepMs: tickMs,
    steps: verdicts({ rate, repeats, perStep, stepMs: tickMs }),
  })),
  ...(
    [
      [0.05, 0, hourMs],
      [0.2, 0.3, hourMs],
      [0.2, 0.5, hourMs],
      [0.02, 0.5, hourMs],
      [0.2, 0.5, 2 * tickMs],
    ] as const
  ).map(([rate, repeats, stepMs]) => ({
    name: `check: ${rate} fail, every ${stepMs / 60_000} min, repeat with ${repeats}`,
    stream: check,
    stepMs,
    steps: runsOfCheck({ rate, repeats, stepMs }),
  })),
  {
    name: 'agent failure rate by the hour: .1 of 20 fail, repeat with .5',
    stream: { kind: 'figure', metric: 'failure-rate' },
    stepMs: hourMs,
    steps: verdicts({ rate: 0.1, repeats: 0.5, perStep: 20, stepMs: hourMs }),
  },
  ...(
    [
      [0, 0],
      [0.5, 0],
      [0.3, 0.5],
    ] as const
  ).map(([correlation, season]) => ({
    name: `agent latency p95 by the hour: lognormal, AR ${correlation}, daily season ${season}`,
    stream: { kind: 'figure', metric: 'latency-p95' } as const,
    stepMs: hourMs,
    steps: latencies({ correlation, season, stepMs: hourMs }),
  })),
]

/** Days from the end of the baseline to the first alarm, as the stream is served by its default; at most `followedDays`. */
function runLength(
  { stream, stepMs, steps }: Scenario,
  seed: number,
): { readonly days: number; readonly alarm: boolean } {
  const method = methodOf({ judge: null, agentId: null, subject: null, ...stream }, { rules: [] })
  const limits = limitsOf(stream, statedDays * dayMs)
  const { tickMs: length } = limits
  const watch = watchOf(method, limits)
  const next = steps(seededRandom(seed))
  let state = startOf(watch)
  let watchedFrom: number | null = null
  for (let step = 0; ; step += 1) {
    const atMs = step * stepMs
    if (watchedFrom !== null && atMs - watchedFrom >= followedDays * dayMs) return { days: followedDays, alarm: false }
    const row = next(step)
    if (row === null) continue
    const taken = withRow(state, row, watch, length)
    const whole = stream.kind === 'figure' ? withTimeGone(taken.state, Number.POSITIVE_INFINITY, watch, length) : null
    state = whole?.state ?? taken.state
    if (taken.happened.length + (whole?.happened.length ?? 0) > 0)
      return { days: (atMs - (watchedFrom ?? 0)) / dayMs, alarm: true }
    if (watchedFrom === null && (whole?.step ?? taken.step)?.observed != null) watchedFrom = atMs
  }
}

/**
 * Streams in which nothing changes, through the methods and defaults as they are served: how long until the first alarm.
 * A stream counts 60 days at most, so the mean is below the true one; `lowerBound` is its one-sided 95 % bound.
 */
export const run: Run = async () => {
  const measured = scenarios.map((scenario) => {
    const lengths = Array.from({ length: streams }, (_, at) => runLength(scenario, firstSeed + at))
    const days = lengths.map((one) => one.days)
    const mean = days.reduce((sum, one) => sum + one, 0) / streams
    const deviation = Math.sqrt(days.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (streams - 1))
    const lowerBound = mean - (1.645 * deviation) / Math.sqrt(streams)
    const alarms = lengths.filter(({ alarm }) => alarm).length
    const holds = lowerBound >= statedDays
    const told = `${mean.toFixed(1)} days (at least ${lowerBound.toFixed(1)}), ${alarms} of ${streams} alarmed in ${followedDays}`
    console.log(`${holds ? 'ok  ' : 'FAIL'} ${scenario.name}: ${told}`)
    return { name: scenario.name, measuredRunLength: rounded(mean), lowerBound: rounded(lowerBound), alarms, holds }
  })
  const worst = measured.toSorted((a, b) => a.lowerBound - b.lowerBound)[0]
  const passed = measured.filter(({ holds }) => holds).length
  return {
    passed,
    failed: measured.length - passed,
    result: {
      streams,
      seed: firstSeed,
      statedRunLength: statedDays,
      measuredRunLength: worst?.measuredRunLength ?? null,
      lowerBound: worst?.lowerBound ?? null,
      unit: 'days',
      scenarios: measured,
    },
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(1))
}
