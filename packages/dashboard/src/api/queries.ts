import { infiniteQueryOptions, QueryCache, QueryClient, queryOptions } from '@tanstack/react-query'
import { asApiError } from './api-error.ts'
import { api } from './endpoints.ts'

type Query = Parameters<typeof api.executions>[0]
const PAGE = 100

/** Every question that pages ask, with the key under which the answer is kept. */
export const queries = {
  me: () => queryOptions({ queryKey: ['me'], queryFn: ({ signal }) => api.me(signal), staleTime: 300_000 }),
  environments: () =>
    queryOptions({ queryKey: ['environments'], queryFn: ({ signal }) => api.environments(signal), staleTime: 60_000 }),
  agents: (query: Query) =>
    queryOptions({
      queryKey: ['agents', query],
      queryFn: ({ signal }) => api.agents({ limit: 200, ...query }, signal),
    }),
  agent: (agentId: string) =>
    queryOptions({ queryKey: ['agent', agentId], queryFn: ({ signal }) => api.agent(agentId, signal) }),
  agentHealth: (agentId: string, query: Query) =>
    queryOptions({
      queryKey: ['agent', agentId, 'health', query],
      queryFn: ({ signal }) => api.agentHealth(agentId, query, signal),
    }),
  agentSeries: (agentId: string, query: Query, asOf: string) =>
    queryOptions({
      queryKey: ['agent', agentId, 'series', query, asOf],
      queryFn: ({ signal }) => api.agentSeries(agentId, query, signal),
      staleTime: 60_000,
      placeholderData: (before) => before,
    }),
  agentPerformance: (agentId: string, query: Query) =>
    queryOptions({
      queryKey: ['agent', agentId, 'performance', query],
      queryFn: ({ signal }) => api.agentPerformance(agentId, query, signal),
    }),
  slas: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['slas', 'list', query],
      queryFn: ({ pageParam, signal }) => api.slas({ ...query, cursor: pageParam }, signal),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  sla: (slaId: string) => queryOptions({ queryKey: ['slas', slaId], queryFn: ({ signal }) => api.sla(slaId, signal) }),
  slaBurn: (slaId: string) =>
    queryOptions({ queryKey: ['slas', slaId, 'burn'], queryFn: ({ signal }) => api.slaBurn(slaId, signal) }),
  slaCompliance: (slaId: string) =>
    infiniteQueryOptions({
      queryKey: ['slas', slaId, 'compliance'],
      queryFn: ({ pageParam, signal }) => api.slaCompliance(slaId, { cursor: pageParam }, signal),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  slaReport: (slaId: string, month: string) =>
    queryOptions({
      queryKey: ['slas', slaId, 'report', month],
      queryFn: ({ signal }) => api.slaReport(slaId, month, signal),
    }),
  releases: (agentId: string) =>
    queryOptions({ queryKey: ['agent', agentId, 'releases'], queryFn: ({ signal }) => api.releases(agentId, signal) }),
  executions: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['executions', query],
      queryFn: ({ pageParam, signal }) => api.executions({ limit: PAGE, ...query, cursor: pageParam }, signal),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  trace: (executionId: string) =>
    queryOptions({ queryKey: ['trace', executionId], queryFn: ({ signal }) => api.trace(executionId, signal) }),
  executionRisk: (executionId: string) =>
    queryOptions({
      queryKey: ['trace', executionId, 'risk'],
      queryFn: ({ signal }) => api.executionRisk(executionId, signal),
    }),
  suspicions: (query: Query) =>
    queryOptions({ queryKey: ['suspicions', query], queryFn: ({ signal }) => api.suspicions(query, signal) }),
  probes: () => queryOptions({ queryKey: ['probes'], queryFn: ({ signal }) => api.probes(signal) }),
  probeResults: (probeId: string) =>
    queryOptions({
      queryKey: ['probes', probeId, 'results'],
      queryFn: ({ signal }) => api.probeResults(probeId, signal),
    }),
  dependencies: (query: Query) =>
    queryOptions({
      queryKey: ['dependencies', query],
      queryFn: ({ signal }) => api.dependencies(query, signal),
      staleTime: 60_000,
    }),
  blastRadius: ({ kind, target }: { readonly kind: string; readonly target: string }) =>
    queryOptions({
      queryKey: ['dependencies', 'blast-radius', kind, target],
      queryFn: ({ signal }) => api.blastRadius({ kind, target }, signal),
    }),
  action: (executionId: string, actionId: string) =>
    queryOptions({
      queryKey: ['action', executionId, actionId],
      queryFn: ({ signal }) => api.action(executionId, actionId, signal),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  comparisons: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['comparisons', query],
      queryFn: ({ pageParam, signal }) => api.comparisons({ ...query, cursor: pageParam }, signal),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  comparison: (comparisonId: string) =>
    queryOptions({
      queryKey: ['comparison', comparisonId],
      queryFn: ({ signal }) => api.comparison(comparisonId, signal),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  // Never from memory: the point of looking is whether it still is what it was.
  ledger: () => queryOptions({ queryKey: ['ledger'], queryFn: ({ signal }) => api.ledger(signal), staleTime: 0 }),
  ledgerEntries: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['ledger', 'entries', query],
      queryFn: ({ pageParam, signal }) => api.ledgerEntries({ ...query, cursor: pageParam }, signal),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  ledgerEntry: (index: number) =>
    queryOptions({ queryKey: ['ledger', 'entry', index], queryFn: ({ signal }) => api.ledgerEntry(index, signal) }),
  approvals: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['approvals', query],
      queryFn: ({ pageParam, signal }) => api.approvals({ ...query, cursor: pageParam }, signal),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  /** The newest requests of one kind of operation in one state. */
  approvalsOfKind: (kind: string, state: string) =>
    queryOptions({
      queryKey: ['approvals', 'kind', kind, state],
      queryFn: ({ signal }) => api.approvals({ kind, state, limit: 200 }, signal),
    }),
  /** How many approvals wait, as far as one page tells. */
  approvalsWaiting: () =>
    queryOptions({
      queryKey: ['approvals', 'waiting'],
      queryFn: ({ signal }) => api.approvals({ state: 'pending', limit: 50 }, signal),
      staleTime: 30_000,
    }),
  masking: () => queryOptions({ queryKey: ['masking'], queryFn: ({ signal }) => api.masking(signal) }),
  webhookSources: () =>
    queryOptions({ queryKey: ['webhook-sources'], queryFn: ({ signal }) => api.webhookSources(signal) }),
  webhookDeliveries: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['webhook-deliveries', query],
      queryFn: ({ pageParam, signal }) => api.webhookDeliveries({ ...query, cursor: pageParam }, signal),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  apiKeys: () => queryOptions({ queryKey: ['api-keys'], queryFn: ({ signal }) => api.apiKeys(signal) }),
}

/** The cache of one page load. `onSignedOut` is called when the server says that the session is over. */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        // Whether there is a session at all is asked by the router, which knows where to send the reader.
        if (query.queryKey[0] !== 'me' && asApiError(error).isSignedOut) onSignedOut()
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) => failures < 2 && asApiError(error).mayPass,
        retryDelay: (failures) => Math.min(4000, 500 * 2 ** failures),
      },
    },
  })
}
