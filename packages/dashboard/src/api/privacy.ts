import {
  Deletion,
  DeletionCertificate,
  DeletionList,
  DeletionPreview,
  type DeletionRequest,
  type PersonSubject,
  RetentionList,
  RetentionPreview,
  Tunable,
} from '@metaagent/contract'
import { queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { request } from './request.ts'

/** Every call of the API that changes how long something is kept, or deletes a person's data. */
export const privacyApi = {
  setRetention: (
    tunable: string,
    change: { value: number; reason: string; expectedVersion: number; approvalId?: string },
  ) => request(Tunable, `/tunables/${encodeURIComponent(tunable)}`, { method: 'PUT', body: change }),
  previewDeletion: (subject: PersonSubject) =>
    request(DeletionPreview, '/privacy/deletions/preview', { method: 'POST', body: { subject } }),
  requestDeletion: (order: z.input<typeof DeletionRequest>) =>
    request(Deletion, '/privacy/deletions', { method: 'POST', body: order }),
  certificate: (deletionId: string) => request(DeletionCertificate, `/privacy/deletions/${deletionId}/certificate`),
}

/** While a deletion is at work its figures are asked for this often: it is no news that streams carry. */
const atWorkEveryMs = 2_000

export const privacyQueries = {
  retention: () =>
    queryOptions({
      queryKey: ['retention', 'list'],
      queryFn: async ({ signal }) => (await request(RetentionList, '/retention', { signal })).items,
    }),
  retentionPreview: (table: string, days: number) =>
    queryOptions({
      queryKey: ['retention', 'preview', table, days],
      queryFn: ({ signal }) =>
        request(RetentionPreview, `/retention/${encodeURIComponent(table)}/preview`, { query: { days }, signal }),
      staleTime: 0,
    }),
  deletions: () =>
    queryOptions({
      queryKey: ['privacy', 'deletions'],
      queryFn: async ({ signal }) => (await request(DeletionList, '/privacy/deletions', { signal })).items,
      refetchInterval: ({ state }) => (state.data?.some(isAtWork) === true ? atWorkEveryMs : false),
    }),
}

/** Whether a deletion still finds or erases. */
export function isAtWork({ state }: Pick<Deletion, 'state'>): boolean {
  return state === 'finding' || state === 'erasing'
}
