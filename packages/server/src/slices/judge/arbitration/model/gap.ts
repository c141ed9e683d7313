import type { Because } from '@metaagent/contract'
import { type RiskCoverageStep, riskCoverage } from './figures.ts'
import { lowerBound } from './lower-bound.ts'

/** The gap below which a human is asked while too little is audited to know better (reference: start .5). */
export const startGap = 0.5

/** So many audited decisions must lie above a gap before it is believed. */
const auditsForGap = 20

/** An audited decision; `weight`: how many it stands for (1 over the probability with which it was drawn), else 1. */
export interface AuditedGap {
  readonly gap: number
  readonly right: boolean
  readonly weight?: number
}

/**
 * The smallest gap whose decisions, of those audited, surely err at most as often as `targetError`: one standard error
 * below the share that is right, read off the risk–coverage curve. The start value where no gap is known to be good
 * enough yet; 1 where the audits show that even the widest gaps err too often.
 */
export function gapFor(
  audited: readonly AuditedGap[],
  targetError: number,
): { readonly gapMin: number; readonly because: Because } {
  const curve = riskCoverage(audited.map(({ gap, ...one }) => ({ certainty: gap, ...one })))
  const steps = curve.filter(({ effectiveCount }) => effectiveCount >= auditsForGap)
  const limit = 1 - targetError
  const boundOf = ({ covered, right, effectiveCount }: RiskCoverageStep) =>
    lowerBound(right / covered, effectiveCount).lowerBound
  const good = steps.filter((step) => boundOf(step) >= limit)
  const widest = good.at(-1)
  if (widest !== undefined) {
    const sure = Number(boundOf(widest).toPrecision(4))
    const text = `Of ${widest.items} audited decisions with at least this gap surely ${sure} are right.`
    return { gapMin: widest.certainty, because: { rule: 'audited-risk-coverage', observed: sure, limit, text } }
  }
  const tooFew = auditsNeeded(limit)
  if (audited.length < tooFew) {
    const text = `${audited.length} audited decisions cannot show an error of at most ${targetError}; ${tooFew} can. The start value stands.`
    return { gapMin: startGap, because: { rule: 'too-few-audits', observed: audited.length, limit: tooFew, text } }
  }
  const text = `No gap keeps the audited error at ${targetError}: every decision is left to a human.`
  return { gapMin: 1, because: { rule: 'no-gap-is-safe', observed: null, limit, text } }
}

/** How many audits, all of them right, it takes until the lower bound reaches the limit. */
function auditsNeeded(limit: number): number {
  let count = auditsForGap
  while (count < 1_000_000 && lowerBound(1, count).lowerBound < limit) count++
  return count
}
