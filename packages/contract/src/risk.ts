import { z } from 'zod'
import { Because } from './because.ts'
import { PageQuery, pageOf } from './paging.ts'
import { ExecutionId, IsoInstant, Name, Uuid } from './primitives.ts'

/** One number of the risk formula: what was seen, what it was held against, and what it added to the log-odds. */
export const RiskReason = Because.extend({
  contribution: z.number().meta({ description: 'Added to the log-odds; negative lowers the risk.' }),
}).meta({ id: 'RiskReason' })
export type RiskReason = z.infer<typeof RiskReason>

/** How likely an ended execution is to have failed, by its trace alone. */
export const ExecutionRisk = z
  .object({
    executionId: ExecutionId,
    agentId: Uuid,
    environment: Name,
    unit: z.string().nullable(),
    endedAt: IsoInstant.nullable(),
    score: z.number().min(0).max(100).nullable().meta({
      description: 'Never reads the outcome. Null: not scored yet, or not ended. Formula: the risk slice’s README.',
    }),
    formula: z.string().nullable(),
    because: z.array(RiskReason),
    peers: z.int().nullable().meta({ description: 'Other runs of the same unit that it was held against.' }),
    scoredAt: IsoInstant.nullable(),
  })
  .meta({ id: 'ExecutionRisk' })
export type ExecutionRisk = z.infer<typeof ExecutionRisk>
export const ExecutionRiskPage = pageOf(ExecutionRisk).meta({ id: 'ExecutionRiskPage' })
export const RiskQuery = PageQuery.extend({
  agentId: Uuid.optional(),
  environment: Name.optional(),
  minScore: z.coerce.number().min(0).max(100).default(0),
})

export const SuspicionKind = z
  .enum([
    'outcome-stopped-varying',
    'output-stopped-varying',
    'verdicts-stopped-varying',
    'success-beyond-peers',
    'cost-beyond-tokens',
  ])
  .meta({ id: 'SuspicionKind' })
export type SuspicionKind = z.infer<typeof SuspicionKind>

/** That something reports what hardly can be: it is open until the evidence is gone. */
export const Suspicion = z
  .object({
    suspicionId: Uuid,
    agentId: Uuid,
    agent: Name,
    release: Name.nullable(),
    kind: SuspicionKind,
    target: z.string().meta({ description: 'Whose reports: `evaluator`, `agent`, or `tool/NAME`.' }),
    probability: z.number().min(0).max(1).nullable().meta({ description: 'Of this or worse, were all in order.' }),
    because: z.array(Because),
    raisedAt: IsoInstant,
    clearedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'Suspicion' })
export type Suspicion = z.infer<typeof Suspicion>
export const SuspicionPage = pageOf(Suspicion).meta({ id: 'SuspicionPage' })
export const SuspicionQuery = PageQuery.extend({
  agentId: Uuid.optional(),
  open: z.stringbool().optional().meta({ description: 'Only open ones, or only cleared ones; default: both.' }),
})
