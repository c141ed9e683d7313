import { z } from 'zod'
import { PageQuery, pageOf } from './paging.ts'
import { ActionId, ExecutionId, IsoInstant, IsoInstantInput, Name, Uuid } from './primitives.ts'
import { GoldVerdict, JudgedOrder, JudgeKind, QaEvent, QaScale, QaSubject } from './qa-events.ts'
import { line, prose } from './texts.ts'

/** What a judge wrote, as it wrote it: MetaAgent reads the verdicts out of it with the organization's status words. */
export const QaAnswer = z
  .strictObject({
    answer: z.string().min(1).max(100_000).meta({
      description:
        'A word, JSON with `verdict`, `status` or `result`, a list of those, or fenced blocks of either. An empty list is an abstention.',
    }),
    judge: line(200),
    judgeKind: JudgeKind.default('model'),
    subject: QaSubject,
    metric: line(200).meta({ description: 'Of verdicts that name none of their own.' }),
    scale: QaScale.nullable().default(null).meta({ description: 'On which the scores in the answer stand.' }),
    order: JudgedOrder.nullable().default(null),
    correlationId: line(200).optional(),
    observedAt: IsoInstantInput.optional(),
    idempotencyKey: line(300).nullable().default(null).meta({
      description: 'The same key from the same judge counts once, so that sending again changes nothing.',
    }),
  })
  .meta({ id: 'QaAnswer' })
export type QaAnswer = z.output<typeof QaAnswer>
export type QaAnswerReport = z.input<typeof QaAnswer>

/** At most so many in one request. */
export const qaEventsMost = 1_000

/** One event or a batch; each event of a batch is accepted or refused alone. */
export const QaEventsBody = z.union([
  QaEvent,
  QaAnswer,
  z
    .strictObject({
      events: z
        .array(z.union([QaEvent, QaAnswer]))
        .min(1)
        .max(qaEventsMost),
    })
    .meta({ id: 'QaEventBatch' }),
])

export const RejectedQaEvent = z
  .object({
    index: z.int().meta({ description: 'Place in the batch that was sent.' }),
    code: z.string(),
    path: z.string().meta({ description: 'JSON pointer (RFC 6901) into the event, or into the answer it holds.' }),
    detail: z.string(),
  })
  .meta({ id: 'RejectedQaEvent' })
export type RejectedQaEvent = z.infer<typeof RejectedQaEvent>

export const QaReceipt = z
  .object({
    accepted: z.int().meta({ description: 'Judgments that are stored now; an answer may hold several.' }),
    duplicates: z.int().meta({ description: 'Judgments that were stored under their key before.' }),
    rejected: z.array(RejectedQaEvent).meta({ description: 'Refused alone; send them again corrected.' }),
  })
  .meta({ id: 'QaReceipt' })
export type QaReceipt = z.infer<typeof QaReceipt>

/** What a verdict ought to be. A later one of the same subject and metric replaces it. */
export const QaLabelReport = z
  .strictObject({
    subject: QaSubject,
    metric: line(200),
    verdict: GoldVerdict.nullable().meta({ description: 'Null takes an earlier label back.' }),
    origin: z.enum(['human', 'outcome']).default('human'),
    note: prose(5_000).nullable().default(null),
    observedAt: IsoInstantInput.optional().meta({ description: 'Left out: when it came in.' }),
  })
  .meta({ id: 'QaLabelReport' })
export type QaLabelReport = z.output<typeof QaLabelReport>

export const QaLabelBatch = z
  .strictObject({ labels: z.array(QaLabelReport).min(1).max(500) })
  .meta({ id: 'QaLabelBatch' })

export const QaLabelReceipt = z
  .object({
    labelled: z.int().meta({ description: 'New, changed or taken back.' }),
    unchanged: z.int().meta({ description: 'Said what held already.' }),
  })
  .meta({ id: 'QaLabelReceipt' })
export type QaLabelReceipt = z.infer<typeof QaLabelReceipt>

export const QaLabel = z
  .object({
    labelId: Uuid,
    subject: QaSubject,
    executionId: ExecutionId.nullable(),
    actionId: ActionId.nullable(),
    metric: Name,
    verdict: GoldVerdict.nullable().meta({ description: 'Null: it was taken back.' }),
    origin: z.enum(['human', 'outcome']),
    note: z.string().nullable(),
    labelledBy: z.string().meta({ description: 'Kind and id of who labelled: `user:0190…`.' }),
    observedAt: IsoInstant,
    recordedAt: IsoInstant,
  })
  .meta({ id: 'QaLabel' })
export type QaLabel = z.infer<typeof QaLabel>
export const QaLabelPage = pageOf(QaLabel).meta({ id: 'QaLabelPage' })

export const QaLabelQuery = PageQuery.extend({
  subjectKind: z.enum(['execution', 'action', 'artifact', 'macro', 'series']).optional(),
  subjectId: z.string().min(1).max(300).optional().meta({ description: 'Needs subjectKind.' }),
  executionId: ExecutionId.optional(),
  metric: Name.optional(),
  verdict: GoldVerdict.optional(),
  origin: z.enum(['human', 'outcome']).optional(),
})

export const StatusMeaning = z.enum(['pass', 'fail', 'abstain']).meta({
  id: 'StatusMeaning',
  description: '`abstain` is no opinion, which is neither side.',
})
export type StatusMeaning = z.infer<typeof StatusMeaning>

/** A word that a judge may use for a verdict. Case and how its parts are joined do not matter. */
export const StatusWord = z.strictObject({ word: line(100), meaning: StatusMeaning }).meta({ id: 'StatusWord' })
export type StatusWord = z.infer<typeof StatusWord>

export const StatusWordChange = z.strictObject({
  words: z.array(StatusWord).max(500).meta({ description: 'All words of the organization’s own, beside the shipped.' }),
  reason: z.string().trim().min(1).max(2_000),
  expectedVersion: z.int().min(0).optional(),
  approvalId: Uuid.optional(),
})

export const StatusWordTable = z
  .object({
    words: z.array(StatusWord).meta({ description: 'The organization’s own; they come before the shipped ones.' }),
    shipped: z.array(StatusWord),
    version: z.int(),
    reason: z.string().nullable(),
    changedBy: z.string().nullable(),
    changedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'StatusWordTable', description: 'Version 0: no words of its own.' })
export type StatusWordTable = z.infer<typeof StatusWordTable>

const wordMeaning = z.object({ word: z.string(), from: StatusMeaning.nullable(), to: StatusMeaning.nullable() })
/** What a change of status words changes in what judges' answers mean; null = the word is not in the table. */
export const StatusWordShift = wordMeaning.meta({ id: 'StatusWordShift' })
export type StatusWordShift = z.infer<typeof StatusWordShift>
