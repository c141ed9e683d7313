/** Entries of one row that are not 0. */
export interface SparseRow {
  readonly at: readonly number[]
  readonly values: readonly number[]
}

/** One observation: a row per class (its utility is row · weights) and which class was right. */
export interface Example {
  readonly rows: readonly SparseRow[]
  readonly truth: number
}

/** The prior of the weights: mean `centre[k]`, precision `ridge[k]` > 0. */
export interface Prior {
  readonly centre: readonly number[]
  readonly ridge: readonly number[]
}

/**
 * The weights that minimise Σ −ln p(truth) + Σ ridge/2·(w − centre)², p = softmax(rows · w): McFadden's conditional logit,
 * for two classes with rows ±½v the ridge logistic regression. Newton's method; each step by conjugate gradients on
 * Hessian products, so that a thousand judges cost no thousand by thousand matrix. Convex: there is one answer.
 */
export function fitConditionalLogit(examples: readonly Example[], { centre, ridge }: Prior): readonly number[] {
  let weights = [...centre]
  let value = objective(examples, weights, { centre, ridge })
  for (let step = 0; step < 100; step++) {
    const shares = examples.map((example) => probabilitiesOf(example.rows, weights))
    const gradient = gradientAt(examples, shares, weights, { centre, ridge })
    if (Math.max(...gradient.map(Math.abs)) < 1e-9) break
    const direction = conjugateGradients(
      (vector) => hessianTimes(examples, shares, vector, ridge),
      gradient.map((slope) => -slope),
    )
    const slope = dot(gradient, direction)
    let scale = 1
    let next = weights
    let nextValue = value
    for (; scale > 1e-10; scale /= 2) {
      const length = scale
      next = weights.map((weight, k) => weight + length * (direction[k] ?? 0))
      nextValue = objective(examples, next, { centre, ridge })
      if (nextValue <= value + 1e-4 * scale * slope) break
    }
    if (!(nextValue < value)) break
    weights = next
    value = nextValue
  }
  return weights
}

/** Softmax of the rows' utilities. In [0, 1], sum 1 up to rounding. */
export function probabilitiesOf(rows: readonly SparseRow[], weights: readonly number[]): readonly number[] {
  return softmax(rows.map((row) => sparseDot(row, weights)))
}

/** exp(u) / Σ exp(u), without overflow. */
export function softmax(utilities: readonly number[]): readonly number[] {
  const highest = Math.max(...utilities)
  const powers = utilities.map((utility) => Math.exp(utility - highest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

function objective(examples: readonly Example[], weights: readonly number[], { centre, ridge }: Prior): number {
  let value = 0
  for (const { rows, truth } of examples) {
    const utilities = rows.map((row) => sparseDot(row, weights))
    const highest = Math.max(...utilities)
    const sum = utilities.reduce((total, utility) => total + Math.exp(utility - highest), 0)
    value += highest + Math.log(sum) - (utilities[truth] ?? 0)
  }
  return weights.reduce((sum, weight, k) => sum + ((ridge[k] ?? 0) / 2) * (weight - (centre[k] ?? 0)) ** 2, value)
}

function gradientAt(
  examples: readonly Example[],
  shares: readonly (readonly number[])[],
  weights: readonly number[],
  { centre, ridge }: Prior,
): number[] {
  const gradient = weights.map((weight, k) => (ridge[k] ?? 0) * (weight - (centre[k] ?? 0)))
  examples.forEach(({ rows, truth }, i) => {
    rows.forEach((row, k) => {
      addTo(gradient, row, (shares[i]?.[k] ?? 0) - (k === truth ? 1 : 0))
    })
  })
  return gradient
}

function hessianTimes(
  examples: readonly Example[],
  shares: readonly (readonly number[])[],
  vector: readonly number[],
  ridge: readonly number[],
): number[] {
  const product = vector.map((entry, k) => (ridge[k] ?? 0) * entry)
  examples.forEach(({ rows }, i) => {
    const along = rows.map((row) => sparseDot(row, vector))
    const mean = along.reduce((sum, value, k) => sum + value * (shares[i]?.[k] ?? 0), 0)
    rows.forEach((row, k) => {
      addTo(product, row, (shares[i]?.[k] ?? 0) * ((along[k] ?? 0) - mean))
    })
  })
  return product
}

/** Solves A x = b for a positive definite A that is known by its products. */
function conjugateGradients(times: (vector: readonly number[]) => number[], b: readonly number[]): number[] {
  const x = b.map(() => 0)
  const rest = [...b]
  let direction = [...b]
  let length = dot(rest, rest)
  // A tenth of the gradient may be left: the next Newton step takes it (inexact Newton).
  const enough = length * 1e-2
  for (let step = 0; step < 2 * b.length + 10 && length > enough; step++) {
    const image = times(direction)
    const scale = length / dot(direction, image)
    for (let k = 0; k < x.length; k++) {
      x[k] = (x[k] ?? 0) + scale * (direction[k] ?? 0)
      rest[k] = (rest[k] ?? 0) - scale * (image[k] ?? 0)
    }
    const next = dot(rest, rest)
    const turn = next / length
    direction = rest.map((entry, k) => entry + turn * (direction[k] ?? 0))
    length = next
  }
  return x
}

function sparseDot({ at, values }: SparseRow, weights: readonly number[]): number {
  let sum = 0
  for (let k = 0; k < at.length; k++) sum += (values[k] ?? 0) * (weights[at[k] ?? 0] ?? 0)
  return sum
}

function addTo(target: number[], { at, values }: SparseRow, factor: number): void {
  for (let k = 0; k < at.length; k++) {
    const column = at[k] ?? 0
    target[column] = (target[column] ?? 0) + factor * (values[k] ?? 0)
  }
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += (a[k] ?? 0) * (b[k] ?? 0)
  return sum
}
