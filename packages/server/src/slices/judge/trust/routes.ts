import {
  JudgeQuery,
  JudgeTrustPage,
  MetricTrustList,
  MetricTrustQuery,
  Name,
  TrustEntryPage,
  TrustHistory,
  TrustHistoryQuery,
  TrustJournalQuery,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../ports/slice.ts'
import { readHistory, readMetrics, readTrustJournal } from './actions/journal.ts'
import { readJudges } from './actions/judges.ts'

const tag = 'trust'

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/judges',
    access: 'judgments:read',
    tag,
    operationId: 'listJudges',
    summary: 'Judges per metric with how right audits found them',
    description:
      'By metric and name. A judge whose verdicts nobody audited has no reliability (null) and no authority (0).',
    query: JudgeQuery,
    reply: JudgeTrustPage,
    handle: (deps, { caller, query }) => readJudges(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/judges/:judge/trust',
    access: 'judgments:read',
    tag,
    operationId: 'getJudgeTrust',
    summary: 'Trust in a judge on a metric over time, from the trust journal',
    params: z.object({ judge: Name }),
    query: TrustHistoryQuery,
    reply: TrustHistory,
    handle: (deps, { caller, params, query }) => readHistory(deps, caller, params.judge, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/trust/metrics',
    access: 'judgments:read',
    tag,
    operationId: 'listTrustMetrics',
    summary: 'Per metric: effective votes, audited accuracy, copies and order effects among its judges',
    description: 'From the latest 1,000 subjects of each metric, measured again within a minute of what is new.',
    query: MetricTrustQuery,
    reply: MetricTrustList,
    handle: (deps, { caller, query }) => readMetrics(deps, caller, query.metric),
  }),
  route({
    method: 'GET',
    path: '/api/v1/trust/journal',
    access: 'judgments:read',
    tag,
    operationId: 'listTrustJournal',
    summary: 'Audited verdicts and corrections, newest first',
    description:
      'What every figure of trust rests on. Entries are never changed; a label that changes is a further entry.',
    query: TrustJournalQuery,
    reply: TrustEntryPage,
    handle: (deps, { caller, query }) => readTrustJournal(deps, caller, query),
  }),
]
