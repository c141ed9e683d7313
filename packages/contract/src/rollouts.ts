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
    successes: z.int(),
    successRate: z.number().nullable(),
    meanDurationMs: z.number().nullable(),
    durationsKnown: z.int(),
    costNanoUsd: CostNanoUsd.meta({ description: 'Total; null when the cost of any execution is unknown.' }),
    costsKnown: z.int(),
  })
  .meta({ id: 'ArmEvidence' })

export const SuccessEvidence = z.object({
  test: z.enum(['exact-mcnemar', 'fisher-exact']),
  pairs: z.int().nullable(),
  onlyControlSucceeded: z.int().nullable(),
  onlyCandidateSucceeded: z.int().nullable(),
  difference: z.number().nullable(),
  differenceLow: z.number().nullable(),
  differenceHigh: z.number().nullable(),
  pValue: z.number().nullable(),
  alpha: z.number(),
})
export const GuardrailEvidence = z.object({
  metric: z.enum(['duration']),
  verdict: z.enum(['PROVEN_SAFE', 'PROVEN_HARM', 'HOLD']),
  ratio: z.number().nullable(),
  ratioLow: z.number().nullable(),
  ratioHigh: z.number().nullable(),
  limit: z.number(),
  pairs: z.int(),
})

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
  .meta({ id: 'ComparisonInput' })
