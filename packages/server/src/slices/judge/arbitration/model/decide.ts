import type { Because } from '@metaagent/contract'
import type { LossMatrix } from './loss.ts'
import { type Opinion, winnerOf } from './opinion.ts'
import { type Ballot, compareText } from './votes.ts'

/** A judge whose word on a class stands, whatever the others say (governance priority as a veto). */
export interface Veto {
  readonly judge: string
  readonly label: number
}

/** One verdict out of the votes on an item. */
export interface Arbitration {
  /** `escalated` keeps the leaning and asks a human; `vetoed` stands by governance, not by probability. */
  readonly outcome: 'decided' | 'escalated' | 'vetoed'
  readonly winner: number
  /** Of the winner, as far as the policy knows. */
  readonly probability: number
  /** Probability of the winner less that of the strongest other class; below 0 where costs speak against the odds. */
  readonly gap: number
  /** Judges who said something else than the winner, by name. */
  readonly dissent: readonly string[]
  readonly because: Because
}

export interface DecisionRules {
  readonly loss: LossMatrix
  /** In the order of governance priority: the first that applies stands. */
  readonly vetoes: readonly Veto[]
  /** Below this gap a human is asked. */
  readonly gapMin: number
}

/** Out of an opinion on a ballot: a veto first, then the least expected loss, then whether the gap is wide enough. */
export function arbitrate(opinion: Opinion, ballot: Pick<Ballot, 'votes'>, rules: DecisionRules): Arbitration {
  const said = new Set(ballot.votes.map(({ judge, label }) => keyOf(judge, label)))
  const veto = rules.vetoes.find(({ judge, label }) => said.has(keyOf(judge, label)))
  const winner = veto?.label ?? winnerOf(opinion, rules.loss)
  const probability = opinion.probabilities[winner] ?? 0
  const gap = probability - Math.max(0, ...opinion.probabilities.filter((_, label) => label !== winner))
  const figures = { winner, probability, gap, dissent: dissentOf(ballot, winner) }
  if (veto !== undefined)
    return {
      ...figures,
      outcome: 'vetoed',
      because: {
        rule: 'veto',
        observed: veto.judge,
        limit: null,
        text: `Governance lets ${veto.judge} decide this alone.`,
      },
    }
  const observed = Number(gap.toPrecision(6))
  const limit = Number(rules.gapMin.toPrecision(6))
  if (gap < rules.gapMin)
    return {
      ...figures,
      outcome: 'escalated',
      because: {
        rule: 'gap-too-small',
        observed,
        limit,
        text: `The gap of ${observed} is below ${limit}: ask a human.`,
      },
    }
  return {
    ...figures,
    outcome: 'decided',
    because: {
      rule: 'least-expected-loss',
      observed,
      limit,
      text: `The least expected loss, with a gap of ${observed}, not below ${limit}.`,
    },
  }
}

function dissentOf({ votes }: Pick<Ballot, 'votes'>, winner: number): readonly string[] {
  const others = votes.filter(({ label }) => label !== null && label !== winner).map(({ judge }) => judge)
  return [...new Set(others)].sort(compareText)
}

function keyOf(judge: string, label: number | null): string {
  return `${label}\u0000${judge}`
}
