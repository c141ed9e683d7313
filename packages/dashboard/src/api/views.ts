import { type NewSavedView, SavedView, SavedViewList, type SavedViewPatch, type ViewPage } from '@metaagent/contract'
import { queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { request, requestNothing } from './request.ts'

/** Every call of the API that changes a saved view. */
export const viewApi = {
  create: (view: z.input<typeof NewSavedView>) => request(SavedView, '/views', { method: 'POST', body: view }),
  change: (viewId: string, patch: z.input<typeof SavedViewPatch>) =>
    request(SavedView, `/views/${viewId}`, { method: 'PATCH', body: patch }),
  remove: (viewId: string) => requestNothing(`/views/${viewId}`, { method: 'DELETE' }),
}

/** Every question about saved views; all keys begin with `views`. */
export const viewQueries = {
  of: (page: ViewPage) =>
    queryOptions({
      queryKey: ['views', page],
      queryFn: ({ signal }) => request(SavedViewList, '/views', { query: { page }, signal }),
      staleTime: 60_000,
    }),
}
