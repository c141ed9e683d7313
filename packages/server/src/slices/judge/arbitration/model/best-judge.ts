import { classShares, type LossMatrix, missCosts } from './loss.ts'
import { majorityOpinion } from './majority.ts'
import type { Opinion } from './opinion.ts'
import { auditedOf, type Ballot, compareText, judgesOf, type Panel } from './votes.ts'

/** Judges from the best to the worst, over everything and per group, with what their words were worth. */
export interface BestJudgeFit {
  readonly policy: 'best-judge'
  readonly classes: number
  readonly overall: Ranking
  readonly byGroup: ReadonlyMap<string | null, Ranking>
}

interface Ranking {
  readonly judges: readonly string[]
  /** Per judge and label said: the probabilities of the classes. */
  readonly worth: ReadonlyMap<string, readonly (readonly number[])[]>
}

/** Audited truth × said, per judge: `counts[judge][said][truth]`. */
type Tables = ReadonlyMap<string, readonly (readonly number[])[]>

/** As many items of the whole are laid beside a judge's own in a group, and of the base rates beside the whole. */
const groupShrinkage = 10
const wholeShrinkage = 2

/**
 * Believes one judge: the one with the highest cost-weighted audited accuracy, in each group by its own record there drawn
 * towards the judge's whole one. Where that judge abstained or has not voted, the next. Without gold the judge that most
 * often agrees with the majority; how good the choice is, cross-validation tells, never the record it was chosen by.
 */
export function fitBestJudge(panel: Panel, loss: LossMatrix): BestJudgeFit {
  const classes = panel.classes.length
  const audited = auditedOf(panel)
  const judged = audited.length > 0 ? audited : byMajority(panel)
  const names = judgesOf(panel)
  const costs = missCosts(loss)
  const base = classShares(judged, classes)
  const tables = tablesOf(judged, classes)
  const baseWorth = base.map(() => base)
  const overall = rankingOf(names, tables, costs, { worth: () => baseWorth, weight: wholeShrinkage })
  const groups = new Map(
    [...Map.groupBy(judged, ({ group }) => group)]
      .sort(([a], [b]) => compareText(a ?? '', b ?? ''))
      .map(([group, own]) => {
        const prior = { worth: (judge: string) => overall.worth.get(judge) ?? [], weight: groupShrinkage }
        return [group, rankingOf(names, tablesOf(own, classes), costs, prior, tables)] as const
      }),
  )
  return { policy: 'best-judge', classes, overall, byGroup: groups }
}

export function bestJudgeOpinion(fit: BestJudgeFit, { group, votes }: Pick<Ballot, 'group' | 'votes'>): Opinion {
  const ranking = fit.byGroup.get(group) ?? fit.overall
  const said = new Map(votes.flatMap(({ judge, label }) => (label === null ? [] : [[judge, label] as const])))
  const judge = ranking.judges.find((name) => said.has(name))
  if (judge === undefined) return majorityOpinion({ votes }, fit.classes)
  const label = said.get(judge) ?? 0
  return { probabilities: ranking.worth.get(judge)?.[label] ?? [], named: label }
}

interface WorthPrior {
  readonly worth: (judge: string) => readonly (readonly number[])[]
  readonly weight: number
}

function rankingOf(
  names: readonly string[],
  tables: Tables,
  costs: readonly number[],
  prior: WorthPrior,
  whole: Tables = tables,
): Ranking {
  const scores = new Map(
    names.map((judge) => {
      const own = weightedAccuracy(tables.get(judge) ?? [], costs)
      const all = weightedAccuracy(whole.get(judge) ?? [], costs)
      const overall = (all.right + wholeShrinkage / 2) / (all.total + wholeShrinkage)
      return [judge, (own.right + groupShrinkage * overall) / (own.total + groupShrinkage)]
    }),
  )
  const judges = [...names].sort((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0) || compareText(a, b))
  const worth = names.map((judge) => {
    const expected = prior.worth(judge)
    const rows = costs.map((_, said) => {
      const counts = tables.get(judge)?.[said] ?? costs.map(() => 0)
      const sum = counts.reduce((total, count) => total + count, prior.weight)
      return counts.map((count, truth) => (count + prior.weight * (expected[said]?.[truth] ?? 0)) / sum)
    })
    return [judge, rows] as const
  })
  return { judges, worth: new Map(worth) }
}

function weightedAccuracy(table: readonly (readonly number[])[], costs: readonly number[]) {
  let right = 0
  let total = 0
  table.forEach((counts, said) => {
    counts.forEach((count, truth) => {
      total += count * (costs[truth] ?? 0)
      if (said === truth) right += count * (costs[truth] ?? 0)
    })
  })
  return { right, total }
}

function tablesOf(audited: readonly (Ballot & { readonly gold: number })[], classes: number): Tables {
  const tables = new Map<string, number[][]>()
  for (const { gold, votes } of audited)
    for (const { judge, label } of votes) {
      if (label === null) continue
      const table = tables.get(judge) ?? Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
      const row = table[label]
      if (row !== undefined) row[gold] = (row[gold] ?? 0) + 1
      tables.set(judge, table)
    }
  return tables
}

/** Every ballot that holds a vote, with what most said in the place of gold. */
function byMajority({ ballots, classes }: Panel) {
  return ballots
    .filter(({ votes }) => votes.some(({ label }) => label !== null))
    .map((ballot) => ({ ...ballot, gold: majorityOpinion(ballot, classes.length).named ?? 0 }))
}
