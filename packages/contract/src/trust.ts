import { z } from 'zod'
import { PageQuery, pageOf } from './paging.ts'
import { CostNanoUsd, IsoInstant, IsoInstantInput, Name, Uuid } from './primitives.ts'
import { GoldVerdict, JudgedOrder, JudgeKind, QaSubject } from './qa-events.ts'

export const TrustModelName = z.enum(['confusion', 'accuracy', 'mean']).meta({
  id: 'TrustModelName',
  description:
    '`confusion`: mean of how often passes and fails are found, with a margin. `accuracy`: share of right verdicts, with a margin. `mean`: the same share without one.',
})
export type TrustModelName = z.infer<typeof TrustModelName>

export const TrustStanding = z.enum(['unproven', 'trusted', 'suspended']).meta({
  id: 'TrustStanding',
  description: '`unproven`: never had authority. `suspended`: had it and lost it, until its performance is back.',
})
export type TrustStanding = z.infer<typeof TrustStanding>

/** How right a judge is on a metric, as far as audits know. Unknown is null. */
export const TrustFigures = z
  .object({
    reliability: z.number().nullable().meta({ description: '0 to 1; null: nothing was audited.' }),
    lowerBound: z.number().nullable().meta({ description: 'One standard deviation below it.' }),
    authority: z.number().meta({ description: '0 to 1: how far the lower bound lies above a coin’s ½.' }),
    effectiveCount: z.number().meta({ description: 'Audited verdicts that still count, after forgetting.' }),
  })
  .meta({ id: 'TrustFigures' })
export type TrustFigures = z.infer<typeof TrustFigures>

export const TrustConfusion = z
  .object({
    passSaidPass: z.number(),
    passSaidFail: z.number(),
    failSaidPass: z.number(),
    failSaidFail: z.number(),
    abstained: z.number(),
  })
  .meta({ id: 'TrustConfusion', description: 'What was right × what was said, after forgetting.' })

export const JudgeTrust = z
  .object({
    judge: z.string(),
    judgeKind: JudgeKind,
    metric: z.string(),
    standing: TrustStanding,
    ...TrustFigures.shape,
    confusion: TrustConfusion.nullable().meta({ description: 'Null: nothing was audited.' }),
    passesFound: z.number().nullable().meta({ description: 'Share of the passes that it called so; null = unknown.' }),
    failsFound: z.number().nullable().meta({ description: 'Share of the fails that it called so; null = unknown.' }),
    verdicts: z.int().meta({ description: 'Verdicts that it gave.' }),
    auditedVerdicts: z.int().meta({ description: 'Of them beside gold, nothing forgotten.' }),
    costNanoUsdPerCorrectVerdict: CostNanoUsd.meta({
      description:
        'What the agent of the judge’s name spent, per verdict that it gave on any metric, divided by its reliability on this one. Null: no such agent, a call without a price, or no audit.',
    }),
    copies: z.array(z.string()).meta({ description: 'Judges that it agrees with beyond what being right explains.' }),
    lastVerdictAt: IsoInstant,
  })
  .meta({ id: 'JudgeTrust' })
export type JudgeTrust = z.infer<typeof JudgeTrust>
export const JudgeTrustPage = pageOf(JudgeTrust).extend({ model: TrustModelName }).meta({ id: 'JudgeTrustPage' })
export const JudgeQuery = PageQuery.extend({
  metric: Name.optional(),
  judge: Name.optional(),
  standing: TrustStanding.optional(),
})

export const TrustPoint = z.object({
  seq: z.int(),
  at: IsoInstant,
  ...TrustFigures.shape,
})
export const TrustHistory = z
  .object({
    judge: z.string(),
    metric: z.string(),
    entries: z.int().meta({ description: 'Entries in the range; the points are spread evenly over them.' }),
    points: z.array(TrustPoint),
  })
  .meta({ id: 'TrustHistory' })
export type TrustHistory = z.infer<typeof TrustHistory>
export const TrustHistoryQuery = z.strictObject({
  metric: Name,
  from: IsoInstantInput.optional(),
  to: IsoInstantInput.optional(),
  points: z.coerce.number().int().min(2).max(1_000).default(300),
})

export const TrustEntry = z
  .object({
    seq: z.int().meta({ description: 'Place in the organization’s trust journal, from 1, without gaps.' }),
    kind: z.enum(['audited', 'corrected']).meta({
      description: '`corrected`: what is known to be right changed after the verdict was audited.',
    }),
    judge: z.string(),
    metric: z.string(),
    subject: QaSubject,
    judgmentId: Uuid,
    said: z.enum(['pass', 'fail', 'abstain']),
    gold: GoldVerdict.nullable().meta({ description: 'Null: what was known to be right was taken back.' }),
    was: GoldVerdict.nullable().meta({ description: 'What counted as right before; null for a first audit.' }),
    weight: z.number().meta({ description: 'How much of the verdict still counted: 1 for a first audit.' }),
    halfLifeVerdicts: z.number().nullable().meta({ description: 'Of forgetting; null for a correction.' }),
    goldFrom: z.enum(['label', 'judgment']),
    goldId: Uuid.meta({ description: 'The label or judgment that said, or took back, what is right.' }),
    ...TrustFigures.shape,
    causationId: Uuid.meta({ description: 'The QA event that led to it.' }),
    correlationId: z.string(),
    recordedAt: IsoInstant,
  })
  .meta({ id: 'TrustEntry' })
export type TrustEntry = z.infer<typeof TrustEntry>
export const TrustEntryPage = pageOf(TrustEntry).meta({ id: 'TrustEntryPage' })
export const TrustJournalQuery = PageQuery.extend({ metric: Name.optional(), judge: Name.optional() })

export const JudgePair = z
  .object({
    first: z.string(),
    second: z.string(),
    shared: z.int().meta({ description: 'Audited items that both judged.' }),
    agreement: z.number(),
    expectedAgreement: z.number().meta({ description: 'Of independent judges who are right as often as these.' }),
    excess: z.number().meta({ description: 'Of the way from the expected to full agreement; 1: they always agree.' }),
    pValue: z.number(),
    isCopy: z.boolean(),
  })
  .meta({ id: 'JudgePair' })
export type JudgePair = z.infer<typeof JudgePair>

export const JudgeOrderEffect = z
  .object({
    judge: z.string(),
    pairs: z.int().meta({ description: 'Items judged in both orders.' }),
    passOnlyAsGiven: z.int(),
    passOnlySwapped: z.int(),
    flipRate: z.number().nullable(),
    pValue: z.number(),
    favoursAnOrder: z.boolean(),
  })
  .meta({ id: 'JudgeOrderEffect' })
export type JudgeOrderEffect = z.infer<typeof JudgeOrderEffect>

/** What is known of the judges of one metric together, from its latest items. */
export const MetricTrust = z
  .object({
    metric: z.string(),
    items: z.int().meta({ description: 'Latest subjects that were looked at; at most 1,000.' }),
    auditedItems: z.int().meta({ description: 'Of them with a gold verdict.' }),
    judges: z.int(),
    auditedVerdicts: z.int(),
    accuracy: z
      .object({ estimate: z.number(), low: z.number(), high: z.number() })
      .nullable()
      .meta({ description: 'Share of the audited verdicts that were right, with its 95 % Wilson interval.' }),
    independence: z
      .object({
        basis: z.enum(['audited-errors', 'agreement']),
        judges: z.int(),
        pairs: z.int(),
        meanCorrelation: z.number(),
        effectiveVotes: z.number(),
      })
      .nullable()
      .meta({ description: 'How many independent votes the judges are worth; from agreement it is a lower bound.' }),
    pairs: z.array(JudgePair).meta({ description: 'The most dependent first; at most 100.' }),
    orderEffects: z.array(JudgeOrderEffect),
    measuredAt: IsoInstant,
  })
  .meta({ id: 'MetricTrust' })
export type MetricTrust = z.infer<typeof MetricTrust>
export const MetricTrustList = z.object({ items: z.array(MetricTrust) }).meta({ id: 'MetricTrustList' })
export const MetricTrustQuery = z.strictObject({ metric: Name.optional() })

const figuresTold = TrustFigures.omit({ effectiveCount: true })
/** Payload of `trust.evidence.changed`: what one QA event changed about judges of its subject and metric. */
export const TrustChangedPayload = z.object({
  subject: QaSubject,
  metric: z.string(),
  changes: z.array(
    z.object({
      seq: z.int(),
      judge: z.string(),
      judgmentId: Uuid,
      order: JudgedOrder.nullable(),
      said: z.enum(['pass', 'fail', 'abstain']),
      gold: GoldVerdict.nullable(),
      was: GoldVerdict.nullable(),
      before: figuresTold,
      after: figuresTold,
    }),
  ),
})
export type TrustChangedPayload = z.infer<typeof TrustChangedPayload>
