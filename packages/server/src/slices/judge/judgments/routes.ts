import { Judgment, JudgmentLogs, JudgmentPage, JudgmentQuery, Uuid } from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../ports/slice.ts'
import { exportJudgments, readJudgment, readJudgments } from './actions/read.ts'

const tag = 'judgments'

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/judgments',
    access: 'judgments:read',
    tag,
    operationId: 'listJudgments',
    summary: 'Judgments, newest first',
    query: JudgmentQuery,
    reply: JudgmentPage,
    handle: (deps, { caller, query }) => readJudgments(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/judgments/otlp',
    access: 'judgments:read',
    tag,
    operationId: 'exportJudgments',
    summary: 'Judgments as OpenTelemetry log records (OTLP/JSON), newest first',
    description:
      'An `ExportLogsServiceRequest` of `gen_ai.evaluation.result` events that can be posted as it is to any receiver of OTLP logs; `nextCursor` beside it leads to the next page.',
    query: JudgmentQuery,
    reply: JudgmentLogs,
    handle: (deps, { caller, query }) => exportJudgments(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/judgments/:judgmentId',
    access: 'judgments:read',
    tag,
    operationId: 'getJudgment',
    summary: 'One judgment as it was given',
    params: z.object({ judgmentId: Uuid }),
    reply: Judgment,
    handle: (deps, { caller, params }) => readJudgment(deps, caller, params.judgmentId),
  }),
]
