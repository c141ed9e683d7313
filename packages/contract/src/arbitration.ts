import { z } from 'zod'
import { Because } from './because.ts'
import { PageQuery, pageOf } from './paging.ts'
import { ActionId, ExecutionId, IsoInstant, Name, Uuid } from './primitives.ts'
import { GoldVerdict, JudgedOrder, JudgeKind, QaSubject } from './qa-events.ts'

/** The rules that turn votes into one verdict. */
export const ArbitrationPolicy = z
  .enum(['audited', 'best-judge', 'dawid-skene', 'trust-priority', 'majority'])
  .meta({ id: 'ArbitrationPolicy' })
export type ArbitrationPolicy = z.infer<typeof ArbitrationPolicy>

/** `auto` uses the policy that audits show to be best. */
export const ArbitrationPolicyChoice = z
  .enum(['auto', ...ArbitrationPolicy.options])
  .meta({ id: 'ArbitrationPolicyChoice' })
export type ArbitrationPolicyChoice = z.infer<typeof ArbitrationPolicyChoice>

export const ArbitrationOutcome = z.enum(['decided', 'escalated', 'vetoed', 'labelled']).meta({
  id: 'ArbitrationOutcome',
  description:
    '`escalated`: a human is asked, the winner is a leaning. `vetoed`: by governance. `labelled`: the truth is known.',
})
export type ArbitrationOutcome = z.infer<typeof ArbitrationOutcome>

export const ArbitrationVote = z
  .object({
    judge: z.string(),
    judgeKind: JudgeKind,
    order: JudgedOrder.nullable(),
    verdict: GoldVerdict.nullable().meta({ description: 'Null: the judge abstained.' }),
    score: z.number().nullable(),
    weight: z.number().nullable().meta({
      description:
        'What the vote added to its own side: log-odds in `audited` and `dawid-skene`, a share elsewhere; null = unknown judge or no verdict.',
    }),
    judgmentId: Uuid,
  })
  .meta({ id: 'ArbitrationVote' })
export type ArbitrationVote = z.infer<typeof ArbitrationVote>

/** How well a policy did on audited items whose truth it had not seen. */
export const ArbitrationStanding = z
  .object({
    policy: ArbitrationPolicy,
    estimate: z.number(),
    lowerBound: z.number(),
    effectiveCount: z.number().meta({ description: 'Equally weighted audits that it rests on (Kish).' }),
  })
  .meta({ id: 'ArbitrationStanding' })
export type ArbitrationStanding = z.infer<typeof ArbitrationStanding>

const decided = {
  arbitrationId: Uuid,
  subject: QaSubject,
  executionId: ExecutionId.nullable(),
  actionId: ActionId.nullable(),
  metric: z.string(),
  outcome: ArbitrationOutcome,
  winner: GoldVerdict,
  probability: z.number().meta({ description: 'Of the winner, as far as the policy knows.' }),
  confidenceGap: z.number().meta({ description: 'Probability of the winner less that of the other side.' }),
  gapMin: z.number().meta({ description: 'Below this gap a human is asked.' }),
  policy: ArbitrationPolicy,
  fitVersion: z.int().nullable().meta({ description: 'Null: no fit was there yet, each vote counted once.' }),
  rulesVersion: z.int(),
  standings: z.array(ArbitrationStanding.pick({ policy: true, lowerBound: true })),
  dissent: z.array(z.string()).meta({ description: 'Judges who said otherwise.' }),
  votes: z.array(ArbitrationVote),
  because: Because,
  policyBecause: Because,
  supersedes: Uuid.nullable(),
}

/** Payload of `qa_arbitration`. */
export const ArbitratedPayload = z.object(decided)
export type ArbitratedPayload = z.infer<typeof ArbitratedPayload>

/** One verdict out of all votes on a subject and metric. */
export const Arbitration = z
  .object({
    ...decided,
    isCurrent: z.boolean().meta({ description: 'False: a later vote or label superseded it.' }),
    correlationId: z.string(),
    causationId: Uuid.meta({ description: 'The event that led to it.' }),
    eventId: Uuid,
    decidedAt: IsoInstant,
  })
  .meta({ id: 'Arbitration' })
export type Arbitration = z.infer<typeof Arbitration>
export const ArbitrationPage = pageOf(Arbitration).meta({ id: 'ArbitrationPage' })

export const ArbitrationQuery = PageQuery.extend({
  metric: z.string().min(1).max(200).optional(),
  winner: GoldVerdict.optional(),
  outcome: ArbitrationOutcome.optional(),
  policy: ArbitrationPolicy.optional(),
  dissenting: z.string().min(1).max(200).optional().meta({ description: 'A judge who said otherwise.' }),
  subjectKind: z.enum(['execution', 'action', 'artifact', 'macro', 'series']).optional(),
  subjectId: z.string().min(1).max(300).optional().meta({ description: 'As the event names it; needs subjectKind.' }),
  superseded: z.stringbool().default(false).meta({ description: 'Also those that a later one replaced.' }),
})

export const AuditKind = z.enum(['random', 'disagreement', 'escalation']).meta({ id: 'AuditKind' })
export const AuditState = z.enum(['open', 'labelled', 'skipped']).meta({ id: 'AuditState' })

/** A subject and metric that a human is asked about. */
export const Audit = z
  .object({
    auditId: Uuid,
    kind: AuditKind,
    state: AuditState,
    subject: QaSubject,
    executionId: ExecutionId.nullable(),
    actionId: ActionId.nullable(),
    metric: z.string(),
    probability: z.number().meta({ description: 'With which it came into the queue; its label counts 1/probability.' }),
    arbitrationId: Uuid,
    verdict: GoldVerdict.nullable().meta({ description: 'The label; null while there is none.' }),
    queuedAt: IsoInstant,
    closedAt: IsoInstant.nullable(),
    closedBy: z.string().nullable(),
  })
  .meta({ id: 'Audit' })
export type Audit = z.infer<typeof Audit>
export const AuditPage = pageOf(Audit).meta({ id: 'AuditPage' })
export const AuditQuery = PageQuery.extend({
  kind: AuditKind.optional(),
  state: AuditState.default('open'),
  metric: z.string().min(1).max(200).optional(),
})
export const AuditLabel = z
  .strictObject({
    verdict: GoldVerdict,
    explanation: z.string().trim().min(1).max(5_000).nullable().default(null),
  })
  .meta({ id: 'AuditLabel' })

/** An arbitration with what its policy was chosen by and what came before and after it. */
export const ArbitrationDetail = Arbitration.extend({
  standings: z.array(ArbitrationStanding),
  fit: z
    .object({ version: z.int(), digest: z.string(), audits: z.int(), items: z.int(), fittedAt: IsoInstant })
    .nullable(),
  audit: Audit.nullable(),
  history: z.array(
    Arbitration.pick({ arbitrationId: true, outcome: true, winner: true, probability: true, decidedAt: true }),
  ),
}).meta({ id: 'ArbitrationDetail' })
export type ArbitrationDetail = z.infer<typeof ArbitrationDetail>

const JudgeName = z.string().trim().min(1).max(200)

/** What governance says of a judge. Its priority is never a factor on trust: it enters as a cost or a veto. */
export const JudgePriority = z
  .strictObject({
    judge: JudgeName,
    priority: z.number().min(0.1).max(10).meta({
      description:
        'Above 1: deciding against this judge costs (priority − 1) mistakes. Weighs the vote in the policy trust-priority.',
    }),
    veto: z.enum(['none', 'fail', 'pass', 'both']).meta({ description: 'On which verdict its word stands alone.' }),
    metrics: z.array(Name).min(1).max(100).nullable().meta({ description: 'Null: on all.' }),
  })
  .meta({ id: 'JudgePriority' })
export type JudgePriority = z.infer<typeof JudgePriority>

export const MistakeCosts = z
  .strictObject({
    metric: Name.nullable().meta({ description: 'Null: every metric that has no row of its own.' }),
    passedBad: z.number().min(0.01).max(1_000).meta({ description: 'What it costs to pass what is bad.' }),
    failedGood: z.number().min(0.01).max(1_000).meta({ description: 'What it costs to fail what is good.' }),
  })
  .meta({ id: 'MistakeCosts' })

/** The section `arbitration` of `config/governance_rules.json`, and what the API takes. */
export const ArbitrationRules = z
  .strictObject({
    version: z.literal(1),
    agents: z.array(JudgePriority).max(200),
    mistakes: z.array(MistakeCosts).max(200).meta({ description: 'Empty: as audits weigh them, half by class.' }),
  })
  .meta({ id: 'ArbitrationRules' })
export type ArbitrationRules = z.infer<typeof ArbitrationRules>

export const ArbitrationRulesState = z
  .object({
    rules: ArbitrationRules,
    version: z.int(),
    digest: z.string(),
    source: z.enum(['file', 'organization']).meta({ description: 'Whether they follow the file of the deployment.' }),
    changedBy: z.string(),
    changedAt: IsoInstant,
    file: z
      .object({ digest: z.string().nullable(), faults: z.array(z.string()), seenAt: IsoInstant })
      .nullable()
      .meta({ description: 'The file as last looked at; faults: it was refused, and the rules before it stand.' }),
  })
  .meta({ id: 'ArbitrationRulesState' })
export const ArbitrationRulesChange = z
  .strictObject({
    rules: ArbitrationRules,
    expectedVersion: z.int().min(0),
    reason: z.string().trim().min(1).max(2_000),
    approvalId: Uuid.optional(),
  })
  .meta({ id: 'ArbitrationRulesChange' })
export const ArbitrationRulesHistory = z
  .object({
    items: z.array(
      z.object({
        version: z.int(),
        rules: ArbitrationRules,
        digest: z.string(),
        source: z.enum(['file', 'organization']),
        reason: z.string(),
        changedBy: z.string(),
        changedAt: IsoInstant,
        approvalId: Uuid.nullable(),
      }),
    ),
  })
  .meta({ id: 'ArbitrationRulesHistory' })
export const ArbitrationDryRun = z
  .strictObject({ rules: ArbitrationRules, last: z.int().min(1).max(1_000).default(200) })
  .meta({ id: 'ArbitrationDryRun' })
const said = z.object({ outcome: ArbitrationOutcome, winner: GoldVerdict, because: Because })
export const ArbitrationDryRunResult = z
  .object({
    decisions: z.int().meta({ description: 'Present verdicts that were looked at, newest first.' }),
    changed: z.int(),
    items: z
      .array(z.object({ arbitrationId: Uuid, subject: QaSubject, metric: z.string(), before: said, after: said }))
      .meta({ description: 'Those that would be decided otherwise.' }),
  })
  .meta({ id: 'ArbitrationDryRunResult' })

/** How one metric is arbitrated. */
export const ArbitrationMetric = z
  .object({
    metric: z.string(),
    choice: ArbitrationPolicyChoice,
    choiceVersion: z.int(),
    policy: ArbitrationPolicy.nullable().meta({ description: 'In use; null while nothing is fitted.' }),
    because: Because.nullable(),
    standings: z.array(ArbitrationStanding),
    gapMin: z.number(),
    gapBecause: Because.nullable(),
    fitVersion: z.int().nullable(),
    fittedAt: IsoInstant.nullable(),
    audits: z.int().meta({ description: 'Items of the last fit whose truth was known.' }),
    items: z.int().meta({ description: 'Items that the last fit saw.' }),
    openAudits: z.int(),
  })
  .meta({ id: 'ArbitrationMetric' })
export type ArbitrationMetric = z.infer<typeof ArbitrationMetric>
export const ArbitrationMetrics = z
  .object({
    items: z.array(ArbitrationMetric),
    due: z.int().meta({ description: 'Items that wait for a decision.' }),
    log: z.object({
      path: z.string(),
      bytes: z.int().nullable().meta({ description: 'Of the file that is written to; null: it cannot be read.' }),
      totalBytes: z.int().nullable().meta({ description: 'With the files it was rotated into.' }),
      behind: z.int().meta({ description: 'Decisions that are not in the file yet.' }),
      failingSince: IsoInstant.nullable(),
      error: z.string().nullable(),
    }),
  })
  .meta({ id: 'ArbitrationMetrics' })
export type ArbitrationMetrics = z.infer<typeof ArbitrationMetrics>
export const ArbitrationPolicyChange = z
  .strictObject({
    policy: ArbitrationPolicyChoice,
    expectedVersion: z.int().min(0),
    reason: z.string().trim().min(1).max(2_000),
    approvalId: Uuid.optional(),
  })
  .meta({ id: 'ArbitrationPolicyChange' })
export const ArbitrationPolicyState = z
  .object({
    metric: z.string(),
    policy: ArbitrationPolicyChoice,
    version: z.int(),
    changedBy: z.string(),
    changedAt: IsoInstant,
  })
  .meta({ id: 'ArbitrationPolicyState' })
