import { z } from 'zod'
import { PageQuery, pageOf } from './paging.ts'
import { ActionId, ExecutionId, IsoInstant, IsoInstantInput, Name, Uuid } from './primitives.ts'
import { JudgedOrder, JudgeKind, QaScale, QaSubject } from './qa-events.ts'

export const JudgmentVerdict = z.enum(['qa_success', 'qa_failure']).meta({ id: 'JudgmentVerdict' })
export type JudgmentVerdict = z.infer<typeof JudgmentVerdict>

export const JudgmentType = z
  .enum(['qa_success', 'qa_failure', 'qa_warning', 'qa_exemption', 'qa_disabled', 'qa_coverage', 'score'])
  .meta({ id: 'JudgmentType', description: '`score`: a score, a label or an abstention, and no verdict.' })
export type JudgmentType = z.infer<typeof JudgmentType>

/** What is told of a check in place of a verdict. Times are ISO 8601, UTC. */
export type QaNotice =
  | { readonly type: 'qa_warning' }
  | { readonly type: 'qa_exemption'; readonly expiresAt: string | null }
  | { readonly type: 'qa_disabled'; readonly change: 'disabled' | 'deleted' }
  | { readonly type: 'qa_coverage'; readonly covered: number; readonly total: number }

/** What an event about the check itself tells: until when it is exempt, what became of it, how much it covers. */
export const JudgmentDetails = z
  .union([
    z.object({ expiresAt: IsoInstant.nullable() }),
    z.object({ change: z.enum(['disabled', 'deleted']) }),
    z.object({ covered: z.int(), total: z.int() }),
  ])
  .meta({ id: 'JudgmentDetails' })
export type JudgmentDetails = z.infer<typeof JudgmentDetails>

/** What one judge said about one metric of one subject: an execution, one action of it, or something else. */
export const Judgment = z
  .object({
    judgmentId: Uuid,
    type: JudgmentType,
    subject: QaSubject,
    executionId: ExecutionId.nullable().meta({ description: 'Null: about something else than a run.' }),
    actionId: ActionId.nullable().meta({ description: 'Null: about the whole execution, or none.' }),
    metric: Name,
    verdict: JudgmentVerdict.nullable().meta({ description: 'Null: the judge gave no verdict.' }),
    score: z.number().nullable(),
    scale: QaScale.nullable().meta({ description: 'Null: the judge did not tell its scale.' }),
    confidence: z.number().nullable().meta({ description: '0 to 1, as the judge told it.' }),
    order: JudgedOrder.nullable(),
    label: z.string().nullable(),
    explanation: z.string().nullable(),
    judge: Name,
    judgeKind: JudgeKind,
    details: JudgmentDetails.nullable(),
    gold: z.boolean().meta({ description: 'Counts as the truth; judges are measured against it.' }),
    synthetic: z.boolean().meta({ description: 'Of a probe or an experiment: kept out of trust, arbitration, drift.' }),
    source: z.string().meta({ description: 'The way by which it came in: `qa`, `otlp`, `outcomes`, `webhook:…`.' }),
    correlationId: z.string().meta({ description: 'Ties together all that followed from it.' }),
    observedAt: IsoInstant,
    recordedAt: IsoInstant,
  })
  .meta({ id: 'Judgment' })
export type Judgment = z.infer<typeof Judgment>
export const JudgmentPage = pageOf(Judgment).meta({ id: 'JudgmentPage' })

export const JudgmentQuery = PageQuery.extend({
  executionId: ExecutionId.optional(),
  actionId: ActionId.optional(),
  subjectKind: z.enum(['execution', 'action', 'artifact', 'macro', 'series']).optional(),
  subjectId: z.string().min(1).max(300).optional().meta({ description: 'As the event names it; needs subjectKind.' }),
  metric: Name.optional(),
  type: JudgmentType.optional(),
  verdict: JudgmentVerdict.optional(),
  judge: Name.optional(),
  judgeKind: JudgeKind.optional(),
  source: z.string().max(200).optional(),
  gold: z.stringbool().optional(),
  from: IsoInstantInput.optional().meta({ description: 'Observed at or after.' }),
  to: IsoInstantInput.optional().meta({ description: 'Observed before.' }),
})

/** Judgments as OTLP/JSON logs: an `ExportLogsServiceRequest` with the cursor of the next page beside it. */
export const JudgmentLogs = z
  .object({ resourceLogs: z.array(z.looseObject({})), nextCursor: z.string().nullable() })
  .meta({ id: 'JudgmentLogs' })
