import { weightOf } from './audited.ts'
import type { Fit } from './policy.ts'
import type { Ballot } from './votes.ts'

/**
 * What a vote added to the side it is on: log-odds in `audited` and `dawid-skene` (below 0: it spoke for the other side),
 * trust × priority in `trust-priority`, 1 for the judge that `best-judge` believed and 0 for all others, 1 in `majority`.
 * Null for an abstention and for a judge that the fit does not know. Of two classes.
 */
export function voteWeight(fit: Fit, ballot: Pick<Ballot, 'group' | 'votes'>, at: number): number | null {
  const vote = ballot.votes[at]
  if (vote === undefined || vote.label === null) return null
  switch (fit.policy) {
    case 'audited':
      return fit.features.judges.has(vote.judge) ? weightOf(fit, vote.judge, ballot.group) : null
    case 'dawid-skene': {
      const confusion = fit.logConfusion.get(vote.judge)
      if (confusion === undefined) return null
      const other = 1 - vote.label
      return (confusion[vote.label * 2 + vote.label] ?? 0) - (confusion[other * 2 + vote.label] ?? 0)
    }
    case 'best-judge': {
      const ranking = fit.byGroup.get(ballot.group) ?? fit.overall
      if (!ranking.judges.includes(vote.judge)) return null
      const said = new Set(ballot.votes.flatMap(({ judge, label }) => (label === null ? [] : [judge])))
      return ranking.judges.find((judge) => said.has(judge)) === vote.judge ? 1 : 0
    }
    case 'trust-priority':
      return fit.weights.get(vote.judge) ?? fit.unknownJudge
    case 'majority':
      return 1
  }
}
