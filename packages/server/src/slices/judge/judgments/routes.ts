import {
  Judgment,
  JudgmentLogs,
  JudgmentPage,
  JudgmentQuery,
  QaLabelBatch,
  QaLabelPage,
  QaLabelQuery,
  QaLabelReceipt,
  StatusWordChange,
  StatusWordTable,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../kernel/result.ts'
import { type Route, route } from '../../../ports/slice.ts'
import { readLabels, receiveLabels } from './actions/labels.ts'
import { exportJudgments, readJudgment, readJudgments } from './actions/read.ts'
import { changeWords, readWords } from './actions/status-words.ts'

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
  route({
    method: 'POST',
    path: '/api/v1/qa/labels',
    // A right of its own: what judges are measured against decides how far they are trusted.
    access: 'labels:write',
    tag,
    operationId: 'labelSubjects',
    summary: 'Say what verdicts ought to be',
    description:
      'A later label of a subject and metric replaces an earlier one; `verdict` null takes it back. Sending again changes nothing.',
    body: QaLabelBatch,
    reply: QaLabelReceipt,
    handle: (deps, { caller, body }) => receiveLabels(deps, caller, body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/qa/labels',
    access: 'judgments:read',
    tag,
    operationId: 'listLabels',
    summary: 'Labels, the newest first',
    query: QaLabelQuery,
    reply: QaLabelPage,
    handle: (deps, { caller, query }) => readLabels(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/qa/status-words',
    access: 'judgments:read',
    tag,
    operationId: 'getStatusWords',
    summary: 'What the words of judges mean: shipped ones and the organization’s own',
    reply: StatusWordTable,
    handle: async (deps, { caller }) => ok(await readWords(deps, caller)),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/qa/status-words',
    access: 'status-words:write',
    tag,
    operationId: 'changeStatusWords',
    summary: 'Change the organization’s own words; the refusal `approval-required` says what to ask for',
    body: StatusWordChange,
    reply: StatusWordTable,
    handle: (deps, { caller, body }) => changeWords(deps, caller, body),
  }),
]
