import {
  ArbitrationDetail,
  type ArbitrationDryRun,
  ArbitrationDryRunResult,
  ArbitrationMetrics,
  ArbitrationPage,
  type ArbitrationPolicyChange,
  ArbitrationPolicyState,
  type ArbitrationRulesChange,
  ArbitrationRulesHistory,
  ArbitrationRulesState,
  Audit,
  type AuditLabel,
  AuditPage,
} from '@metaagent/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { request } from './request.ts'

type Query = Readonly<Record<string, string | number | boolean | null | undefined>>

const metricPath = (metric: string) => `/arbitration/metrics/${encodeURIComponent(metric)}`

/** Every call of the API that answers an audit or changes how judges are decided between. */
export const arbitrationApi = {
  labelAudit: (auditId: string, label: z.input<typeof AuditLabel>) =>
    request(Audit, `/audits/${auditId}/label`, { method: 'POST', body: label }),
  skipAudit: (auditId: string) => request(Audit, `/audits/${auditId}/skip`, { method: 'POST' }),
  changePolicy: (metric: string, change: z.input<typeof ArbitrationPolicyChange>) =>
    request(ArbitrationPolicyState, metricPath(metric), { method: 'PUT', body: change }),
  changeRules: (change: z.input<typeof ArbitrationRulesChange>) =>
    request(ArbitrationRulesState, '/arbitration/rules', { method: 'PUT', body: change }),
  tryRules: (order: z.input<typeof ArbitrationDryRun>) =>
    request(ArbitrationDryRunResult, '/arbitration/rules/dry-run', { method: 'POST', body: order }),
}

const paged = {
  initialPageParam: null as string | null,
  getNextPageParam: ({ nextCursor }: { readonly nextCursor: string | null }) => nextCursor,
}

export const arbitrationQueries = {
  list: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['arbitration', 'list', query],
      queryFn: ({ pageParam, signal }) =>
        request(ArbitrationPage, '/arbitrations', { query: { ...query, cursor: pageParam }, signal }),
      ...paged,
    }),
  one: (arbitrationId: string) =>
    queryOptions({
      queryKey: ['arbitration', arbitrationId],
      queryFn: ({ signal }) => request(ArbitrationDetail, `/arbitrations/${arbitrationId}`, { signal }),
    }),
  metrics: () =>
    queryOptions({
      queryKey: ['arbitration', 'metrics'],
      queryFn: ({ signal }) => request(ArbitrationMetrics, '/arbitration/metrics', { signal }),
    }),
  audits: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['arbitration', 'audits', query],
      queryFn: ({ pageParam, signal }) =>
        request(AuditPage, '/audits', { query: { ...query, cursor: pageParam }, signal }),
      ...paged,
    }),
  rules: () =>
    queryOptions({
      queryKey: ['arbitration', 'rules'],
      queryFn: ({ signal }) => request(ArbitrationRulesState, '/arbitration/rules', { signal }),
    }),
  rulesHistory: () =>
    queryOptions({
      queryKey: ['arbitration', 'rules', 'history'],
      queryFn: async ({ signal }) =>
        (await request(ArbitrationRulesHistory, '/arbitration/rules/history', { signal })).items,
    }),
}
