import {
  ExecutionId,
  ExecutionRisk,
  ExecutionRiskPage,
  RiskQuery,
  SuspicionPage,
  SuspicionQuery,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../ports/slice.ts'
import { readRisk, readRisks } from './actions/risks.ts'
import { readSuspicions } from './actions/suspicions.ts'

const tag = 'risk'

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/executions/:executionId/risk',
    access: 'executions:read',
    tag,
    operationId: 'getExecutionRisk',
    summary: 'How likely an ended execution is to have failed, by its trace alone, explained number by number',
    params: z.object({ executionId: ExecutionId }),
    reply: ExecutionRisk,
    handle: (deps, { caller, params }) => readRisk(deps, caller, params.executionId),
  }),
  route({
    method: 'GET',
    path: '/api/v1/risks',
    access: 'executions:read',
    tag,
    operationId: 'listRisks',
    summary: 'Scored executions, the riskiest first',
    query: RiskQuery,
    reply: ExecutionRiskPage,
    handle: (deps, { caller, query }) => readRisks(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/suspicions',
    access: 'fleet:read',
    tag,
    operationId: 'listSuspicions',
    summary:
      'Reports that hardly can be: silent evaluators, tools that answer everything alike, implausible success or cost',
    query: SuspicionQuery,
    reply: SuspicionPage,
    handle: (deps, { caller, query }) => readSuspicions(deps, caller, query),
  }),
]
