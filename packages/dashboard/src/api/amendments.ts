import {
  AmendmentDetail,
  type AmendmentDraft,
  AmendmentPage,
  type DocumentChange,
  DocumentDiff,
  DocumentList,
  DocumentVersionList,
  GovernedDocument,
  type NewDocument,
  type Ratification,
  type Rejection,
} from '@metaagent/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { addressOf, request } from './request.ts'

type Query = Readonly<Record<string, string | number | null | undefined>>
const amendmentPath = (amendmentId: string) => `/amendments/${amendmentId}`
const documentPath = (name: string) => `/documents/${encodeURIComponent(name)}`
const post = (path: string, body: unknown) => request(AmendmentDetail, path, { method: 'POST', body })

/** Every call of the API that changes a governed document or decides about an amendment. */
export const amendmentApi = {
  ratify: (amendmentId: string, order: z.input<typeof Ratification>) =>
    post(`${amendmentPath(amendmentId)}/ratify`, order),
  reject: (amendmentId: string, order: z.input<typeof Rejection>) =>
    post(`${amendmentPath(amendmentId)}/reject`, order),
  withdraw: (amendmentId: string, reason: string) => post(`${amendmentPath(amendmentId)}/withdraw`, { reason }),
  rebase: (amendmentId: string, expectedRevision: number) =>
    post(`${amendmentPath(amendmentId)}/rebase`, { expectedRevision }),
  edit: (amendmentId: string, draft: z.input<typeof AmendmentDraft>) =>
    request(AmendmentDetail, `${amendmentPath(amendmentId)}/draft`, { method: 'PUT', body: draft }),
  propose: (name: string, change: z.input<typeof DocumentChange>) =>
    request(AmendmentDetail, documentPath(name), { method: 'PUT', body: change }),
  addDocument: (document: z.input<typeof NewDocument>) => post('/documents', document),
  /** Where the ratified text is downloaded. */
  fileAddress: (name: string) => addressOf(`${documentPath(name)}/file`),
}

export const amendmentQueries = {
  list: (query: Query) =>
    infiniteQueryOptions({
      queryKey: ['amendments', 'list', query],
      queryFn: ({ pageParam, signal }) =>
        request(AmendmentPage, '/amendments', { query: { ...query, cursor: pageParam }, signal }),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  one: (amendmentId: string) =>
    queryOptions({
      queryKey: ['amendments', amendmentId],
      queryFn: ({ signal }) => request(AmendmentDetail, amendmentPath(amendmentId), { signal }),
    }),
  documents: () =>
    queryOptions({
      queryKey: ['amendments', 'documents'],
      queryFn: async ({ signal }) => (await request(DocumentList, '/documents', { signal })).items,
    }),
  document: (name: string) =>
    queryOptions({
      queryKey: ['amendments', 'documents', name],
      queryFn: ({ signal }) => request(GovernedDocument, documentPath(name), { signal }),
    }),
  versions: (name: string) =>
    queryOptions({
      queryKey: ['amendments', 'documents', name, 'versions'],
      queryFn: async ({ signal }) =>
        (await request(DocumentVersionList, `${documentPath(name)}/versions`, { signal })).items,
    }),
  diff: (name: string, from: number, to: number) =>
    queryOptions({
      queryKey: ['amendments', 'documents', name, 'diff', from, to],
      queryFn: ({ signal }) => request(DocumentDiff, `${documentPath(name)}/diff`, { query: { from, to }, signal }),
    }),
}
