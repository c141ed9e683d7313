import { CausalTrace } from '@metaagent/contract'
import { queryOptions } from '@tanstack/react-query'
import { request } from './request.ts'

/** Questions about what QA events led to; all keys begin with `causal-traces`. */
export const causalTraceQueries = {
  of: (correlationId: string, limit: number) =>
    queryOptions({
      queryKey: ['causal-traces', correlationId, limit],
      queryFn: ({ signal }) =>
        request(CausalTrace, `/qa/traces/${encodeURIComponent(correlationId)}`, { query: { limit }, signal }),
    }),
}
