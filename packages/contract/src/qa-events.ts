import { z } from 'zod'
import { ActionId, ExecutionId, IsoInstantInput, Uuid } from './primitives.ts'
import { line, prose } from './texts.ts'

export const JudgeKind = z.enum(['human', 'code', 'model', 'outcome']).meta({
  id: 'JudgeKind',
  description: '`outcome` is what the world answered: a delivery result, a reply, a booking.',
})
export type JudgeKind = z.infer<typeof JudgeKind>

/** Zero has one sign, so that a number is the same after it was written as JSON and read again. */
const unsigned = (value: number) => (value === 0 ? 0 : value)

/** Far above any honest scale, and small enough that differences and squares of scores stay finite. */
const scoreMost = 1e12
const OnScale = z.number().min(-scoreMost).max(scoreMost).overwrite(unsigned)

/** A score with the scale it stands on. More is better; a measure of which less is better is sent with its sign turned. */
export const QaScore = z
  .strictObject({
    value: OnScale,
    min: OnScale,
    max: OnScale,
    passFrom: OnScale.nullable()
      .default(null)
      .meta({ description: 'The least value that passes; null = none is set.' }),
  })
  .meta({ id: 'QaScore' })
export type QaScore = z.infer<typeof QaScore>

/** What a QA event is about. An action is named `EXECUTION/ACTION`, since span ids are unique only within their trace. */
export const QaSubject = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('execution'), id: ExecutionId }),
    z.strictObject({
      kind: z.literal('action'),
      id: z.string().refine((id) => actionOf(id) !== null, 'must be an execution id, a slash and an action id'),
    }),
    z.strictObject({ kind: z.literal('artifact'), id: line(300) }),
    z.strictObject({ kind: z.literal('macro'), id: line(300) }),
    z.strictObject({ kind: z.literal('series'), id: line(300) }),
  ])
  .meta({ id: 'QaSubject' })
export type QaSubject = z.infer<typeof QaSubject>

/** The two ids in the id of a subject of kind `action`; null where it is none. */
export function actionOf(id: string): { readonly executionId: string; readonly actionId: string } | null {
  const executionId = id.slice(0, 32)
  const actionId = id.slice(33)
  if (id[32] !== '/' || !ExecutionId.safeParse(executionId).success || !ActionId.safeParse(actionId).success)
    return null
  return { executionId, actionId }
}

const said = {
  judge: line(200).meta({ description: 'Stable name of the judge; a person by id (`user:0190…`), never by address.' }),
  judgeKind: JudgeKind,
  subject: QaSubject,
  metric: line(200).meta({ description: 'What was judged: `helpfulness`, `delivery`.' }),
  label: line(200).nullable().default(null),
  explanation: prose(5_000).nullable().default(null),
  correlationId: line(200).optional().meta({ description: 'Made by MetaAgent when it is left out.' }),
  observedAt: IsoInstantInput.optional().meta({ description: 'When it was judged; left out: when it came in.' }),
  idempotencyKey: line(300).nullable().default(null).meta({
    description: 'The same key from the same judge counts once, so that sending again changes nothing.',
  }),
}

export const JudgedOrder = z.enum(['as-given', 'swapped']).meta({ id: 'JudgedOrder' })
export type JudgedOrder = z.infer<typeof JudgedOrder>

const measured = {
  score: QaScore.nullable().default(null),
  confidence: z.number().min(0).max(1).overwrite(unsigned).nullable().default(null),
  order: JudgedOrder.nullable().default(null).meta({
    description: 'In which order the judge saw what it compared; null = unknown or nothing was compared.',
  }),
}

/** One QA event as it is posted. A verdict, a warning without one, or what became of the check itself. */
export const QaEvent = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('qa_success'), ...said, ...measured }),
    z.strictObject({ type: z.literal('qa_failure'), ...said, ...measured }),
    z.strictObject({ type: z.literal('qa_warning'), ...said, ...measured }),
    z.strictObject({
      type: z.literal('qa_exemption'),
      ...said,
      explanation: prose(5_000).meta({ description: 'Why the metric does not count for this subject.' }),
      expiresAt: IsoInstantInput.nullable().default(null).meta({ description: 'Null = until it is taken back.' }),
    }),
    z.strictObject({
      type: z.literal('qa_disabled'),
      ...said,
      change: z.enum(['disabled', 'deleted']).default('disabled').meta({ description: 'What became of the check.' }),
    }),
    z.strictObject({
      type: z.literal('qa_coverage'),
      ...said,
      coverage: z.strictObject({ covered: z.int().min(0).overwrite(unsigned), total: z.int().min(1) }),
    }),
  ])
  .meta({ id: 'QaEvent' })
export type QaEvent = z.output<typeof QaEvent>
export type QaEventReport = z.input<typeof QaEvent>

/** The verdict that is known to be right of a subject, by a person's label or a programmatic outcome. */
export const GoldVerdict = z.enum(['pass', 'fail']).meta({ id: 'GoldVerdict' })
export type GoldVerdict = z.infer<typeof GoldVerdict>

const toldOfSubject = {
  subject: QaSubject,
  /** Null: about something else than an execution or one of its actions. */
  executionId: ExecutionId.nullable(),
  actionId: ActionId.nullable(),
  metric: z.string(),
  observedAt: z.string(),
}

/** The scale of a score: its ends, and the least value that passes (null = none is set). */
export const QaScale = QaScore.omit({ value: true }).meta({ id: 'QaScale' })
export type QaScale = z.infer<typeof QaScale>

/** Payload of `qa_success`, `qa_failure`, `qa_warning` and `judgments.score.recorded`. Texts are never in it. */
export const JudgedPayload = z.object({
  judgmentId: Uuid,
  ...toldOfSubject,
  /** On the judge's own scale; more is better. */
  score: z.number().nullable(),
  scale: QaScale.nullable(),
  confidence: z.number().nullable(),
  order: JudgedOrder.nullable(),
  judge: z.string(),
  judgeKind: JudgeKind,
  /** Counts as the truth about the subject and metric: trust is measured against it. */
  gold: z.boolean(),
  /** Of a chaos experiment or a probe: kept out of trust, arbitration and drift. */
  synthetic: z.boolean(),
})
export type JudgedPayload = z.infer<typeof JudgedPayload>

/** Payload of `qa_label`: what a subject's verdict ought to be. A later label of the same subject and metric replaces it. */
export const LabelledPayload = z.object({
  labelId: Uuid,
  ...toldOfSubject,
  /** Null: the label was taken back. */
  verdict: GoldVerdict.nullable(),
  origin: z.enum(['human', 'outcome']),
})
export type LabelledPayload = z.infer<typeof LabelledPayload>

const toldOfCheck = {
  judgmentId: Uuid,
  ...toldOfSubject,
  judge: z.string(),
  judgeKind: JudgeKind,
  synthetic: z.boolean(),
}
/** Payload of `qa_exemption`. */
export const ExemptedPayload = z.object({ ...toldOfCheck, expiresAt: z.string().nullable() })
export type ExemptedPayload = z.infer<typeof ExemptedPayload>
/** Payload of `qa_disabled`. */
export const CheckDisabledPayload = z.object({ ...toldOfCheck, change: z.enum(['disabled', 'deleted']) })
export type CheckDisabledPayload = z.infer<typeof CheckDisabledPayload>
/** Payload of `qa_coverage`. */
export const CoveragePayload = z.object({ ...toldOfCheck, covered: z.int(), total: z.int() })
export type CoveragePayload = z.infer<typeof CoveragePayload>
