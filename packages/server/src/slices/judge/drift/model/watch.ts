import type { DriftMethodChoice, DriftStreamName } from '@metaagent/contract'
import { adwin, adwinDefaults } from './adwin.ts'
import { cusum, pageHinkley } from './control-charts.ts'
import { ddm, repeatedFailures, windowedCounts } from './failures.ts'
import type { DriftMethod } from './method.ts'
import { type RanksState, ranksStart, ranksStep, ranksWithoutEvidence } from './ranks.ts'
import { type RatesState, ratesDefaults, ratesStart, ratesStep, withoutEvidence } from './rates.ts'
import { surprise, surpriseDefaults } from './surprise.ts'
import { coverageLoss, coverageLossDefaults } from './test-suite.ts'

/** What a stream reads: one verdict or value, or a tick of several. `failures` is null where rows are no verdicts. */
export interface Row {
  readonly atMs: number
  readonly runs: number
  readonly failures: number | null
  readonly value: number
}

export interface WatchStep {
  /** Plain JSON, never changed in place. */
  readonly state: unknown
  readonly observed: number | null
  readonly limit: number | null
  readonly alarm: boolean
  /** An alarm that is open can be closed. */
  readonly isBack: boolean
  /** Null: the method gives none. */
  readonly eValue: number | null
  /** What was usual and what is now, where the method knows it. */
  readonly usual: number | null
  readonly now: number | null
  /** What these two are: shares of failures, ranks among usual values, or values as they came. */
  readonly scale: 'rate' | 'rank' | 'value'
}

/** A method as streams are served by it, whatever its state holds. */
export interface Watch {
  /** Ticks: rows of one tick are read together, once it is over. */
  readonly reads: 'rows' | 'ticks'
  readonly start: unknown
  step(state: unknown, row: Row): WatchStep
  /** The state once an alarm was closed. */
  closed(state: unknown): unknown
}

export interface WatchLimits {
  /** One false alarm in this time, at most, on average. */
  readonly falseAlarmMs: number
  readonly tickMs: number
  /** Whether rows are verdicts, or rates of them. */
  readonly isRate: boolean
}

const hourMs = 3_600_000

/** Verdicts are read in ticks of five minutes, figures are per hour. */
export function limitsOf(
  { kind, metric }: Pick<DriftStreamName, 'kind' | 'metric'>,
  falseAlarmMs: number,
): WatchLimits {
  const isRate = kind === 'figure' ? metric === 'failure-rate' : kind !== 'coverage'
  return { falseAlarmMs, tickMs: kind === 'figure' ? hourMs : ratesDefaults.baseTickMs, isRate }
}

/** Rows without an alarm after which a method that knows no “back” closes its alarm. */
const quietRows = 24
/** Successes in a row after which failures are over. */
const passesInRow = 5

/** The method of a choice. */
export function watchOf(choice: DriftMethodChoice, limits: WatchLimits): Watch {
  switch (choice.name) {
    case 'e-detector':
      return limits.isRate ? ratesWatch(choice, limits) : ranksWatch(choice, limits)
    case 'repeated-failures':
      return repeatedWatch(choice, limits)
    case 'hard-events':
      return hardWatch
    case 'coverage-loss':
      return coverageWatch(choice)
    case 'surprise':
      return quietWatch(surprise({ ...surpriseDefaults, limit: choice.limit }))
    case 'adwin':
      return quietWatch(adwin({ ...adwinDefaults, delta: choice.delta }))
    case 'page-hinkley':
      return quietWatch(pageHinkley(choice))
    case 'cusum':
      return quietWatch(cusum(choice))
    case 'ddm':
      return quietWatch(ddm(choice))
    case 'windowed-counts':
      return quietWatch(windowedCounts(choice))
  }
}

type EDetectorChoice = Extract<DriftMethodChoice, { name: 'e-detector' }>

const settingsOf = ({ side, baselineTicks }: EDetectorChoice, { falseAlarmMs, tickMs }: WatchLimits) => ({
  ...ratesDefaults,
  baseTickMs: tickMs,
  falseAlarmMs,
  side,
  baselineTicks,
})

function ranksWatch(choice: EDetectorChoice, limits: WatchLimits): Watch {
  const settings = settingsOf(choice, limits)
  return {
    reads: 'ticks',
    start: ranksStart,
    step: (state, row) => {
      const { baseline, recentMean, ...step } = ranksStep(state as RanksState, row, settings)
      return { ...step, usual: baseline, now: recentMean, scale: 'rank' }
    },
    closed: (state) => ranksWithoutEvidence(state as RanksState),
  }
}

function ratesWatch(choice: EDetectorChoice, limits: WatchLimits): Watch {
  const settings = settingsOf(choice, limits)
  return {
    reads: 'ticks',
    start: ratesStart,
    step: (state, { atMs, runs, failures, value }) => {
      const tick = { atMs, runs, failures: failures ?? value * runs }
      const { baseline, recentMean, ...step } = ratesStep(state as RatesState, tick, settings)
      return { ...step, usual: baseline, now: recentMean, scale: 'rate' }
    },
    closed: (state) => withoutEvidence(state as RatesState),
  }
}

interface Held<State> {
  readonly method: State
  /** Rows since the last alarm. */
  readonly quiet: number
}

const unchanged = (state: unknown) => state

/** A method whose alarm is over when none came for some rows. */
function quietWatch<State>(method: DriftMethod<State>): Watch {
  return {
    reads: 'rows',
    start: { method: method.start, quiet: 0 },
    step: (state, row) => {
      const known = state as Held<State>
      const { state: next, alarm, because } = method.step(known.method, row)
      const quiet = alarm ? 0 : known.quiet + 1
      const { observed, limit } = because
      const isBack = quiet >= quietRows
      const noMore = { eValue: null, usual: null, now: row.value, scale: 'value' } as const
      return { state: { method: next, quiet }, observed, limit, alarm, isBack, ...noMore }
    },
    closed: unchanged,
  }
}

interface RepeatedState {
  readonly method: ReturnType<typeof repeatedFailures>['start']
  readonly quiet: number
  readonly passes: number
  readonly lastAtMs: number | null
  /** Probability of false alarms that may still be spent. */
  readonly budget: number
}

/**
 * Repeated failures with a run length: time earns a budget of false alarms, one in `falseAlarmMs`, and each failure is
 * judged at half of what is there and spends that. So however often a test runs, its false alarms together come once in
 * that time at most on average, as far as the tail is right. Successes alarm never and spend nothing.
 */
function repeatedWatch(
  { windowRows, probabilityMax }: Extract<DriftMethodChoice, { name: 'repeated-failures' }>,
  { falseAlarmMs }: WatchLimits,
): Watch {
  const most = 2 * probabilityMax
  const start: RepeatedState = { method: repeatedFailures().start, quiet: 0, passes: 0, lastAtMs: null, budget: most }
  return {
    reads: 'rows',
    start,
    step: (state, row) => {
      const { method, quiet, passes, lastAtMs, budget } = state as RepeatedState
      const earned = lastAtMs === null ? 0 : Math.max(0, row.atMs - lastAtMs) / falseAlarmMs
      const limit = Math.min(most, budget + earned) / 2
      const { state: next, alarm, because } = repeatedFailures({ windowRows, probabilityMax: limit }).step(method, row)
      const after: RepeatedState = {
        method: next,
        quiet: alarm ? 0 : quiet + 1,
        passes: row.value === 1 ? 0 : passes + 1,
        lastAtMs: Math.max(lastAtMs ?? row.atMs, row.atMs),
        budget: row.value === 1 ? limit : 2 * limit,
      }
      return {
        state: after,
        observed: because.observed,
        limit,
        alarm,
        isBack: after.passes >= passesInRow || after.quiet >= windowRows,
        eValue: null,
        usual: (next.before.failures + 0.5) / (next.before.runs + 1),
        now: row.value,
        scale: 'rate',
      }
    },
    closed: unchanged,
  }
}

/** Rows are 1 where a check was disabled or deleted, 0 where it ran again. */
const hardWatch: Watch = {
  reads: 'rows',
  start: null,
  step: (_, { value }) => ({
    state: null,
    observed: value,
    limit: 0,
    alarm: value > 0,
    isBack: value === 0,
    eValue: null,
    usual: 0,
    now: value,
    scale: 'value',
  }),
  closed: unchanged,
}

function coverageWatch({ dropMin, deviations }: Extract<DriftMethodChoice, { name: 'coverage-loss' }>): Watch {
  const method = coverageLoss({ ...coverageLossDefaults, dropMin, deviations })
  type State = { readonly method: typeof method.start; readonly before: number | null }
  return {
    reads: 'rows',
    start: { method: method.start, before: null },
    step: (state, row) => {
      const known = state as State
      const { state: next, alarm, because } = method.step(known.method, row)
      // What it was before the first loss; further losses do not lower what counts as back.
      const before = alarm ? (known.before ?? known.method.last) : known.before
      const isBack = before !== null && row.value >= before - dropMin
      const { observed, limit } = because
      const levels = { usual: before, now: row.value, scale: 'value' } as const
      return { state: { method: next, before }, observed, limit, alarm, isBack, eValue: null, ...levels }
    },
    closed: (state) => ({ ...(state as State), before: null }),
  }
}
