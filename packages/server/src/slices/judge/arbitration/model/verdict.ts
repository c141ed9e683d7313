import type { ArbitrationOutcome, Because } from '@metaagent/contract'
import { autoOpinion } from './auto.ts'
import { arbitrate } from './decide.ts'
import { startGap } from './gap.ts'
import { type Governance, overruling } from './governance.ts'
import { equalLoss } from './loss.ts'
import { majorityOpinion } from './majority.ts'
import type { PolicyName } from './policy.ts'
import { knowsEnough, type StoredFit } from './stored-fit.ts'
import { voteWeight } from './vote-weight.ts'
import { ballotOf, type Item, type Vote, verdictClasses } from './votes.ts'

/** One vote as it came, in which order the judge saw what it compared: two orders are two columns of a panel. */
export interface PresentedVote extends Vote {
  readonly order: 'as-given' | 'swapped' | null
}

/** A subject and metric with all that was said of it. */
export interface DueItem {
  readonly itemId: string
  readonly votes: readonly PresentedVote[]
  readonly gold: 'pass' | 'fail' | null
}

/** Everything that a decision rests on, besides the votes. */
export interface Grounds {
  /** Null: nothing is fitted yet. */
  readonly fit: StoredFit | null
  readonly governance: Governance
}

/** One verdict, with all that it takes to check it. */
export interface ItemVerdict {
  readonly outcome: ArbitrationOutcome
  readonly winner: 'pass' | 'fail'
  readonly probability: number
  readonly gap: number
  readonly gapMin: number
  readonly policy: PolicyName
  /** Whether the fit was used; else votes were counted. */
  readonly fromFit: boolean
  /** Judges who said otherwise. */
  readonly dissent: readonly string[]
  /** Of each vote, in their order. */
  readonly weights: readonly (number | null)[]
  readonly because: Because
  readonly policyBecause: Because
}

/** The name of the column that a vote stands in. */
export function columnOf({ judge, order }: Pick<PresentedVote, 'judge' | 'order'>): string {
  return order === 'swapped' ? `${judge} (swapped)` : judge
}

/** Votes as a panel takes them: one column per judge and order. */
export function itemOf({ itemId, votes, gold }: DueItem): Item {
  return { itemId, group: null, gold, votes: votes.map((vote) => ({ ...vote, judge: columnOf(vote) })) }
}

const noFit: Because = {
  rule: 'no-fit-yet',
  observed: null,
  limit: null,
  text: 'Nothing is known of the judges of this metric yet, so each vote counts once.',
}

/**
 * Decides one item: a veto first, then the least expected loss under what governance says that mistakes and overruling
 * cost, then whether the gap is wide enough. Where the truth is known it stands, with what the judges came to beside it.
 */
export function decideItem(item: DueItem, { fit: known, governance }: Grounds): ItemVerdict {
  const ballot = ballotOf(itemOf(item))
  const columns = ballot.votes.flatMap(({ judge, label }) => (label === null ? [] : [judge]))
  const fit = known !== null && knowsEnough(known, columns) ? known : null
  const base = fit?.loss ?? governance.mistakes ?? equalLoss(verdictClasses.length)
  const named = ballot.votes.map((vote, at) => ({ ...vote, judge: item.votes[at]?.judge ?? vote.judge }))
  const overruled = overruling(base, named, governance)
  const opinion =
    fit === null ? majorityOpinion(ballot, verdictClasses.length) : autoOpinion({ ...fit, standings: [] }, ballot)
  // A class that a policy names by its own rule stands only where governance has no costs of its own.
  const governed = overruled !== null || governance.mistakes !== null
  const gapMin = fit?.gapMin ?? startGap
  const found = arbitrate(
    governed ? { ...opinion, named: null } : opinion,
    { votes: named },
    { loss: overruled ?? base, vetoes: governance.vetoes, gapMin },
  )
  const winner = verdictClasses[found.winner] ?? 'fail'
  const verdict = {
    ...found,
    winner,
    gapMin,
    policy: fit?.fit.policy ?? 'majority',
    fromFit: fit !== null,
    weights: ballot.votes.map((_, at) => voteWeight(fit?.fit ?? countVotes, ballot, at)),
    policyBecause: fit?.because ?? (known === null ? noFit : unknownJudges(known, columns)),
  } as const
  return item.gold === null ? verdict : labelled(verdict, item, item.gold)
}

const countVotes = { policy: 'majority', classes: verdictClasses.length } as const

function unknownJudges({ judges }: StoredFit, voting: readonly string[]): Because {
  const unknown = voting.filter((judge) => !judges.includes(judge))
  return {
    rule: 'judges-unknown-to-the-fit',
    observed: unknown.join(', '),
    limit: null,
    text: `The fit knows nothing of ${unknown.join(', ')}, so each vote counts once until the next one.`,
  }
}

function labelled(verdict: ItemVerdict, { votes }: DueItem, gold: 'pass' | 'fail'): ItemVerdict {
  const isSame = verdict.winner === gold
  const sign = isSame ? 1 : -1
  const others = votes.filter((vote) => vote.verdict !== 'abstain' && vote.verdict !== gold).map(({ judge }) => judge)
  return {
    ...verdict,
    outcome: 'labelled',
    winner: gold,
    probability: isSame ? verdict.probability : 1 - verdict.probability,
    gap: sign * verdict.gap,
    dissent: [...new Set(others)].sort((a, b) => (a < b ? -1 : 1)),
    because: {
      rule: 'truth-known',
      observed: verdict.winner,
      limit: gold,
      text: `The truth is known to be ${gold}; the judges alone came to ${verdict.winner}.`,
    },
  }
}
