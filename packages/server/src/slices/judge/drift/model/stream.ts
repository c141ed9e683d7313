import type { Row, Watch, WatchStep } from './watch.ts'

/** A row with where it came from. */
export interface SeenRow extends Row {
  readonly judgmentId: string | null
  readonly executionId: string | null
}

/** Rows of one stretch of time, taken together. */
interface Tick {
  readonly atMs: number
  readonly runs: number
  readonly failures: number | null
  readonly last: number
  /** Of the latest step, where rows are read one by one. */
  readonly observed: number | null
  readonly limit: number | null
  readonly alarm: boolean
}

export interface Source {
  readonly judgmentId: string | null
  readonly executionId: string | null
}

/** All that a stream remembers; plain JSON. */
export interface StreamState {
  readonly watch: unknown
  readonly tick: Tick | null
  /** Start of the newest tick that is over: later rows belong to later ticks. */
  readonly overAtMs: number | null
  readonly isOpen: boolean
  /** Where the latest failures came from (or rows, where there are no failures), the newest last. */
  readonly sources: readonly Source[]
  readonly runs: number
  readonly failures: number | null
}

/** A tick as it is kept for charts. */
export interface KeptReading {
  readonly atMs: number
  readonly runs: number
  readonly value: number
  readonly observed: number | null
  readonly limit: number | null
  readonly alarm: boolean
}

/** `raised`: at first, or once more while the alarm is open. */
export type Happened =
  | { readonly what: 'raised'; readonly again: boolean; readonly atMs: number; readonly step: WatchStep }
  | { readonly what: 'back'; readonly atMs: number; readonly step: WatchStep }

export interface Advanced {
  readonly state: StreamState
  readonly readings: readonly KeptReading[]
  readonly happened: readonly Happened[]
  /** The newest step, if there was one. */
  readonly step: WatchStep | null
}

const sourcesMax = 10

export function startOf(watch: Watch): StreamState {
  return { watch: watch.start, tick: null, overAtMs: null, isOpen: false, sources: [], runs: 0, failures: null }
}

/** Takes a row in. Rows that come late, after their tick is over, count in the next one. */
export function withRow(state: StreamState, row: SeenRow, watch: Watch, tickMs: number): Advanced {
  const own = Math.floor(row.atMs / tickMs) * tickMs
  const atMs = Math.max(own, state.tick?.atMs ?? own, state.overAtMs === null ? own : state.overAtMs + tickMs)
  const over = state.tick !== null && atMs > state.tick.atMs ? withoutTick(state, watch) : nothingYet(state)
  const counted = {
    ...over.state,
    runs: over.state.runs + row.runs,
    failures: row.failures === null ? over.state.failures : (over.state.failures ?? 0) + row.failures,
    sources: sourcesWith(over.state.sources, row),
  }
  const tick = withinTick(counted.tick, row, atMs)
  if (watch.reads === 'ticks') return { ...over, state: { ...counted, tick } }
  const read = stepped({ ...counted, tick }, row, watch)
  const { observed, limit, alarm } = read.step
  const kept = { ...tick, observed, limit, alarm: tick.alarm || alarm }
  return {
    state: { ...read.state, tick: kept },
    readings: [...over.readings, readingOf(kept)],
    happened: [...over.happened, ...read.happened],
    step: read.step,
  }
}

/** Ends the open tick if all of it lies before a time: nothing more will come for it. */
export function withTimeGone(state: StreamState, untilMs: number, watch: Watch, tickMs: number): Advanced {
  return state.tick !== null && state.tick.atMs + tickMs <= untilMs ? withoutTick(state, watch) : nothingYet(state)
}

/** What is usual is learned anew, as after an alarm that was none. */
export function learningAnew(state: StreamState, watch: Watch): StreamState {
  return { ...state, watch: watch.start, isOpen: false }
}

const nothingYet = (state: StreamState): Advanced => ({ state, readings: [], happened: [], step: null })

function withoutTick(state: StreamState, watch: Watch): Advanced {
  const { tick } = state
  if (tick === null) return nothingYet(state)
  const over = { ...state, tick: null, overAtMs: tick.atMs }
  if (watch.reads === 'rows') return nothingYet(over)
  const { atMs, runs, failures } = tick
  const read = stepped(over, { atMs, runs, failures, value: valueOf(tick) }, watch)
  const { observed, limit, alarm } = read.step
  return { ...read, readings: [readingOf({ ...tick, observed, limit, alarm })] }
}

function stepped(state: StreamState, row: Row, watch: Watch): Advanced & { readonly step: WatchStep } {
  const step = watch.step(state.watch, row)
  const base = { readings: [], step }
  const { atMs } = row
  // Evidence may be above its limit for long after everything is as it was: what is back is back.
  if (state.isOpen && step.isBack) {
    const closed = { ...state, watch: watch.closed(step.state), isOpen: false }
    return { ...base, state: closed, happened: [{ what: 'back', atMs, step }] }
  }
  if (!step.alarm) return { ...base, state: { ...state, watch: step.state }, happened: [] }
  const happened = [{ what: 'raised', again: state.isOpen, atMs, step }] as const
  return { ...base, state: { ...state, watch: step.state, isOpen: true }, happened }
}

function withinTick(tick: Tick | null, row: Row, atMs: number): Tick {
  const before = tick ?? { atMs, runs: 0, failures: null, last: 0, observed: null, limit: null, alarm: false }
  return {
    ...before,
    runs: before.runs + row.runs,
    failures: row.failures === null ? before.failures : (before.failures ?? 0) + row.failures,
    last: row.value,
  }
}

/** Of verdicts their rate, of anything else the last value. */
function valueOf({ runs, failures, last }: Tick): number {
  return failures === null ? last : failures / runs
}

function readingOf(tick: Tick): KeptReading {
  const { atMs, runs, observed, limit, alarm } = tick
  return { atMs, runs, value: valueOf(tick), observed, limit, alarm }
}

function sourcesWith(sources: readonly Source[], { failures, judgmentId, executionId }: SeenRow): readonly Source[] {
  const isTold = (failures === null || failures > 0) && (judgmentId !== null || executionId !== null)
  return isTold ? [...sources, { judgmentId, executionId }].slice(-sourcesMax) : sources
}
