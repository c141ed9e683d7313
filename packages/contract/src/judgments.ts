import { z } from 'zod'
import { PageQuery, pageOf } from './paging.ts'
import { ActionId, ExecutionId, IsoInstant, IsoInstantInput, Name, Uuid } from './primitives.ts'

export const JudgmentVerdict = z.enum(['qa_success', 'qa_failure']).meta({ id: 'JudgmentVerdict' })
export type JudgmentVerdict = z.infer<typeof JudgmentVerdict>

export const JudgeKind = z.enum(['human', 'code', 'model', 'outcome']).meta({
  id: 'JudgeKind',
  description: '`outcome` is what the world answered: a delivery result, a reply, a booking.',
})
export type JudgeKind = z.infer<typeof JudgeKind>

/** One judge's verdict about one metric of one subject: an execution, or one action of it. */
export const Judgment = z
  .object({
    judgmentId: Uuid,
    executionId: ExecutionId,
    actionId: ActionId.nullable().meta({ description: 'Null: about the whole execution.' }),
    metric: Name,
    verdict: JudgmentVerdict.nullable().meta({ description: 'Null: the judge gave a score or a label, no verdict.' }),
    score: z.number().nullable(),
    label: z.string().nullable(),
    explanation: z.string().nullable(),
    judge: Name,
    judgeKind: JudgeKind,
    source: z.string().meta({ description: 'The way by which it came in: `otlp`, `outcomes`, `webhook:…`.' }),
    observedAt: IsoInstant,
    recordedAt: IsoInstant,
  })
  .meta({ id: 'Judgment' })
export type Judgment = z.infer<typeof Judgment>
export const JudgmentPage = pageOf(Judgment).meta({ id: 'JudgmentPage' })

export const JudgmentQuery = PageQuery.extend({
  executionId: ExecutionId.optional(),
  actionId: ActionId.optional(),
  metric: Name.optional(),
  verdict: JudgmentVerdict.optional(),
  judge: Name.optional(),
  judgeKind: JudgeKind.optional(),
  source: z.string().max(200).optional(),
  from: IsoInstantInput.optional().meta({ description: 'Observed at or after.' }),
  to: IsoInstantInput.optional().meta({ description: 'Observed before.' }),
})

/** Judgments as OTLP/JSON logs: an `ExportLogsServiceRequest` with the cursor of the next page beside it. */
export const JudgmentLogs = z
  .object({ resourceLogs: z.array(z.looseObject({})), nextCursor: z.string().nullable() })
  .meta({ id: 'JudgmentLogs' })
