import { SimilarExecutions } from '@metaagent/contract'
import { queryOptions } from '@tanstack/react-query'
import { request } from './request.ts'

/** Executions whose texts are most like those of one. */
export function similarQuery(executionId: string) {
  return queryOptions({
    queryKey: ['trace', executionId, 'similar'],
    queryFn: ({ signal }) =>
      request(SimilarExecutions, `/executions/${executionId}/similar`, { query: { limit: 10 }, signal }),
    staleTime: 60_000,
  })
}
