import { softmax } from './conditional-logit.ts'
import type { Opinion } from './opinion.ts'
import { type Ballot, judgesOf, type Panel } from './votes.ts'

/** Logarithms of what EM found: how usual a class is, and what each judge says of each. */
export interface DawidSkeneFit {
  readonly policy: 'dawid-skene'
  readonly logPrior: readonly number[]
  /** Per judge K × K, row by row: ln p(said | truth). */
  readonly logConfusion: ReadonlyMap<string, readonly number[]>
  readonly iterations: number
}

/** Smoothing α on every cell and 1 more on the diagonal: neutral where there is data, and no judge degenerates. */
const cellPrior = 0.1
const diagonalPrior = 1
const iterationsMax = 100
/** Of the mean log-likelihood per item: a step that gains less is the last. */
const tolerance = 1e-5

/**
 * Dawid & Skene 1979: one confusion table per judge, found by expectation–maximisation from the votes alone. Starts from
 * the shares of the vote; audited items are clamped to their gold in every step. Needs no gold, and believes a herd.
 */
export function fitDawidSkene(panel: Panel): DawidSkeneFit {
  const votes = indexVotes(panel)
  const { items, classes } = votes
  const posterior = startOf(panel, votes)
  const confusion = new Float64Array(votes.judges.length * classes * classes)
  const prior = new Float64Array(classes)
  let iterations = 0
  for (let likelihood = -Infinity, gain = Infinity; iterations < iterationsMax && gain >= tolerance; iterations++) {
    maximise(votes, posterior, confusion, prior)
    const next = expect(panel, votes, posterior, confusion, prior)
    gain = next - likelihood
    likelihood = next
  }
  const table = classes * classes
  return {
    policy: 'dawid-skene',
    logPrior: items === 0 ? panel.classes.map(() => -Math.log(classes)) : [...prior],
    logConfusion: new Map(votes.judges.map((judge, j) => [judge, [...confusion.subarray(j * table, (j + 1) * table)]])),
    iterations,
  }
}

/** One expectation step on a ballot; judges that the fit does not know say nothing. */
export function dawidSkeneOpinion(fit: DawidSkeneFit, { votes }: Pick<Ballot, 'votes'>): Opinion {
  const classes = fit.logPrior.length
  const utilities = [...fit.logPrior]
  for (const { judge, label } of votes) {
    const confusion = label === null ? undefined : fit.logConfusion.get(judge)
    if (confusion === undefined || label === null) continue
    for (let k = 0; k < classes; k++) utilities[k] = (utilities[k] ?? 0) + (confusion[k * classes + label] ?? 0)
  }
  return { probabilities: softmax(utilities), named: null }
}

interface IndexedVotes {
  readonly items: number
  readonly classes: number
  readonly judges: readonly string[]
  /** Where the votes of item i begin in `judge` and `label`; one more at the end. */
  readonly from: Int32Array
  readonly judge: Int32Array
  readonly label: Int32Array
}

function indexVotes(panel: Panel): IndexedVotes {
  const judges = judgesOf(panel)
  const at = new Map(judges.map((judge, j) => [judge, j]))
  const said = panel.ballots.map(({ votes }) => votes.filter(({ label }) => label !== null))
  const from = new Int32Array(said.length + 1)
  said.forEach((votes, i) => {
    from[i + 1] = (from[i] ?? 0) + votes.length
  })
  const flat = said.flat()
  return {
    items: said.length,
    classes: panel.classes.length,
    judges,
    from,
    judge: Int32Array.from(flat, ({ judge }) => at.get(judge) ?? 0),
    label: Int32Array.from(flat, ({ label }) => label ?? 0),
  }
}

/** Shares of the vote per item; gold where it is known; equal shares where nobody voted. */
function startOf(panel: Panel, { items, classes, from, label }: IndexedVotes): Float64Array {
  const posterior = new Float64Array(items * classes)
  for (let i = 0; i < items; i++) {
    const gold = panel.ballots[i]?.gold ?? null
    const start = from[i] ?? 0
    const end = from[i + 1] ?? 0
    const add = (k: number, share: number) => {
      posterior[i * classes + k] = (posterior[i * classes + k] ?? 0) + share
    }
    if (gold !== null) add(gold, 1)
    else if (start === end) for (let k = 0; k < classes; k++) add(k, 1 / classes)
    else for (let v = start; v < end; v++) add(label[v] ?? 0, 1 / (end - start))
  }
  return posterior
}

/** Writes ln p_k and the logarithms of every judge's confusion table out of the items' posteriors. */
function maximise(
  { items, classes, judges, from, judge, label }: IndexedVotes,
  posterior: Float64Array,
  confusion: Float64Array,
  prior: Float64Array,
): void {
  confusion.fill(cellPrior)
  prior.fill(cellPrior)
  for (let j = 0; j < judges.length; j++)
    for (let k = 0; k < classes; k++) {
      const cell = j * classes * classes + k * (classes + 1)
      confusion[cell] = (confusion[cell] ?? 0) + diagonalPrior
    }
  for (let i = 0; i < items; i++)
    for (let k = 0; k < classes; k++) {
      const share = posterior[i * classes + k] ?? 0
      prior[k] = (prior[k] ?? 0) + share
      for (let v = from[i] ?? 0; v < (from[i + 1] ?? 0); v++) {
        const cell = ((judge[v] ?? 0) * classes + k) * classes + (label[v] ?? 0)
        confusion[cell] = (confusion[cell] ?? 0) + share
      }
    }
  for (let row = 0; row < judges.length * classes; row++)
    toLogShares(confusion.subarray(row * classes, (row + 1) * classes))
  toLogShares(prior)
}

function toLogShares(counts: Float64Array): void {
  let sum = 0
  for (const count of counts) sum += count
  for (let k = 0; k < counts.length; k++) counts[k] = Math.log((counts[k] ?? 0) / sum)
}

/** Writes the posteriors of all items that are not audited; answers the mean log-likelihood of their votes. */
function expect(
  panel: Panel,
  { items, classes, from, judge, label }: IndexedVotes,
  posterior: Float64Array,
  confusion: Float64Array,
  prior: Float64Array,
): number {
  let likelihood = 0
  let open = 0
  const utilities = new Float64Array(classes)
  for (let i = 0; i < items; i++) {
    if ((panel.ballots[i]?.gold ?? null) !== null) continue
    utilities.set(prior)
    for (let v = from[i] ?? 0; v < (from[i + 1] ?? 0); v++) {
      const table = (judge[v] ?? 0) * classes * classes + (label[v] ?? 0)
      for (let k = 0; k < classes; k++) utilities[k] = (utilities[k] ?? 0) + (confusion[table + k * classes] ?? 0)
    }
    let highest = -Infinity
    for (let k = 0; k < classes; k++) highest = Math.max(highest, utilities[k] ?? 0)
    let sum = 0
    for (let k = 0; k < classes; k++) sum += Math.exp((utilities[k] ?? 0) - highest)
    for (let k = 0; k < classes; k++) {
      posterior[i * classes + k] = Math.exp((utilities[k] ?? 0) - highest) / sum
    }
    likelihood += highest + Math.log(sum)
    open++
  }
  return open === 0 ? 0 : likelihood / open
}
