import {
  ActionDetail,
  ActionId,
  AgentMetricPage,
  AgentMetricQuery,
  ConversationId,
  ExecutionDetail,
  ExecutionId,
  ExecutionPage,
  ExecutionQuery,
  OutcomeBatch,
  OutcomePage,
  OutcomeQuery,
  OutcomeReceipt,
  Session,
  SessionExecutionPage,
  SessionExecutionQuery,
  SessionPage,
  SessionQuery,
  Trace,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../ports/slice.ts'
import { actorOf } from '../../govern/journal/index.ts'
import { readMetricPoints } from './actions/metrics.ts'
import { readOutcomes, receiveOutcomes } from './actions/outcomes.ts'
import { readAction, readExecution, readExecutions, readTrace } from './actions/read.ts'
import { readSession, readSessionExecutions, readSessions } from './actions/sessions.ts'
import { splitAttributeFilters } from './model/attribute-filters.ts'

const tag = 'telemetry'
const executionFilters = new Set(Object.keys(ExecutionQuery.shape))
const ExecutionPath = z.object({ executionId: ExecutionId })
const SessionPath = z.object({ conversationId: ConversationId })

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/executions',
    access: 'executions:read',
    tag,
    operationId: 'listExecutions',
    summary: 'Executions, the newest first',
    description:
      'Beside these filters, `attribute.KEY=VALUE` lists executions that have an attribute of their own with this value, compared as text; up to five. Attributes are not indexed: give `from` and `to` where there are many.',
    query: ExecutionQuery.catchall(z.string().max(500)),
    reply: ExecutionPage,
    handle: async (deps, { caller, query }) => {
      const asked = splitAttributeFilters<z.output<typeof ExecutionQuery>>(query, executionFilters)
      return asked.ok ? readExecutions(deps, caller, asked.value.query, asked.value.attributes) : asked
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/executions/:executionId',
    access: 'executions:read',
    tag,
    operationId: 'getExecution',
    summary: 'One execution with its input and output',
    params: ExecutionPath,
    reply: ExecutionDetail,
    handle: (deps, { caller, params }) => readExecution(deps, caller, params.executionId),
  }),
  route({
    method: 'GET',
    path: '/api/v1/executions/:executionId/trace',
    access: 'executions:read',
    tag,
    operationId: 'getTrace',
    summary: 'An execution with its actions in the order of their start',
    params: ExecutionPath,
    reply: Trace,
    handle: (deps, { caller, params }) => readTrace(deps, caller, params.executionId),
  }),
  route({
    method: 'GET',
    path: '/api/v1/executions/:executionId/actions/:actionId',
    access: 'executions:read',
    tag,
    operationId: 'getAction',
    summary: 'One action with its input and output',
    params: ExecutionPath.extend({ actionId: ActionId }),
    reply: ActionDetail,
    handle: (deps, { caller, params }) => readAction(deps, caller, params.executionId, params.actionId),
  }),
  route({
    method: 'GET',
    path: '/api/v1/sessions',
    access: 'executions:read',
    tag,
    operationId: 'listSessions',
    summary: 'Executions by conversation, the one that ran last first',
    description:
      'A session is all executions with one conversation id. Filters choose sessions by their executions; the figures are of the whole session.',
    query: SessionQuery,
    reply: SessionPage,
    handle: (deps, { caller, query }) => readSessions(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/sessions/:conversationId',
    access: 'executions:read',
    tag,
    operationId: 'getSession',
    summary: 'One session',
    params: SessionPath,
    reply: Session,
    handle: (deps, { caller, params }) => readSession(deps, caller, params.conversationId),
  }),
  route({
    method: 'GET',
    path: '/api/v1/sessions/:conversationId/executions',
    access: 'executions:read',
    tag,
    operationId: 'listSessionExecutions',
    summary: 'The executions of a session with input and output, the oldest first',
    params: SessionPath,
    query: SessionExecutionQuery,
    reply: SessionExecutionPage,
    handle: (deps, { caller, params, query }) => readSessionExecutions(deps, caller, params.conversationId, query),
  }),
  route({
    method: 'POST',
    path: '/api/v1/outcomes',
    // A right of its own: who reports deliveries must not be able to report runs.
    access: 'outcomes:write',
    tag,
    operationId: 'reportOutcomes',
    summary: 'Report what became of executions',
    description:
      'A delivery result, a reply, a person’s verdict, by execution, conversation, unit or attribute. Each becomes a judgment and, unless `overrides` is false, counts in place of the reported status, also in the metrics of the day on which the execution ended. One whose execution has not arrived waits for it, up to 30 days. Sending again changes nothing.',
    body: OutcomeBatch,
    reply: OutcomeReceipt,
    handle: (deps, { caller, body }) =>
      receiveOutcomes(
        deps,
        { organizationId: caller.organizationId, actor: actorOf(caller), source: 'outcomes' },
        body.outcomes,
      ),
  }),
  route({
    method: 'GET',
    path: '/api/v1/outcomes',
    access: 'executions:read',
    tag,
    operationId: 'listOutcomes',
    summary: 'Outcomes that were reported, also those that wait',
    query: OutcomeQuery,
    reply: OutcomePage,
    handle: (deps, { caller, query }) => readOutcomes(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/telemetry/metrics',
    access: 'executions:read',
    tag,
    operationId: 'listAgentMetrics',
    summary: 'Points of metrics that agents report over OTLP, the newest first',
    query: AgentMetricQuery,
    reply: AgentMetricPage,
    handle: (deps, { caller, query }) => readMetricPoints(deps, caller, query),
  }),
]
