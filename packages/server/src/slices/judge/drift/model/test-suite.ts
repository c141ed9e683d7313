import type { DriftMethod } from './method.ts'

/** What happened to a test of the suite as a whole. */
export interface TestEvent {
  readonly atMs: number
  readonly kind: 'enabled' | 'disabled' | 'deleted'
}

/** A test that is disabled or deleted is drift by itself: nobody watches what it watched. */
export function hardEvents(): DriftMethod<null, TestEvent> {
  return {
    start: null,
    step: (_, { kind }) => {
      const alarm = kind !== 'enabled'
      const rule = alarm ? `test-${kind}` : 'test-disabled'
      return { state: null, alarm, because: { rule, observed: alarm ? 1 : 0, limit: 0 } }
    },
  }
}

export interface CoverageLossSettings {
  /** The least drop that counts, as a share (.02 is 2 percentage points). */
  readonly dropMin: number
  readonly deviations: number
  /** Fewer earlier changes give no measure of unrest. */
  readonly deltasMin: number
  readonly deltasMax: number
}

export const coverageLossDefaults: CoverageLossSettings = { dropMin: 0.02, deviations: 3, deltasMin: 5, deltasMax: 50 }

export interface CoverageState {
  readonly last: number | null
  readonly deltas: readonly number[]
}

/** Coverage (0 to 1) that fell by more than max(2 percentage points, 3 · 1.4826 · MAD of its own earlier changes). */
export function coverageLoss({
  dropMin,
  deviations,
  deltasMin,
  deltasMax,
}: CoverageLossSettings = coverageLossDefaults): DriftMethod<CoverageState> {
  return {
    start: { last: null, deltas: [] },
    step: ({ last, deltas }, { value }) => {
      const centre = medianOf(deltas)
      const unrest = medianOf(deltas.map((delta) => Math.abs(delta - centre)))
      const scale = deltas.length < deltasMin ? 0 : 1.4826 * unrest
      const limit = Math.max(dropMin, deviations * scale)
      const observed = last === null ? null : last - value
      const alarm = observed !== null && observed > limit
      const next = last === null ? deltas : [...deltas, value - last].slice(-deltasMax)
      return { state: { last: value, deltas: next }, alarm, because: { rule: 'coverage-loss', observed, limit } }
    },
  }
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2
}
