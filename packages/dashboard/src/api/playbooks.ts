import {
  type DependencyPublication,
  Macro,
  type MacroChange,
  MacroDryRun,
  type MacroDryRunOrder,
  MacroExecutionDetail,
  MacroExecutionPage,
  MacroExecutionPulse,
  MacroList,
  type MacroOrder,
  type MacroRunOrder,
  MacroSecret,
  MacroStepKindList,
  MacroValidation,
  type MacroValidationOrder,
  MacroVersionList,
  PublishedDependency,
  PublishedDependencyList,
} from '@metaagent/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { addressOf, request } from './request.ts'

type Query = Readonly<Record<string, string | number | boolean | null | undefined>>
const macroPath = (macro: string) => `/macros/${encodeURIComponent(macro)}`

/** Every call of the API that changes a macro, starts one or publishes what macros rely on. */
export const playbookApi = {
  add: (order: z.input<typeof MacroOrder>) => request(Macro, '/macros', { method: 'POST', body: order }),
  change: (macro: string, change: z.input<typeof MacroChange>) =>
    request(Macro, macroPath(macro), { method: 'PUT', body: change }),
  validate: (order: z.input<typeof MacroValidationOrder>, signal?: AbortSignal) =>
    request(MacroValidation, '/macro-validations', {
      method: 'POST',
      body: order,
      ...(signal === undefined ? {} : { signal }),
    }),
  dryRun: (macro: string, order: z.input<typeof MacroDryRunOrder>) =>
    request(MacroDryRun, `${macroPath(macro)}/dry-run`, { method: 'POST', body: order }),
  run: (macro: string, order: z.input<typeof MacroRunOrder>) =>
    request(MacroExecutionDetail, `${macroPath(macro)}/run`, { method: 'POST', body: order }),
  changeSecret: (macro: string) => request(MacroSecret, `${macroPath(macro)}/secret`, { method: 'POST' }),
  cancel: (id: string, reason: string) =>
    request(MacroExecutionDetail, `/macro-executions/${id}/cancel`, { method: 'POST', body: { reason } }),
  publish: (dependency: string, publication: z.input<typeof DependencyPublication>) =>
    request(PublishedDependency, `/macro-dependencies/${encodeURIComponent(dependency)}`, {
      method: 'PUT',
      body: publication,
    }),
}

export const playbookQueries = {
  macros: () =>
    queryOptions({
      queryKey: ['playbooks', 'macros'],
      queryFn: async ({ signal }) => (await request(MacroList, '/macros', { signal })).items,
    }),
  macro: (macro: string) =>
    queryOptions({
      queryKey: ['playbooks', 'macros', macro],
      queryFn: ({ signal }) => request(Macro, macroPath(macro), { signal }),
    }),
  versions: (macro: string) =>
    queryOptions({
      queryKey: ['playbooks', 'macros', macro, 'versions'],
      queryFn: async ({ signal }) =>
        (await request(MacroVersionList, `${macroPath(macro)}/versions`, { signal })).items,
    }),
  kinds: () =>
    queryOptions({
      queryKey: ['playbooks', 'kinds'],
      queryFn: async ({ signal }) => (await request(MacroStepKindList, '/macro-step-kinds', { signal })).items,
      staleTime: 300_000,
    }),
  validation: (name: string | null, definition: z.input<typeof MacroValidationOrder>['definition'], text: string) =>
    queryOptions({
      queryKey: ['playbooks', 'validation', name, text],
      queryFn: ({ signal }) => playbookApi.validate({ definition, ...(name === null ? {} : { name }) }, signal),
      staleTime: 60_000,
      placeholderData: (before) => before,
    }),
  executions: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['playbooks', 'executions', query],
      queryFn: ({ pageParam, signal }) =>
        request(MacroExecutionPage, '/macro-executions', { query: { ...query, cursor: pageParam }, signal }),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  execution: (id: string) =>
    queryOptions({
      queryKey: ['playbooks', 'execution', id],
      queryFn: ({ signal }) => request(MacroExecutionDetail, `/macro-executions/${id}`, { signal }),
    }),
  dependencies: () =>
    queryOptions({
      queryKey: ['playbooks', 'dependencies'],
      queryFn: ({ signal }) => request(PublishedDependencyList, '/macro-dependencies', { signal }),
    }),
}

/** Where running executions stand, as the stream tells it. */
export const executionStream = () => addressOf('/macro-execution-stream')

/** What an event of the stream says; nothing when it is of another version. */
export function readPulse(data: string): MacroExecutionPulse['items'] {
  try {
    return MacroExecutionPulse.parse(JSON.parse(data)).items
  } catch {
    return []
  }
}
