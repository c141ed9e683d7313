import { z } from 'zod'
import { Because } from './because.ts'
import { PageQuery, pageOf } from './paging.ts'
import { IsoInstant, Json, Name, Uuid } from './primitives.ts'

export const Impact = z.enum(['MINIMAL', 'LOW', 'MODERATE', 'HIGH', 'CRITICAL']).meta({ id: 'Impact' })
export type Impact = z.infer<typeof Impact>

/** One row of the approval matrix (DESIGN §7). `approvers` distinct people of `approverRole` must agree. */
export const ApprovalRule = z
  .strictObject({
    impact: Impact,
    environments: z.array(Name).nullable().meta({ description: 'Null: every environment that no other row names.' }),
    outcome: z.enum(['allow', 'allow_and_notify', 'require_approval']),
    approvers: z.int().min(0).max(10),
    approverRole: z.enum(['admin', 'developer']),
    requireReview: z.boolean().meta({ description: 'Each approval must carry a written review.' }),
  })
  .meta({ id: 'ApprovalRule' })
export type ApprovalRule = z.infer<typeof ApprovalRule>

export const GovernanceRules = z
  .strictObject({ version: z.literal(1), approvalMatrix: z.array(ApprovalRule).min(1).max(200) })
  .meta({ id: 'GovernanceRules' })
export type GovernanceRules = z.infer<typeof GovernanceRules>
/** Changing the rules is an action of impact HIGH under the rules that hold. */
export const GovernanceRulesChange = z.strictObject({
  rules: GovernanceRules,
  expectedDigest: z.string().meta({ description: 'Digest of the rules that the change was made from.' }),
  reason: z.string().min(1).max(2000),
  approvalId: Uuid.optional(),
})
export const GovernanceRulesState = z.object({ rules: GovernanceRules, digest: z.string(), updatedAt: IsoInstant })

/** What is to be approved: the digest covers operation, subject, environment, impact and parameters (RFC 8785, SHA-256). */
export const ApprovalInput = z
  .strictObject({
    operation: z.string().min(1).max(200),
    subject: z.string().min(1).max(300),
    environment: Name,
    impact: Impact,
    parameters: Json,
    reason: z.string().min(1).max(2000),
    expiresInSeconds: z.int().min(60).max(2_592_000).default(86_400),
  })
  .meta({ id: 'ApprovalOrder' })

export const ApprovalRequest = z
  .object({
    approvalId: Uuid,
    operation: z.string(),
    subject: z.string(),
    environment: Name,
    impact: Impact,
    parameters: Json,
    reason: z.string(),
    actionDigest: z.string(),
    policyDigest: z.string(),
    requiredApprovers: z.int(),
    approverRole: z.enum(['admin', 'developer']),
    requireReview: z.boolean(),
    state: z.enum(['pending', 'approved', 'rejected', 'expired', 'consumed']),
    because: Because,
    requestedBy: z.string(),
    votes: z.array(
      z.object({
        by: z.string(),
        verdict: z.enum(['approve', 'reject']),
        review: z.string().nullable(),
        at: IsoInstant,
      }),
    ),
    createdAt: IsoInstant,
    expiresAt: IsoInstant,
  })
  .meta({ id: 'ApprovalRequest' })
export type ApprovalRequest = z.infer<typeof ApprovalRequest>
export const ApprovalPage = pageOf(ApprovalRequest)
export const ApprovalQuery = PageQuery.extend({
  state: z.enum(['pending', 'approved', 'rejected', 'expired', 'consumed']).optional(),
  kind: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,99}$/, 'must be the first part of an operation, such as amendments')
    .optional(),
  environment: Name.optional(),
  impact: Impact.optional(),
})
export const ApprovalVote = z.strictObject({
  verdict: z.enum(['approve', 'reject']),
  actionDigest: z.string().meta({ description: 'The digest that the approver saw; must fit.' }),
  review: z.string().max(5000).optional(),
})

/** Rules as somebody would have them, tried on what was asked and done before. */
export const GovernanceRulesTrial = z.strictObject({
  rules: GovernanceRules,
  days: z.int().min(1).max(365).default(90).meta({ description: 'How far back.' }),
})

/** What the rules ask for one action. */
export const ApprovalNeed = z
  .object({
    outcome: ApprovalRule.shape.outcome,
    approvers: z.int(),
    approverRole: ApprovalRule.shape.approverRole,
    requireReview: z.boolean(),
    because: Because,
  })
  .meta({ id: 'ApprovalNeed' })
export type ApprovalNeed = z.infer<typeof ApprovalNeed>

/** Actions of one kind that other rules would have treated otherwise. */
export const RulesTrialChange = z.object({
  operation: z.string(),
  environment: Name,
  impact: Impact,
  effect: z
    .enum(['stricter', 'looser', 'otherwise'])
    .meta({ description: '`otherwise`: stricter here, looser there.' }),
  from: ApprovalNeed,
  to: ApprovalNeed,
  actions: z.int().meta({ description: 'How often it was asked for or ran by itself.' }),
  lastAt: IsoInstant,
  approvalId: Uuid.nullable().meta({ description: 'The latest request for it; null = it always ran by itself.' }),
})
export type RulesTrialChange = z.infer<typeof RulesTrialChange>

export const GovernanceRulesTrialResult = z
  .object({
    faults: z.array(z.string()).meta({ description: 'Why these rules could not be saved; empty: they could.' }),
    since: IsoInstant,
    actions: z.int().meta({ description: 'Actions looked at: asked for, or run by themselves.' }),
    changed: z.int(),
    stricter: z.int(),
    looser: z.int(),
    openRequests: z.int().meta({ description: 'Requests that wait or are approved: a change of rules ends them all.' }),
    changes: z.array(RulesTrialChange).meta({ description: 'The most frequent first, at most 100.' }),
  })
  .meta({ id: 'GovernanceRulesTrialResult' })
export type GovernanceRulesTrialResult = z.infer<typeof GovernanceRulesTrialResult>

/** What requests there are to choose from. */
export const ApprovalFilters = z.object({ kinds: z.array(z.string()), environments: z.array(z.string()) })

/** A version of the governance rules, without the rules. */
export const GovernanceRulesVersion = z.object({
  version: z.int(),
  digest: z.string(),
  changedBy: z.string(),
  changedAt: IsoInstant,
})
export const GovernanceRulesHistory = z.object({ items: z.array(GovernanceRulesVersion) })
