import { type JudgedItem, pairsOf, type SharedItem } from './panel.ts'

/** Two judges on the audited items that both judged. */
export interface CopySuspicion {
  readonly first: string
  readonly second: string
  readonly shared: number
  /** Share of the items on which they say the same. */
  readonly agreement: number
  /** The share to be expected of judges that are right as often as these and independent given the truth. */
  readonly expectedAgreement: number
  /** How much of what lies between the expected and full agreement is there; 1 they always agree. */
  readonly excess: number
  /** One-sided, exact, times the number of pairs looked at (Bonferroni), at most 1. */
  readonly pValue: number
  /** Excess of at least .8 at p < .01: an error shared now and then is difficulty, one shared always is a copy. */
  readonly isCopy: boolean
}

const excessMin = 0.8
const alpha = 0.01

/**
 * Pairs of judges by how far they agree beyond what their audited accuracies explain, most suspicious first. Exact test:
 * given how often each is right on the passes and on the fails, the number that both get right is hypergeometric in either
 * stratum if they are independent (Fisher 1934 by strata, as Cochran–Mantel–Haenszel); the two are convolved.
 */
export function copiesAmong(items: readonly JudgedItem[]): readonly CopySuspicion[] {
  const pairs = pairsOf(items)
    .map(({ first, second, shared }) => ({ first, second, audited: shared.filter(({ gold }) => gold !== null) }))
    .filter(({ audited }) => audited.length > 0)
  return pairs
    .map(({ first, second, audited }) => suspicionOf(first, second, audited, pairs.length))
    .sort((a, b) => a.pValue - b.pValue || b.excess - a.excess || (a.first + a.second < b.first + b.second ? -1 : 1))
}

function suspicionOf(first: string, second: string, audited: readonly SharedItem[], looks: number): CopySuspicion {
  const strata = [...Map.groupBy(audited, ({ gold }) => gold).values()].map(stratumOf)
  const shared = audited.length
  const agreement = strata.reduce((sum, { agreeing }) => sum + agreeing, 0) / shared
  const expectedAgreement = strata.reduce((sum, { expected }) => sum + expected, 0) / shared
  const excess = expectedAgreement >= 1 ? 0 : (agreement - expectedAgreement) / (1 - expectedAgreement)
  const bothRight = strata.reduce((sum, stratum) => sum + stratum.bothRight, 0)
  const chances = strata.map(({ chances: own }) => own).reduce(convolved, [1])
  const tail = chances.slice(bothRight).reduce((sum, chance) => sum + chance, 0)
  const pValue = Math.min(1, tail * looks)
  return {
    first,
    second,
    shared,
    agreement,
    expectedAgreement,
    excess,
    pValue,
    isCopy: excess >= excessMin && pValue < alpha,
  }
}

function stratumOf(items: readonly SharedItem[]) {
  const size = items.length
  const firstRight = items.filter(({ first, gold }) => first === gold).length
  const secondRight = items.filter(({ second, gold }) => second === gold).length
  const bothRight = items.filter(({ first, second, gold }) => first === gold && second === gold).length
  const bothWrong = size - firstRight - secondRight + bothRight
  const expected = (firstRight * secondRight + (size - firstRight) * (size - secondRight)) / size
  return {
    bothRight,
    agreeing: bothRight + bothWrong,
    expected,
    chances: hypergeometric(size, firstRight, secondRight),
  }
}

/** Probability of each number of common members of two random subsets of so many out of `size`; index = the number. */
function hypergeometric(size: number, first: number, second: number): readonly number[] {
  const low = Math.max(0, first + second - size)
  const high = Math.min(first, second)
  const weights = new Array<number>(high + 1).fill(0)
  // Relative to the mode, from which both directions fall: nothing overflows.
  const mode = Math.min(high, Math.max(low, Math.floor(((first + 1) * (second + 1)) / (size + 2))))
  weights[mode] = 1
  for (let k = mode; k < high; k++)
    weights[k + 1] = ((weights[k] ?? 0) * (first - k) * (second - k)) / ((k + 1) * (size - first - second + k + 1))
  for (let k = mode; k > low; k--)
    weights[k - 1] = ((weights[k] ?? 0) * k * (size - first - second + k)) / ((first - k + 1) * (second - k + 1))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}

function convolved(a: readonly number[], b: readonly number[]): readonly number[] {
  const sum = new Array<number>(a.length + b.length - 1).fill(0)
  a.forEach((left, i) => {
    b.forEach((right, k) => {
      sum[i + k] = (sum[i + k] ?? 0) + left * right
    })
  })
  return sum
}
