import type {
  ArmEvidence,
  Because,
  ComparisonPolicy,
  ComparisonVerdict,
  GuardrailEvidence,
  SuccessEvidence,
} from '@metaagent/contract'
import { armFigures } from './arm.ts'
import { because } from './because.ts'
import { type Guardrail, guardrailEvidence } from './guardrail.ts'
import { successEvidence } from './success.ts'
import { type Arms, assertTrials, type Pairing } from './trials.ts'

/** What a policy demands. */
export interface PolicyTerms {
  /** Two-sided false-alarm rate of the test of success; its interval covers 1 − alpha. */
  readonly alpha: number
  /** All have to be proven safe before a promotion; one proven harmful rejects. */
  readonly guardrails: readonly Guardrail[]
}

/** The lines that an organization may move. */
export interface PolicyLines {
  /** See `PolicyTerms.alpha`. */
  readonly alpha: number
  /** A guarded duration is proven safe when the upper bound of its ratio lies below. */
  readonly durationRatioLimit: number
}

/** Of `data/README.md`, where the two policies are defined. */
export const defaultPolicyLines: PolicyLines = { alpha: 0.05, durationRatioLimit: 1.1 }

/**
 * What a policy demands with these lines. `success-only` looks at success alone; `guarded` adds duration, by the ratio
 * of geometric means with a 95 % interval: harmful when it lies above 1. Each is meant for one look at the evidence.
 */
export function policyTerms(policy: ComparisonPolicy, { alpha, durationRatioLimit }: PolicyLines): PolicyTerms {
  switch (policy) {
    case 'success-only':
      return { alpha, guardrails: [] }
    case 'guarded':
      return {
        alpha,
        guardrails: [{ metric: 'duration', harmAbove: 1, safeBelow: durationRatioLimit, confidence: 0.95 }],
      }
  }
}

/** The policies as they are by default: α = .05 two-sided, duration safe below 1.10. */
export const comparisonPolicies: Readonly<Record<ComparisonPolicy, PolicyTerms>> = {
  'success-only': policyTerms('success-only', defaultPolicyLines),
  guarded: policyTerms('guarded', defaultPolicyLines),
}

/** The decision between two releases with everything it rests on. */
export interface ComparisonDecision {
  readonly verdict: ComparisonVerdict
  readonly because: Because
  readonly pairing: Pairing
  readonly control: Omit<ArmEvidence, 'release'>
  readonly candidate: Omit<ArmEvidence, 'release'>
  readonly success: SuccessEvidence
  readonly guardrails: readonly GuardrailEvidence[]
}

/**
 * Compares two releases on the executions that they have and decides.
 *
 * - `reject`: the candidate succeeds significantly less, or a guardrail is proven harmful.
 * - `promote`: it succeeds significantly more and every guardrail is proven safe.
 * - `hold`: it succeeds significantly more, but a guardrail is not proven safe. Silence is not safety.
 * - `continue`: neither is shown; more evidence is needed.
 *
 * The order of the executions changes nothing, to the last bit. Total: without evidence it continues.
 */
export function compare(arms: Arms, pairing: Pairing, policy: PolicyTerms): ComparisonDecision {
  assertTrials(arms.control)
  assertTrials(arms.candidate)
  const success = successEvidence(arms, pairing, policy.alpha)
  const guardrails = policy.guardrails.map((guardrail) => guardrailEvidence(arms, pairing, guardrail))
  return {
    ...decide(success, guardrails),
    pairing,
    control: armFigures(arms.control),
    candidate: armFigures(arms.candidate),
    success,
    guardrails,
  }
}

/** The verdict on evidence already summed up. The first rule that applies decides. */
export function decide(
  success: SuccessEvidence,
  guardrails: readonly GuardrailEvidence[],
): { readonly verdict: ComparisonVerdict; readonly because: Because } {
  const change = significantChange(success)
  const harmed = guardrails.find(({ verdict }) => verdict === 'PROVEN_HARM')
  const unproven = guardrails.find(({ verdict }) => verdict !== 'PROVEN_SAFE')
  if (change === 'worse') return { verdict: 'reject', because: because.successWorse(success) }
  if (harmed !== undefined) return { verdict: 'reject', because: because.harm(harmed) }
  if (change === 'none') return { verdict: 'continue', because: because.notShown(success) }
  if (unproven !== undefined) return { verdict: 'hold', because: because.notProvenSafe(success, unproven) }
  return { verdict: 'promote', because: because.better(success, guardrails) }
}

function significantChange({ pValue, difference, alpha }: SuccessEvidence): 'better' | 'worse' | 'none' {
  if (pValue === null || difference === null || pValue >= alpha || difference === 0) return 'none'
  return difference > 0 ? 'better' : 'worse'
}
