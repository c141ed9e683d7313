import { type EDetectorState, eDetector, meanWithin, runLengthFor } from './e-detector.ts'

/** Runs and failures of one tick, the shortest time that is looked at as one. Ticks without a run are no ticks. */
export interface RateTick {
  readonly atMs: number
  readonly runs: number
  readonly failures: number
}

export interface RatesSettings {
  /** Length of the ticks that come in. */
  readonly baseTickMs: number
  /** One false alarm in this time, at most, on average. */
  readonly falseAlarmMs: number
  /** What is usual is learned from at least so many ticks over at least this time. */
  readonly baselineTicks: number
  readonly baselineMs: number
  readonly side: 'up' | 'down' | 'both'
}

export const dayMs = 86_400_000
export const ratesDefaults: RatesSettings = {
  baseTickMs: 300_000,
  falseAlarmMs: 30 * dayMs,
  baselineTicks: 100,
  baselineMs: dayMs,
  side: 'both',
}

/** The rates of slots of one length, as they are known while the baseline is learned. */
interface Level {
  readonly open: Slot | null
  readonly rows: number
  readonly sum: number
  readonly squares: number
  /** Sum of products of each rate with the one before. */
  readonly products: number
  readonly last: number | null
}

interface Slot {
  readonly number: number
  readonly runs: number
  readonly failures: number
}

/** The baseline: length of a slot, how many were seen with what mean, and the means that this leaves possible. */
interface Learned {
  readonly tickMs: number
  readonly rows: number
  readonly mean: number
  readonly low: number
  readonly high: number
}

export interface RatesState {
  readonly firstAtMs: number | null
  /** Slots of 1, 2, 4 … ticks; empty once the baseline is learned. */
  readonly levels: readonly Level[]
  readonly learned: Learned | null
  /** The slot that is not over yet, where slots are longer than ticks. */
  readonly open: Slot | null
  readonly evidence: readonly number[]
  /** Slots since the evidence began. */
  readonly slots: number
  readonly recent: readonly number[]
}

export interface RatesStep {
  readonly state: RatesState
  /** Null while the baseline is learned. */
  readonly observed: number | null
  readonly limit: number | null
  readonly alarm: boolean
  /** The mean of the latest slots lies within what the baseline leaves possible. */
  readonly isBack: boolean
  /** Evidence against “nothing changed since the evidence began” as an e-value: its mean is at most 1 without a change. */
  readonly eValue: number | null
  readonly baseline: number | null
  readonly recentMean: number | null
}

const levelsMax = 6
/** Fewer slots of a length neither show dependence nor bound a mean. */
const slotsMin = 50
/** One-sided 5 % for a correlation of independent values. */
const correlatedFrom = 1.645
const confidence = 0.95
const recentSlots = 12
/** Evidence grows while an alarm is open; beyond this it says nothing more. */
const evidenceMax = 1e6

const noLevel: Level = { open: null, rows: 0, sum: 0, squares: 0, products: 0, last: null }
export const ratesStart: RatesState = {
  firstAtMs: null,
  levels: Array.from({ length: levelsMax }, () => noLevel),
  learned: null,
  open: null,
  evidence: eDetectorEvidence(),
  slots: 0,
  recent: [],
}

function eDetectorEvidence(): readonly number[] {
  return eDetector({ averageRunLengthMin: 1, baseline: { kind: 'learned', rows: 1, confidence }, side: 'both' }).start
    .evidence
}

/**
 * A rate under an e-detector. An e-detector holds its run length where each row’s mean, given all before, is the
 * baseline’s; verdicts come in streaks, so rows are not read one by one but as the rate of a slot of time. The slot is
 * chosen while the baseline is learned: the shortest of 1, 2, 4 … 32 ticks whose neighbouring rates are not correlated
 * (one-sided 5 %), or 32. Evidence is not thrown away at an alarm: it goes on while the alarm is open. A slot is read when
 * the first tick of a later one comes.
 */
export function ratesStep(state: RatesState, tick: RateTick, settings: RatesSettings): RatesStep {
  const number = Math.floor(tick.atMs / settings.baseTickMs)
  if (state.learned === null) return learningStep(state, { ...tick, number }, settings)
  const length = Math.round(state.learned.tickMs / settings.baseTickMs)
  const slot = { number: Math.floor(number / length), runs: tick.runs, failures: tick.failures }
  // Every tick is a slot of its own: it is over when it comes.
  if (length === 1) return slotStep(state, slot, settings)
  if (state.open === null || state.open.number === slot.number)
    return quiet({ ...state, open: added(state.open, slot) }, settings)
  return slotStep({ ...state, open: slot }, state.open, settings)
}

/** The evidence begins anew, as after an alarm that is closed. */
export function withoutEvidence(state: RatesState): RatesState {
  return { ...state, evidence: ratesStart.evidence, slots: 0 }
}

function added(open: Slot | null, slot: Slot): Slot {
  return open === null ? slot : { ...slot, runs: open.runs + slot.runs, failures: open.failures + slot.failures }
}

function quiet(state: RatesState, settings: RatesSettings): RatesStep {
  const { learned } = state
  const limit = learned === null ? null : runLengthFor(learned.tickMs, settings.falseAlarmMs)
  const known = learned !== null && state.slots > 0
  const observed = known ? observedOf(state.evidence, settings) : null
  return {
    state,
    observed,
    limit,
    alarm: false,
    isBack: false,
    eValue: observed === null ? null : observed / state.slots,
    baseline: learned === null ? null : learned.mean,
    recentMean: meanOf(state.recent),
  }
}

function learningStep(state: RatesState, tick: RateTick & { readonly number: number }, settings: RatesSettings) {
  const firstAtMs = state.firstAtMs ?? tick.atMs
  const levels = state.levels.map((level, power) =>
    withTick(level, { number: Math.floor(tick.number / 2 ** power), runs: tick.runs, failures: tick.failures }),
  )
  const known = { ...state, firstAtMs, levels }
  const enough = (levels[0]?.rows ?? 0) >= settings.baselineTicks && tick.atMs - firstAtMs >= settings.baselineMs
  const power = enough ? shortestWithoutStreaks(levels) : null
  const level = power === null ? undefined : levels[power]
  if (power === null || level === undefined) return quiet(known, settings)
  const mean = level.sum / level.rows
  const within = meanWithin(mean, level.rows, confidence)
  const learned = { tickMs: settings.baseTickMs * 2 ** power, rows: level.rows, mean, ...within }
  return quiet({ ...known, levels: [], learned, open: power === 0 ? null : level.open }, settings)
}

/** A slot counts once a later one begins; of a level of single ticks each counts at once. */
function withTick(level: Level, slot: Slot): Level {
  if (level.open === null || level.open.number === slot.number) return { ...level, open: added(level.open, slot) }
  const rate = level.open.failures / level.open.runs
  return {
    open: slot,
    rows: level.rows + 1,
    sum: level.sum + rate,
    squares: level.squares + rate * rate,
    products: level.products + (level.last === null ? 0 : level.last * rate),
    last: rate,
  }
}

/** Null: not yet known. The longest slots are taken as they are. */
function shortestWithoutStreaks(levels: readonly Level[]): number | null {
  for (const [power, { rows, sum, squares, products }] of levels.entries()) {
    if (rows < slotsMin) return null
    if (power === levels.length - 1) return power
    const mean = sum / rows
    const variance = squares / rows - mean * mean
    const correlation = variance <= 1e-12 ? 0 : (products / (rows - 1) - mean * mean) / variance
    if (correlation + 1 / rows < correlatedFrom / Math.sqrt(rows)) return power
  }
  return null
}

function slotStep(state: RatesState, slot: Slot, settings: RatesSettings): RatesStep {
  const { learned } = state
  if (learned === null) return quiet(state, settings)
  const limit = runLengthFor(learned.tickMs, settings.falseAlarmMs)
  const rate = slot.failures / slot.runs
  const { low, high } = learned
  const before: EDetectorState = { learned: { rows: 0, sum: 0 }, evidence: state.evidence }
  // A limit out of reach: the evidence is not to begin anew at an alarm.
  const { evidence } = eDetector({
    averageRunLengthMin: Number.MAX_VALUE,
    baseline: { kind: 'within', low, high },
    side: settings.side,
  }).step(before, { atMs: 0, value: rate }).state
  const bounded = evidence.map((one) => Math.min(one, limit * evidenceMax))
  const observed = observedOf(bounded, settings)
  const recent = [...state.recent, rate].slice(-recentSlots)
  const recentMean = meanOf(recent)
  return {
    state: { ...state, evidence: bounded, slots: state.slots + 1, recent },
    observed,
    limit,
    alarm: observed >= limit,
    isBack: recent.length === recentSlots && recentMean !== null && low <= recentMean && recentMean <= high,
    eValue: observed / (state.slots + 1),
    baseline: learned.mean,
    recentMean,
  }
}

function observedOf(evidence: readonly number[], { side }: RatesSettings): number {
  const half = evidence.length / 2
  const counted = evidence.filter((_, at) => side === 'both' || at < half === (side === 'up'))
  return counted.reduce((sum, one) => sum + one, 0) / counted.length
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, one) => sum + one, 0) / values.length
}
