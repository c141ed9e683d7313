import {
  GatewayDryRunResult,
  GatewayRoutePage,
  type GatewayRules,
  type GatewayRulesChange,
  GatewayRulesState,
  GatewayRulesVersions,
  type GatewayTrial,
  GatewayTrialResult,
} from '@metaagent/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { type RequestOptions, request } from './request.ts'

type Query = NonNullable<RequestOptions['query']>

/** Every call of the API about what may go where. */
export const gatewayApi = {
  change: (change: z.input<typeof GatewayRulesChange>) =>
    request(GatewayRulesState, '/gateway/rules', { method: 'PUT', body: change }),
  tryText: (trial: z.input<typeof GatewayTrial>) =>
    request(GatewayTrialResult, '/gateway/try', { method: 'POST', body: trial }),
  dryRun: (rules: GatewayRules, days: number) =>
    request(GatewayDryRunResult, '/gateway/rules/dry-run', { method: 'POST', body: { rules, days } }),
}

/** Every question about it; all keys begin with `gateway`, so that a change refreshes them together. */
export const gatewayQueries = {
  rules: () =>
    queryOptions({
      queryKey: ['gateway', 'rules'],
      queryFn: ({ signal }) => request(GatewayRulesState, '/gateway/rules', { signal }),
    }),
  versions: () =>
    queryOptions({
      queryKey: ['gateway', 'versions'],
      queryFn: async ({ signal }) => (await request(GatewayRulesVersions, '/gateway/rules/versions', { signal })).items,
    }),
  routes: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['gateway', 'routes', query],
      queryFn: ({ pageParam, signal }) =>
        request(GatewayRoutePage, '/gateway/routes', { query: { limit: 50, ...query, cursor: pageParam }, signal }),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
}
