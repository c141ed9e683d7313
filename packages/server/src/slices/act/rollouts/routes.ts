import { Comparison, ComparisonInput, ComparisonPage, ComparisonQuery, Uuid } from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../ports/slice.ts'
import { compareReleases, readComparison, readComparisons } from './actions.ts'

const tag = 'rollouts'

export const routes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/agents/:agentId/comparisons',
    access: 'rollouts:decide',
    tag,
    operationId: 'compareReleases',
    summary: 'Compare two releases of an agent and decide',
    description:
      'Compares the finished executions that both releases have, by the policy, and records the decision in the ledger. ' +
      'Deciding again on more executions is another comparison; each policy is meant for one look at the evidence.',
    params: z.object({ agentId: Uuid }),
    body: ComparisonInput,
    reply: Comparison,
    status: 201,
    handle: (deps, { caller, params, body }) => compareReleases(deps, caller, params.agentId, body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/comparisons',
    access: 'rollouts:read',
    tag,
    operationId: 'listComparisons',
    summary: 'Comparisons, newest first',
    query: ComparisonQuery,
    reply: ComparisonPage,
    handle: (deps, { caller, query }) => readComparisons(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/comparisons/:comparisonId',
    access: 'rollouts:read',
    tag,
    operationId: 'getComparison',
    summary: 'One comparison with everything that it rests on',
    params: z.object({ comparisonId: Uuid }),
    reply: Comparison,
    handle: (deps, { caller, params }) => readComparison(deps, caller, params.comparisonId),
  }),
]
