import type { SparseRow } from './conditional-logit.ts'
import { auditedOf, type Ballot, compareText, judgesOf, type Panel } from './votes.ts'

/**
 * The columns of the audited arbiter: a share of each class, a weight per judge, and per scoring witness one for its score;
 * where items come in several groups, each group's deviation from all of these. The ridge draws the deviations to 0, so a
 * group with few audited items is judged as all are, and one with many by its own habits (partial pooling).
 */
export interface Features {
  readonly classes: number
  readonly judges: ReadonlyMap<string, number>
  readonly scores: ReadonlyMap<string, ScoreScale>
  readonly groups: ReadonlyMap<string | null, number>
  /** Columns of one block; block 0 is shared, one more follows per group. */
  readonly width: number
}

interface ScoreScale {
  readonly column: number
  readonly mean: number
  readonly deviation: number
}

/** Scores further out than this many standard deviations count as this far: no single number decides. */
const scoreMax = 3

export function featuresOf(panel: Panel): Features {
  const classes = panel.classes.length
  const judges = new Map(judgesOf(panel).map((judge, j) => [judge, classes - 1 + j]))
  const scores = new Map<string, ScoreScale>()
  let width = classes - 1 + judges.size
  if (classes === 2) for (const [judge, scale] of scalesOf(panel)) scores.set(judge, { ...scale, column: width++ })
  const names = [...new Set(auditedOf(panel).map(({ group }) => group))].sort((a, b) => compareText(a ?? '', b ?? ''))
  const groups = new Map(names.length < 2 ? [] : names.map((group, g) => [group, g + 1]))
  return { classes, judges, scores, groups, width }
}

export function columnCount({ width, groups }: Features): number {
  return width * (groups.size + 1)
}

/** A row per class. An abstention, a missing vote, an unknown judge and an unknown score leave nothing in it. */
export function rowsOf({ classes, judges, scores, groups, width }: Features, ballot: Omit<Ballot, 'gold' | 'itemId'>) {
  const block = groups.get(ballot.group)
  const rows: { at: number[]; values: number[] }[] = Array.from({ length: classes }, () => ({ at: [], values: [] }))
  const put = (k: number, column: number, value: number) => {
    for (const start of block === undefined ? [0] : [0, block * width]) {
      rows[k]?.at.push(start + column)
      rows[k]?.values.push(value)
    }
  }
  for (let k = 1; k < classes; k++) put(k, k - 1, 1)
  for (const { judge, label, score } of ballot.votes) {
    const column = judges.get(judge)
    if (label !== null && column !== undefined) put(label, column, 1)
    const scale = scores.get(judge)
    if (score !== null && scale !== undefined) put(1, scale.column, standardised(score, scale))
  }
  return rows satisfies SparseRow[]
}

/** Mean and standard deviation of each judge's scores; a judge whose scores never differ says nothing by them. */
function scalesOf({ ballots }: Panel): readonly (readonly [string, Omit<ScoreScale, 'column'>])[] {
  const scored = ballots.flatMap(({ votes }) => votes.filter(({ score }) => score !== null))
  return [...Map.groupBy(scored, ({ judge }) => judge)]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([judge, votes]) => {
      const mean = votes.reduce((sum, { score }) => sum + (score ?? 0), 0) / votes.length
      const squares = votes.reduce((sum, { score }) => sum + ((score ?? 0) - mean) ** 2, 0)
      const deviation = Math.sqrt(squares / votes.length)
      return deviation > 1e-12 * Math.abs(mean) && deviation > 0 ? [[judge, { mean, deviation }] as const] : []
    })
}

function standardised(score: number, { mean, deviation }: ScoreScale): number {
  return Math.max(-scoreMax, Math.min(scoreMax, (score - mean) / deviation))
}
