/** Change points by person who marked them; indices from 0. */
export type Annotations = Readonly<Record<string, readonly number[]>>

const margin = 5

/** F1 of the benchmark: precision against all marks together, recall as the mean over persons; index 0 counts as marked. */
export function fMeasure(annotations: Annotations, found: readonly number[]): number {
  const persons = Object.values(annotations).map((own) => [...new Set([0, ...own])])
  const predicted = [...new Set([0, ...found])]
  const precision = matched([...new Set(persons.flat())], predicted) / predicted.length
  const recall = meanOf(persons.map((own) => matched(own, predicted) / own.length))
  return (2 * precision * recall) / (precision + recall)
}

/** Covering of the benchmark: how much of each marked segment one found segment shares, by length, mean over persons. */
export function cover(annotations: Annotations, found: readonly number[], length: number): number {
  const predicted = segmentsOf(found, length)
  return meanOf(
    Object.values(annotations).map((own) => {
      const shared = segmentsOf(own, length).map(([start, end]) => {
        const overlaps = predicted.map(([from, to]) => {
          const both = Math.max(0, Math.min(end, to) - Math.max(start, from))
          return both / (end - start + to - from - both)
        })
        return (end - start) * Math.max(...overlaps)
      })
      return shared.reduce((sum, value) => sum + value, 0) / length
    }),
  )
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** How many marks have a prediction of their own within the margin, the nearest taken first. */
function matched(marks: readonly number[], predicted: readonly number[]): number {
  const free = new Set(predicted)
  let count = 0
  for (const mark of marks) {
    const near = [...free].filter((at) => Math.abs(at - mark) <= margin)
    const nearest = near.toSorted((a, b) => Math.abs(a - mark) - Math.abs(b - mark))[0]
    if (nearest === undefined) continue
    free.delete(nearest)
    count += 1
  }
  return count
}

function segmentsOf(changes: readonly number[], length: number): readonly (readonly [start: number, end: number])[] {
  const inside = [...new Set(changes)].filter((at) => at > 0 && at < length).toSorted((a, b) => a - b)
  return [...inside, length].map((end, at) => [inside[at - 1] ?? 0, end] as const)
}
