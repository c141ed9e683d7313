import { ExecutionId, SearchState, SimilarExecutions, SimilarQuery } from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../kernel/result.ts'
import { type Route, route } from '../../../ports/slice.ts'
import { readSearchState, readSimilar } from './actions/similar.ts'

const tag = 'search'

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/executions/:executionId/similar',
    access: 'executions:read',
    tag,
    operationId: 'listSimilarExecutions',
    summary: 'Executions whose texts are most like those of one',
    description:
      'Cosine between vectors of the masked texts of executions and their steps. `embedder` says what made them: an endpoint that is configured (METAAGENT_EMBEDDINGS_URL, METAAGENT_EMBEDDINGS_KEY), else words and pairs of words alone. The newest 50,000 vectors of the same embedder are compared, 5,000 on a database without pgvector. An execution that has no vector yet is answered with its `state` and no items.',
    params: z.object({ executionId: ExecutionId }),
    query: SimilarQuery,
    reply: SimilarExecutions,
    handle: (deps, { caller, params, query }) => readSimilar(deps, caller, params.executionId, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/search/state',
    access: 'executions:read',
    tag,
    operationId: 'getSearchState',
    summary: 'How far search has read, and what vectors cost',
    reply: SearchState,
    handle: async (deps, { caller }) => ok(await readSearchState(deps, caller)),
  }),
]
