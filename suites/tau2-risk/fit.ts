/** A run as the fit sees it: its file, the values of the terms, and whether it failed. */
export interface Sample {
  readonly file: string
  readonly values: readonly number[]
  readonly failed: boolean
}

export interface Fit {
  /** Per term, for the term's own units; never negative. */
  readonly weights: readonly number[]
  /** Mean of the files' own intercepts. */
  readonly intercept: number
}

const ridge = 30
const interceptRidge = 1
const rounds = 4_000

/**
 * Logistic regression with an intercept per file, so that only differences within a file teach, weights held at or above
 * zero (a sign that contradicts a term's meaning is noise) and a ridge of 30 on standardised terms. Projected gradient
 * with momentum (FISTA) and a fixed number of rounds: the same samples give the same weights.
 */
export function fitWeights(samples: readonly Sample[]): Fit {
  const files = [...new Set(samples.map(({ file }) => file))]
  const terms = samples[0]?.values.length ?? 0
  const spreads = Array.from({ length: terms }, (_, term) => spreadOf(samples.map(({ values }) => values[term] ?? 0)))
  const rows = samples.map(({ values }) => values.map((value, term) => value / (spreads[term] ?? 1)))
  const fileOf = samples.map(({ file }) => files.indexOf(file))
  const size = terms + files.length
  const step = 1 / lipschitz(rows)
  let current = new Float64Array(size)
  let ahead = new Float64Array(size)
  for (let round = 1; round <= rounds; round++) {
    const slope = gradient(ahead, rows, fileOf, samples, terms)
    const next = ahead.map((value, index) => {
      const moved = value - step * (slope[index] ?? 0)
      return index < terms ? Math.max(0, moved) : moved
    })
    const momentum = (round - 1) / (round + 2)
    const before = current
    ahead = next.map((value, index) => value + momentum * (value - (before[index] ?? 0)))
    current = next
  }
  const intercepts = Array.from(current.slice(terms))
  return {
    weights: Array.from(current.slice(0, terms)).map((weight, term) => weight / (spreads[term] ?? 1)),
    intercept: intercepts.reduce((sum, value) => sum + value, 0) / intercepts.length,
  }
}

function gradient(
  at: Float64Array,
  rows: readonly (readonly number[])[],
  fileOf: readonly number[],
  samples: readonly Sample[],
  terms: number,
): Float64Array {
  const slope = at.map((value, index) => value * (index < terms ? ridge : interceptRidge))
  rows.forEach((row, sample) => {
    const own = terms + (fileOf[sample] ?? 0)
    let score = at[own] ?? 0
    row.forEach((value, term) => {
      score += value * (at[term] ?? 0)
    })
    const error = 1 / (1 + Math.exp(-score)) - (samples[sample]?.failed === true ? 1 : 0)
    row.forEach((value, term) => {
      slope[term] = (slope[term] ?? 0) + error * value
    })
    slope[own] = (slope[own] ?? 0) + error
  })
  return slope
}

/** An upper bound of the curvature: a quarter of the squared length of all rows, each with its intercept's 1. */
function lipschitz(rows: readonly (readonly number[])[]): number {
  const squares = rows.reduce((sum, row) => sum + 1 + row.reduce((own, value) => own + value * value, 0), 0)
  return squares / 4 + ridge
}

function spreadOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
  return deviation > 0 ? deviation : 1
}

/** Area under the ROC curve: how often a failed run is above one that did not fail, ties half. Null without both. */
export function aucOf(scored: readonly { readonly score: number; readonly failed: boolean }[]): number | null {
  const failed = scored.filter((one) => one.failed)
  const others = scored.filter((one) => !one.failed)
  if (failed.length === 0 || others.length === 0) return null
  let above = 0
  for (const { score } of failed)
    for (const other of others) above += score > other.score ? 1 : score === other.score ? 0.5 : 0
  return above / (failed.length * others.length)
}
