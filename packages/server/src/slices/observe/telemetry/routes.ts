import {
  ActionDetail,
  ActionId,
  ExecutionDetail,
  ExecutionId,
  ExecutionPage,
  ExecutionQuery,
  Trace,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../ports/slice.ts'
import { readAction, readExecution, readExecutions, readTrace } from './actions/read.ts'

const tag = 'telemetry'
const ExecutionPath = z.object({ executionId: ExecutionId })

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/executions',
    access: 'executions:read',
    tag,
    operationId: 'listExecutions',
    summary: 'Executions, the newest first',
    query: ExecutionQuery,
    reply: ExecutionPage,
    handle: (deps, { caller, query }) => readExecutions(deps, caller, query),
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
]
