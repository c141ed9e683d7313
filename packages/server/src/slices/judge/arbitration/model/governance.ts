import type { ArbitrationRules, JudgePriority } from '@metaagent/contract'
import type { Veto } from './decide.ts'
import type { LossMatrix } from './loss.ts'
import { type Ballot, compareText, verdictClasses } from './votes.ts'

/** What governance says about one metric: data for the decision, never a factor on how right a judge is. */
export interface Governance {
  /** Of each judge that is named for the metric; 1 for all others. */
  readonly priorities: ReadonlyMap<string, number>
  /** The highest priority first. */
  readonly vetoes: readonly Veto[]
  /** What mistakes cost where governance says so; null: as audits weigh them. */
  readonly mistakes: LossMatrix | null
}

const [fail, pass] = [verdictClasses.indexOf('fail'), verdictClasses.indexOf('pass')]

/** The rows that speak of a metric. A judge named for the metric itself goes before the same judge named for all. */
export function governanceOf(rules: ArbitrationRules, metric: string): Governance {
  const named = rules.agents.filter(({ metrics }) => metrics === null || metrics.includes(metric))
  const byJudge = new Map<string, JudgePriority>()
  for (const row of [...named].sort((a, b) => Number(a.metrics !== null) - Number(b.metrics !== null)))
    byJudge.set(row.judge, row)
  const rows = [...byJudge.values()].sort((a, b) => b.priority - a.priority || compareText(a.judge, b.judge))
  const costs = rules.mistakes.find((row) => row.metric === metric) ?? rules.mistakes.find((row) => row.metric === null)
  return {
    priorities: new Map(rows.map(({ judge, priority }) => [judge, priority])),
    vetoes: rows.flatMap(({ judge, veto }) => [
      ...(veto === 'fail' || veto === 'both' ? [{ judge, label: fail }] : []),
      ...(veto === 'pass' || veto === 'both' ? [{ judge, label: pass }] : []),
    ]),
    mistakes:
      costs === undefined
        ? null
        : [
            [0, costs.passedBad],
            [costs.failedGood, 0],
          ],
  }
}

/**
 * The costs of saying each class of this ballot: those of mistakes, and for every judge of a priority above 1 who said
 * something else (priority − 1) mistakes of average cost, whatever is true. Null where no such judge votes.
 */
export function overruling(loss: LossMatrix, votes: Ballot['votes'], governance: Governance): LossMatrix | null {
  const costs = loss.map(() => 0)
  for (const judge of new Set(votes.map((vote) => vote.judge))) {
    const surplus = (governance.priorities.get(judge) ?? 1) - 1
    const labels = new Set(votes.flatMap((vote) => (vote.judge === judge && vote.label !== null ? [vote.label] : [])))
    if (surplus <= 0 || labels.size !== 1) continue
    for (let said = 0; said < costs.length; said++) if (!labels.has(said)) costs[said] = (costs[said] ?? 0) + surplus
  }
  if (costs.every((cost) => cost === 0)) return null
  const mistakes = loss.flatMap((row, truth) => row.filter((_, said) => said !== truth))
  const mistake = mistakes.reduce((sum, cost) => sum + cost, 0) / mistakes.length
  return loss.map((row) => row.map((cost, said) => cost + (costs[said] ?? 0) * mistake))
}

/** Contradictions that the schema cannot see; each as a sentence. Empty: the rules may hold. */
export function faultsOfRules(rules: ArbitrationRules): readonly string[] {
  const named = rules.agents.flatMap(({ judge, metrics }) =>
    (metrics ?? [null]).map((metric) => ({ key: JSON.stringify([judge, metric]), judge, metric })),
  )
  const repeated = named
    .filter(({ key }, at) => named.findIndex((other) => other.key === key) < at)
    .map(({ judge, metric }) => `${judge} is named twice for ${metric ?? 'all metrics'}: keep one of the rows.`)
  const metrics = rules.mistakes.map(({ metric }) => metric)
  const twice = [...new Set(metrics.filter((metric, at) => metrics.indexOf(metric) !== at))]
  return [...repeated, ...twice.map((metric) => `Costs of ${metric ?? 'all metrics'} are given twice: keep one row.`)]
}
