import {
  AccessExport,
  AccessExportList,
  type AccessExportOrder,
  Deletion,
  DeletionCertificate,
  DeletionList,
  DeletionPreview,
  type DeletionRequest,
  LegalHold,
  type LegalHoldLift,
  LegalHoldList,
  type LegalHoldOrder,
  type PersonSubject,
  RetentionList,
  RetentionPreview,
  Tunable,
} from '@metaagent/contract'
import { queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { API, request } from './request.ts'

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
  requestAccess: (order: z.input<typeof AccessExportOrder>) =>
    request(AccessExport, '/privacy/access-exports', { method: 'POST', body: order }),
  placeHold: (order: z.input<typeof LegalHoldOrder>) =>
    request(LegalHold, '/privacy/holds', { method: 'POST', body: order }),
  liftHold: (holdId: string, body: z.input<typeof LegalHoldLift>) =>
    request(LegalHold, `/privacy/holds/${holdId}/lift`, { method: 'POST', body }),
  certificate: (deletionId: string) => request(DeletionCertificate, `/privacy/deletions/${deletionId}/certificate`),
}

/** Where the file of an access export is had. */
export function accessFileAddress(exportId: string): string {
  return `${API}/privacy/access-exports/${exportId}/file`
}

export const privacyQueries = {
  holds: () =>
    queryOptions({
      queryKey: ['privacy', 'holds'],
      queryFn: async ({ signal }) => (await request(LegalHoldList, '/privacy/holds', { signal })).items,
    }),
  accessExports: () =>
    queryOptions({
      queryKey: ['privacy', 'access-exports'],
      queryFn: async ({ signal }) => (await request(AccessExportList, '/privacy/access-exports', { signal })).items,
    }),
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
    }),
}

/** The list as an event of its stream holds it; what it had stays when the event cannot be read. */
export function readDeletions(data: string): Deletion[] | undefined {
  try {
    return DeletionList.parse(JSON.parse(data)).items
  } catch {
    return undefined
  }
}

/** Whether a deletion still finds or erases. */
export function isAtWork({ state }: Pick<Deletion, 'state'>): boolean {
  return state === 'finding' || state === 'erasing'
}
