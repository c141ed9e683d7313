import type { RiskReason } from '@metaagent/contract'
import type { Agreement } from './agreement.ts'
import type { RiskFeatures } from './features.ts'
import { type RiskTerm, type TermValue, termsOf } from './terms.ts'
import type { Usual } from './usual.ts'
import { riskFormula, riskIntercept, riskWeights } from './weights.ts'

/** How likely a run is to have failed, as far as its trace tells. */
export interface RiskVerdict {
  /** 0 to 100: a hundred times the logistic of the summed contributions. */
  readonly score: number
  readonly formula: string
  /** The start value and every term, what weighs most first. Their contributions sum to the log-odds of the score. */
  readonly because: readonly RiskReason[]
}

/**
 * Scores one run: 100 / (1 + e^−z) with z = intercept + Σ weight · term. Reads the trace, the agent's usual and, where
 * known, other runs of the same unit; never a reward, verdict, status or end reason.
 */
export function scoreRisk(run: RiskFeatures, usual: Usual, agreement: Agreement | null): RiskVerdict {
  const set = agreement === null ? 'alone' : 'amongPeers'
  const reasons = termsOf(run, usual, agreement)
    .map((value) => reasonOf(value, riskWeights[set][value.term]))
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
  const logOdds = reasons.reduce((sum, { contribution }) => sum + contribution, riskIntercept[set])
  return {
    score: Math.round(1000 / (1 + Math.exp(-logOdds))) / 10,
    formula: riskFormula,
    because: [startOf(set), ...reasons],
  }
}

/** What a verdict says in numbers: the sentences are made of them again when somebody reads. A tenth of the size. */
export type KeptReason = readonly [
  rule: string,
  observed: RiskReason['observed'],
  limit: RiskReason['limit'],
  contribution: number,
]

export const keptReason = ({ rule, observed, limit, contribution }: RiskReason): KeptReason => [
  rule,
  observed,
  limit,
  contribution,
]

/** The reasons of a kept verdict with their sentences: those that `scoreRisk` gave, as long as the formula is the same. */
export function explainReasons(kept: readonly KeptReason[]): readonly RiskReason[] {
  const set = kept.some(([rule, observed]) => rule === 'start' && observed === 'among-peers') ? 'amongPeers' : 'alone'
  return kept.map(([rule, observed, limit, contribution]) => {
    if (rule === 'start') return { ...startOf(set), contribution }
    const text = isTerm(rule)
      ? `${texts[rule](shown(observed), typeof limit === 'number' ? limit : null)} ${effectOf(contribution, riskWeights[set][rule])}`
      : 'A term of an earlier formula.'
    return { rule, observed, limit, contribution, text }
  })
}

const isTerm = (rule: string): rule is RiskTerm => Object.hasOwn(texts, rule)
const shown = (observed: RiskReason['observed']): Shown =>
  typeof observed === 'number' || typeof observed === 'string' ? observed : 'unknown'

function startOf(set: 'alone' | 'amongPeers'): RiskReason {
  return {
    rule: 'start',
    observed: set === 'alone' ? 'alone' : 'among-peers',
    limit: null,
    contribution: riskIntercept[set],
    text:
      set === 'alone'
        ? 'Where every run starts that cannot be held against other runs of its unit.'
        : 'Where every run starts that can be held against other runs of its unit.',
  }
}

function reasonOf({ term, value, observed, reference }: TermValue, weight: number): RiskReason {
  const contribution = Math.round(1000 * weight * value) / 1000
  return {
    rule: term,
    observed,
    limit: reference,
    contribution: contribution === 0 ? 0 : contribution,
    text: `${texts[term](observed ?? 'unknown', reference)} ${effectOf(contribution, weight)}`,
  }
}

type Shown = number | string

const than = (what: string) => (observed: Shown, reference: number | null) =>
  `${observed} ${what}; ${reference === null ? 'too few runs are known to say what is usual' : `${reference} are usual for this agent`}.`
const times = (what: string) => (observed: Shown) => `${observed} ${what}.`

const texts: Readonly<Record<RiskTerm, (observed: Shown, reference: number | null) => string>> = {
  'steps-over-usual': than('steps'),
  'duration-over-usual': than('ms from start to end'),
  'output-over-usual': than('characters written by its model calls'),
  'tool-calls-over-usual': than('tool calls'),
  'gap-over-usual': than('ms in the longest gap'),
  'model-calls-under-usual': than('model calls'),
  'tool-errors': times('tool calls failed'),
  'late-tool-error': times('tool calls failed in the last third'),
  'repeated-calls': times('tool calls repeated an earlier one'),
  'looped-calls': times('tool calls repeated the one right before'),
  'no-work': times('steps of its own: with one or none, nothing was done'),
  'no-tool-call': times('tool calls'),
  unfinished: (observed) => `Ends in the middle of a call: ${observed}.`,
  'hand-over': (observed) => `Handed over to a person or another agent: ${observed}.`,
  apologies: times('replies apologised'),
  refusals: times('replies said that something cannot be done'),
  doubts: times('replies were unsure'),
  'other-tools-than-peers': (observed) =>
    `Share of other runs of this unit that changed things with other tools: ${observed}.`,
  'other-changes-than-peers': (observed) =>
    `How far its changes differ from those of other runs of this unit: ${observed}.`,
  'long-unit': (observed) => `Other runs of this unit took ${observed} steps.`,
}

function effectOf(contribution: number, weight: number): string {
  if (weight === 0) return 'Shown only: on recorded runs this did not tell failures from successes.'
  if (contribution === 0) return 'Adds nothing.'
  return `${contribution > 0 ? 'Adds' : 'Takes'} ${Math.abs(contribution).toFixed(2)} in log-odds.`
}
