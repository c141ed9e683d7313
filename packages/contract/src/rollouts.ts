import { z } from 'zod'
import { Because } from './because.ts'
import { PageQuery, pageOf } from './paging.ts'
import { CostNanoUsd, IsoInstant, Name, Uuid } from './primitives.ts'

export const ComparisonPolicy = z
  .enum(['success-only', 'guarded'])
  .meta({ id: 'ComparisonPolicy', description: 'guarded = success-only plus duration as a guardrail.' })
export type ComparisonPolicy = z.infer<typeof ComparisonPolicy>
export const ComparisonVerdict = z.enum(['promote', 'reject', 'hold', 'continue']).meta({ id: 'ComparisonVerdict' })
export type ComparisonVerdict = z.infer<typeof ComparisonVerdict>

export const ArmEvidence = z
  .object({
    release: Name,
    executions: z.int(),
    outcomesKnown: z.int(),
    successes: z.int(),
    successRate: z.number().nullable().meta({ description: 'Of the known outcomes.' }),
    meanDurationMs: z.number().nullable(),
    durationsKnown: z.int(),
    costNanoUsd: CostNanoUsd.meta({ description: 'Total; null when the cost of any execution is unknown.' }),
    costsKnown: z.int(),
  })
  .meta({ id: 'ArmEvidence' })
export type ArmEvidence = z.infer<typeof ArmEvidence>

export const SuccessTest = z.enum(['exact-mcnemar', 'exact-sign-flip', 'normal-sign-flip', 'fisher-exact']).meta({
  id: 'SuccessTest',
  description:
    'Paired by unit: exact McNemar; where units were tried several times, the exact sign-flip test of their rates (its normal limit when there are too many). Not paired: Fisher.',
})
export type SuccessTest = z.infer<typeof SuccessTest>

export const SuccessEvidence = z.object({
  test: SuccessTest,
  pairs: z.int().nullable().meta({ description: 'Units with a known outcome in both arms; null when not paired.' }),
  onlyControlSucceeded: z.int().nullable().meta({ description: 'Units on which the control did better.' }),
  onlyCandidateSucceeded: z.int().nullable().meta({ description: 'Units on which the candidate did better.' }),
  controlRate: z.number().nullable().meta({ description: 'Over what was compared, unlike the rate of the whole arm.' }),
  candidateRate: z.number().nullable(),
  difference: z.number().nullable().meta({ description: 'Candidate − control.' }),
  differenceLow: z.number().nullable(),
  differenceHigh: z.number().nullable(),
  pValue: z.number().nullable().meta({ description: 'Two-sided; null when nothing can be compared.' }),
  alpha: z.number(),
})
export type SuccessEvidence = z.infer<typeof SuccessEvidence>

export const GuardrailEvidence = z.object({
  metric: z.enum(['duration']),
  verdict: z.enum(['PROVEN_SAFE', 'PROVEN_HARM', 'HOLD']),
  ratio: z.number().nullable().meta({ description: 'Candidate / control, of geometric means.' }),
  ratioLow: z.number().nullable(),
  ratioHigh: z.number().nullable(),
  confidence: z.number().meta({ description: 'Of the interval ratioLow to ratioHigh: 0.95.' }),
  harmLimit: z.number().meta({ description: 'Harm is proven when ratioLow lies above.' }),
  limit: z.number().meta({ description: 'Safety is proven when ratioHigh lies below.' }),
  pairs: z.int().nullable().meta({ description: 'Units measured in both arms; null when not paired.' }),
  controlMeasured: z.int().meta({ description: 'Executions of the control that the ratio rests on.' }),
  candidateMeasured: z.int(),
})
export type GuardrailEvidence = z.infer<typeof GuardrailEvidence>

export const Comparison = z
  .object({
    comparisonId: Uuid,
    agentId: Uuid,
    agent: Name,
    environment: Name.nullable(),
    policy: ComparisonPolicy,
    pairing: z.enum(['unit', 'none']),
    control: ArmEvidence,
    candidate: ArmEvidence,
    success: SuccessEvidence,
    guardrails: z.array(GuardrailEvidence),
    verdict: ComparisonVerdict,
    because: Because,
    evidenceDigest: z.string().meta({ description: 'SHA-256 over the canonical rows that were compared.' }),
    decidedAt: IsoInstant,
    decidedBy: z.string(),
    eventId: Uuid.meta({ description: 'The journal event; its ledger entry proves the decision.' }),
  })
  .meta({ id: 'Comparison' })
export type Comparison = z.infer<typeof Comparison>
export const ComparisonPage = pageOf(Comparison)
export const ComparisonQuery = PageQuery.extend({ agentId: Uuid.optional() })
export const ComparisonInput = z
  .strictObject({
    controlRelease: Name,
    candidateRelease: Name,
    policy: ComparisonPolicy.default('guarded'),
    pairing: z.enum(['unit', 'none']).optional().meta({ description: 'Default: unit when both arms report units.' }),
    environment: Name.optional(),
  })
  .meta({ id: 'ComparisonOrder' })
