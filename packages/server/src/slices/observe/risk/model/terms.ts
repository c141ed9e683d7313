import type { Agreement } from './agreement.ts'
import type { RiskFeatures } from './features.ts'
import type { ComparedCount, Usual } from './usual.ts'

/** What the formula adds up. Each is so made that more of it means more risk. */
export const riskTerms = [
  'steps-over-usual',
  'duration-over-usual',
  'output-over-usual',
  'tool-calls-over-usual',
  'gap-over-usual',
  'model-calls-under-usual',
  'tool-errors',
  'late-tool-error',
  'repeated-calls',
  'looped-calls',
  'no-work',
  'no-tool-call',
  'unfinished',
  'hand-over',
  'apologies',
  'refusals',
  'doubts',
  'other-tools-than-peers',
  'other-changes-than-peers',
  'long-unit',
] as const
export type RiskTerm = (typeof riskTerms)[number]

/** Terms that look at other runs of the same unit. */
export const peerTerms: ReadonlySet<string> = new Set<RiskTerm>([
  'other-tools-than-peers',
  'other-changes-than-peers',
  'long-unit',
])

/** One number of the formula with what it was made of. */
export interface TermValue {
  readonly term: RiskTerm
  /** What the weight multiplies; 0 when nothing is known. */
  readonly value: number
  readonly observed: number | string | null
  /** What the observed is held against; null: unknown, or nothing to hold it against. */
  readonly reference: number | null
}

/** Unusual beyond three spreads is not more unusual. */
const deviationMax = 3
const countMax = 3
const doubtsMax = 5
/** Agreement of n peers counts n / (n + 2): two peers may both be wrong. */
const doubtedPeers = 2
const longUnitMax = 1.5

/** Every term of a run, in the order of `riskTerms`. `usual` and `agreement` null: unknown, and their terms are 0. */
export function termsOf(run: RiskFeatures, usual: Usual, agreement: Agreement | null): readonly TermValue[] {
  const over = (term: RiskTerm, count: ComparedCount): TermValue => relative(term, run, usual, count, (by) => by)
  const counted = (term: RiskTerm, count: number, max: number): TermValue => ({
    term,
    value: Math.min(count, max),
    observed: count,
    reference: 0,
  })
  const flag = (term: RiskTerm, is: boolean, observed: number | string = is ? 'yes' : 'no'): TermValue => ({
    term,
    value: is ? 1 : 0,
    observed,
    reference: null,
  })
  return [
    over('steps-over-usual', 'steps'),
    over('duration-over-usual', 'durationMs'),
    over('output-over-usual', 'outputChars'),
    over('tool-calls-over-usual', 'toolCalls'),
    over('gap-over-usual', 'longestGapMs'),
    relative('model-calls-under-usual', run, usual, 'modelCalls', (by) => Math.max(0, -by)),
    counted('tool-errors', run.toolErrors, countMax),
    flag('late-tool-error', run.lateToolErrors > 0, run.lateToolErrors),
    counted('repeated-calls', run.repeatedCalls, countMax),
    counted('looped-calls', run.loopedCalls, countMax),
    flag('no-work', run.modelCalls <= 1 && run.toolCalls === 0, run.modelCalls + run.toolCalls),
    flag('no-tool-call', run.toolCalls === 0, run.toolCalls),
    flag('unfinished', run.unfinished),
    flag('hand-over', run.handedOver),
    counted('apologies', run.apologies, countMax),
    counted('refusals', run.refusals, countMax),
    counted('doubts', run.doubts, doubtsMax),
    ...agreementTerms(usual, agreement),
  ]
}

function relative(
  term: RiskTerm,
  run: RiskFeatures,
  usual: Usual,
  count: ComparedCount,
  shape: (deviations: number) => number,
): TermValue {
  const observed = run[count]
  if (usual === null) return { term, value: 0, observed, reference: null }
  const { centre, spread } = usual[count]
  const deviations = clamp((Math.log1p(observed) - centre) / spread, deviationMax)
  return { term, value: shape(deviations), observed, reference: Math.round(Math.expm1(centre)) }
}

function agreementTerms(usual: Usual, agreement: Agreement | null): readonly TermValue[] {
  if (agreement === null)
    return riskTerms
      .filter((term) => peerTerms.has(term))
      .map((term) => ({
        term,
        value: 0,
        observed: null,
        reference: null,
      }))
  const trust = agreement.peers / (agreement.peers + doubtedPeers)
  const against = (term: RiskTerm, disagreement: number): TermValue => ({
    term,
    // One half is what a unit with no clear answer shows, and says nothing.
    value: (disagreement - 0.5) * trust,
    observed: Math.round(disagreement * 1000) / 1000,
    reference: 0.5,
  })
  const long = usual === null ? 0 : clamp(Math.log1p(agreement.peerSteps) - usual.steps.centre, longUnitMax)
  return [
    against('other-tools-than-peers', agreement.toolDisagreement),
    against('other-changes-than-peers', agreement.changeDisagreement),
    {
      term: 'long-unit',
      value: long,
      observed: agreement.peerSteps,
      reference: usual === null ? null : Math.round(Math.expm1(usual.steps.centre)),
    },
  ]
}

const clamp = (value: number, most: number) => Math.min(most, Math.max(-most, value))
