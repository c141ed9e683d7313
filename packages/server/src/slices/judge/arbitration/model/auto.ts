import type { Because } from '@metaagent/contract'
import { auditsForRidge } from './audited.ts'
import { type Calibration, calibrated, fitCalibration } from './calibration.ts'
import { classShares, type LossMatrix } from './loss.ts'
import { type Opinion, winnerOf } from './opinion.ts'
import { type Fit, type FitOptions, fitPolicy, opinionOf, type PolicyName } from './policy.ts'
import { type AuditWeights, pickStanding, type Standing, standingsOf } from './standings.ts'
import { auditedOf, type Ballot, judgesOf, type Panel } from './votes.ts'

/** The policy that `auto` uses, with what the others did beside it. */
export interface AutoFit {
  readonly fit: Fit
  /** The costs by which probabilities become a class. */
  readonly loss: LossMatrix
  /** Every policy on the audited items, best lower bound first; empty where too few are audited. */
  readonly standings: readonly Standing[]
  readonly calibration: Calibration | null
  readonly because: Because
}

export interface AutoOptions extends FitOptions {
  /**
   * Ways of turning probabilities into a class that may be tried on held-out items; `loss` measures which did best. One
   * alone (`[loss]`) where governance fixes what mistakes cost.
   */
  readonly losses: readonly LossMatrix[]
  /** Parts in which audited items are held out; 10 unless the panel is so large that fitting takes long. */
  readonly folds: number
  /** For figures that speak of all items where audits were drawn with different probabilities. */
  readonly weights?: AuditWeights
  /** One that people chose; then the others are measured beside it. */
  readonly policy?: PolicyName
}

/** Fewer judges than this cannot be told apart by their agreement. */
const judgesForDawidSkene = 3

/**
 * Runs every policy side by side on audited items, each tested on parts that it was not fitted on, and uses the one with
 * the best lower bound of cost-weighted accuracy (`pickStanding`). Without 20 audits, Dawid–Skene where enough judges
 * vote to tell them apart, else the majority.
 */
export function fitAuto(panel: Panel, options: AutoOptions): AutoFit {
  const steps = fitAutoInSteps(panel, options)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** As `fitAuto`, pausing after each of some fifty fits. */
export function* fitAutoInSteps(panel: Panel, options: AutoOptions): Generator<void, AutoFit> {
  const audited = auditedOf(panel)
  if (audited.length < auditsForRidge) return withoutAudits(panel, audited.length, options)
  const standings = yield* standingsOf(panel, audited, options)
  const best = pickStanding(standings, options.loss, { judges: judgesOf(panel).length, audited: audited.length })
  const picked = standings.find(({ policy }) => policy === options.policy) ?? best
  if (picked === null) return withoutAudits(panel, audited.length, options)
  const shares = classShares(audited, panel.classes.length)
  const predictions = picked.cases.map(({ probabilities, truth }) => ({ probabilities, truth }))
  return {
    fit: fitPolicy(picked.policy, panel, options),
    loss: picked.loss,
    standings: [...standings].sort((a, b) => b.lowerBound - a.lowerBound),
    // The audited policy calibrates itself.
    calibration: picked.policy === 'audited' ? null : fitCalibration(predictions, shares),
    because:
      options.policy === undefined
        ? becauseOf(picked, standings, audited.length)
        : becauseOfChoice(picked, best ?? picked, audited.length),
  }
}

/** The class is named by the policy's own rule; the probabilities are calibrated and say how sure that is. */
export function autoOpinion({ fit, loss, calibration }: AutoFit, ballot: Omit<Ballot, 'gold' | 'itemId'>): Opinion {
  const opinion = opinionOf(fit, ballot)
  const { probabilities } = opinion
  return {
    probabilities: calibration === null ? probabilities : calibrated(calibration, probabilities),
    named: winnerOf(opinion, loss),
  }
}

function becauseOf(picked: Standing, standings: readonly Standing[], audited: number): Because {
  const others = standings.filter((other) => other !== picked)
  const rival = others.reduce((best, other) => (other.lowerBound > best.lowerBound ? other : best), others[0] ?? picked)
  const isBest = picked.lowerBound >= rival.lowerBound
  const figures = `${picked.policy} is right in at least ${percent(picked)} of ${audited} audited items that it had not seen, ${rival.policy} in ${percent(rival)}`
  return {
    rule: isBest ? 'best-audited-lower-bound' : 'not-told-from-the-best',
    observed: picked.lowerBound,
    limit: rival.lowerBound,
    text: isBest
      ? `${figures} as the next best.`
      : `${figures}; so small a difference is noise, and ${picked.policy} is preferred where audits do not speak.`,
  }
}

function becauseOfChoice(picked: Standing, best: Standing, audited: number): Because {
  const figures = `it is right in at least ${percent(picked)} of ${audited} audited items that it had not seen`
  const other =
    best === picked ? ', and no other does surely better' : `; auto would take ${best.policy} (${percent(best)})`
  return {
    rule: 'chosen-by-people',
    observed: picked.lowerBound,
    limit: best.lowerBound,
    text: `${picked.policy} was set for this metric; ${figures}${other}.`,
  }
}

function withoutAudits(panel: Panel, audited: number, options: AutoOptions): AutoFit {
  const judges = judgesOf(panel).length
  const policy = options.policy ?? (judges >= judgesForDawidSkene ? 'dawid-skene' : 'majority')
  const unfitted = { fit: fitPolicy(policy, panel, options), loss: options.loss, standings: [], calibration: null }
  if (options.policy !== undefined)
    return {
      ...unfitted,
      because: {
        rule: 'chosen-by-people',
        observed: audited,
        limit: auditsForRidge,
        text: `${policy} was set for this metric; only ${audited} of ${auditsForRidge} items are audited, so nobody knows how right it is.`,
      },
    }
  return {
    ...unfitted,
    because: {
      rule: 'too-few-audits',
      observed: audited,
      limit: auditsForRidge,
      text: `Only ${audited} of ${auditsForRidge} items are audited, so no policy is known to be better: ${policy} by the number of judges (${judges}). Label items in the audit queue.`,
    },
  }
}

function percent({ lowerBound }: Standing): string {
  return `${(100 * lowerBound).toFixed(1)} %`
}
