export interface Answer {
  readonly itemId: string
  readonly judge: string
  readonly label: string
}

const iterations = 100
const tolerance = 1e-5

/** What is added to each cell of a confusion table, and to its diagonal on top. */
export interface CellPrior {
  readonly cell: number
  readonly diagonal: number
}

/** The prior that the policy states. */
export const statedPrior: CellPrior = { cell: 0.1, diagonal: 1 }
/** Keeps logarithms finite and is otherwise nothing: the algorithm as it was published. */
export const noPrior: CellPrior = { cell: 1e-10, diagonal: 0 }

/**
 * Dawid & Skene 1979 as the paper has it, by names and maps and without any of the model's code: what the model is held
 * against. Starts from the shares of the vote; answers the most probable label per item.
 */
export function plainDawidSkene(
  answers: readonly Answer[],
  { cell, diagonal }: CellPrior,
): ReadonlyMap<string, string> {
  const labels = [...new Set(answers.map(({ label }) => label))].sort()
  const byItem = Map.groupBy(answers, ({ itemId }) => itemId)
  let truth = new Map([...byItem].map(([item, own]) => [item, votesShare(own, labels)]))
  let likelihood = -Infinity
  for (let step = 0; step < iterations; step++) {
    const prior = new Map(labels.map((label) => [label, 1e-10 + meanOf([...truth.values()], label)]))
    const errors = errorsOf(answers, truth, labels, { cell, diagonal })
    let next = 0
    truth = new Map(
      [...byItem].map(([item, own]) => {
        const logs = labels.map((label) =>
          own.reduce(
            (sum, answer) => sum + Math.log(errors.get(answer.judge)?.get(label)?.get(answer.label) ?? 0),
            Math.log(prior.get(label) ?? 0),
          ),
        )
        const highest = Math.max(...logs)
        const sum = logs.reduce((total, log) => total + Math.exp(log - highest), 0)
        next += highest + Math.log(sum)
        return [item, new Map(labels.map((label, k) => [label, Math.exp((logs[k] ?? 0) - highest) / sum]))]
      }),
    )
    next /= byItem.size
    if (next - likelihood < tolerance) break
    likelihood = next
  }
  return new Map([...truth].map(([item, shares]) => [item, mostProbable(shares)]))
}

function votesShare(own: readonly Answer[], labels: readonly string[]): Map<string, number> {
  return new Map(labels.map((label) => [label, own.filter((answer) => answer.label === label).length / own.length]))
}

function meanOf(shares: readonly ReadonlyMap<string, number>[], label: string): number {
  return shares.reduce((sum, share) => sum + (share.get(label) ?? 0), 0) / shares.length
}

/** judge → true label → said label → probability. */
function errorsOf(
  answers: readonly Answer[],
  truth: ReadonlyMap<string, ReadonlyMap<string, number>>,
  labels: readonly string[],
  { cell, diagonal }: CellPrior,
): Map<string, Map<string, Map<string, number>>> {
  const errors = new Map<string, Map<string, Map<string, number>>>()
  for (const { itemId, judge, label } of answers) {
    const table =
      errors.get(judge) ??
      new Map(labels.map((row) => [row, new Map(labels.map((said) => [said, cell + (said === row ? diagonal : 0)]))]))
    errors.set(judge, table)
    for (const row of labels) {
      const cells = table.get(row)
      cells?.set(label, (cells.get(label) ?? 0) + (truth.get(itemId)?.get(row) ?? 0))
    }
  }
  for (const table of errors.values())
    for (const cells of table.values()) {
      const sum = [...cells.values()].reduce((total, count) => total + count, 0)
      for (const [said, count] of cells) cells.set(said, count / sum)
    }
  return errors
}

function mostProbable(shares: ReadonlyMap<string, number>): string {
  return [...shares].reduce((best, other) => (other[1] > best[1] ? other : best))[0]
}
