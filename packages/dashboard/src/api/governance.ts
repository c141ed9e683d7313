import {
  ApprovalFilters,
  type GovernanceRules,
  type GovernanceRulesChange,
  GovernanceRulesHistory,
  GovernanceRulesState,
  GovernanceRulesTrialResult,
} from '@metaagent/contract'
import { queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { request } from './request.ts'

/** Every call of the API about the rules that say what needs whose approval. */
export const governanceApi = {
  tryRules: (rules: GovernanceRules, days: number) =>
    request(GovernanceRulesTrialResult, '/approvals/rules/dry-run', { method: 'POST', body: { rules, days } }),
  changeRules: (change: z.input<typeof GovernanceRulesChange>) =>
    request(GovernanceRulesState, '/approvals/rules', { method: 'PUT', body: change }),
}

export const governanceQueries = {
  rules: () =>
    queryOptions({
      queryKey: ['governance', 'rules'],
      queryFn: ({ signal }) => request(GovernanceRulesState, '/approvals/rules', { signal }),
    }),
  history: () =>
    queryOptions({
      queryKey: ['governance', 'history'],
      queryFn: async ({ signal }) =>
        (await request(GovernanceRulesHistory, '/approvals/rules/history', { signal })).items,
    }),
  filters: () =>
    queryOptions({
      queryKey: ['approvals', 'filters'],
      queryFn: ({ signal }) => request(ApprovalFilters, '/approvals/filters', { signal }),
    }),
}
