import {
  AmendmentDetail,
  AmendmentDraft,
  AmendmentPage,
  AmendmentQuery,
  DocumentChange,
  DocumentDiff,
  DocumentDiffQuery,
  DocumentList,
  DocumentName,
  DocumentVersionList,
  DocumentVersionText,
  GovernedDocument,
  NewDocument,
  Ratification,
  Rebase,
  Rejection,
  Uuid,
  Withdrawal,
} from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../kernel/result.ts'
import { bytesRoute, type Route, route } from '../../../ports/slice.ts'
import { editDraft, rebase } from './actions/change.ts'
import { ratify, reject, withdraw } from './actions/decide.ts'
import {
  addDocument,
  compareVersions,
  proposeChange,
  readDocument,
  readDocuments,
  readVersion,
  readVersions,
} from './actions/documents.ts'
import { readAmendment, readAmendments } from './actions/read.ts'

const tag = 'amendments'
const ByName = z.object({ document: DocumentName })
const ByVersion = z.object({ document: DocumentName, version: z.coerce.number().int().min(1).max(2_147_483_647) })
const ById = z.object({ amendmentId: Uuid })

/** The digest of what is in force tells whether it changed: `If-None-Match` is answered with 304. */
const taggedBy = (digest: string) => ({ etag: `"${digest}"`, 'cache-control': 'private, no-cache' })

const documentRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/documents',
    access: 'documents:read',
    tag,
    operationId: 'listDocuments',
    summary: 'Governed documents and what is in force of each',
    reply: DocumentList,
    handle: async (deps, { caller }) => ok(await readDocuments(deps, caller)),
  }),
  route({
    method: 'POST',
    path: '/api/v1/documents',
    access: 'amendments:decide',
    tag,
    operationId: 'addDocument',
    summary: 'Add a governed document; its first text is in force when its amendment is ratified',
    body: NewDocument,
    reply: AmendmentDetail,
    status: 201,
    handle: (deps, { caller, body }) => addDocument(deps, caller, body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/documents/:document',
    access: 'documents:read',
    tag,
    operationId: 'getDocument',
    summary: 'The ratified text of a document; with If-None-Match it is sent only if it changed',
    params: ByName,
    reply: GovernedDocument,
    handle: async (deps, { caller, params }) => {
      const found = await readDocument(deps, caller, params.document)
      return found.ok ? { ...found, headers: taggedBy(found.value.digest) } : found
    },
  }),
  route({
    method: 'PUT',
    path: '/api/v1/documents/:document',
    access: 'amendments:write',
    tag,
    operationId: 'proposeDocumentChange',
    summary: 'Propose another text of a document: an amendment of your own, in force when it is ratified',
    params: ByName,
    body: DocumentChange,
    reply: AmendmentDetail,
    status: 202,
    handle: (deps, { caller, params, body }) => proposeChange(deps, caller, params.document, body),
  }),
  bytesRoute({
    path: '/api/v1/documents/:document/file',
    access: 'documents:read',
    tag,
    operationId: 'downloadDocument',
    summary: 'The ratified text of a document as a file',
    params: ByName,
    contentType: 'text/markdown; charset=utf-8',
    handle: async (deps, { caller, params }) => {
      const found = await readDocument(deps, caller, params.document)
      if (!found.ok) return found
      const { name, text, digest } = found.value
      const disposition = { 'content-disposition': `attachment; filename="${name}"` }
      const contentType = 'text/markdown; charset=utf-8'
      return ok({ contentType, body: text, headers: { ...disposition, ...taggedBy(digest) } })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/documents/:document/versions',
    access: 'documents:read',
    tag,
    operationId: 'listDocumentVersions',
    summary: 'Every version of a document, newest first: who wrote it and which amendment brought it',
    params: ByName,
    reply: DocumentVersionList,
    handle: (deps, { caller, params }) => readVersions(deps, caller, params.document),
  }),
  route({
    method: 'GET',
    path: '/api/v1/documents/:document/versions/:version',
    access: 'documents:read',
    tag,
    operationId: 'getDocumentVersion',
    summary: 'One version of a document with its text',
    params: ByVersion,
    reply: DocumentVersionText,
    handle: (deps, { caller, params }) => readVersion(deps, caller, params.document, params.version),
  }),
  route({
    method: 'GET',
    path: '/api/v1/documents/:document/diff',
    access: 'documents:read',
    tag,
    operationId: 'compareDocumentVersions',
    summary: 'What changed between two versions, as a patch and line by line; version 0 is the empty text',
    params: ByName,
    query: DocumentDiffQuery,
    reply: DocumentDiff,
    handle: (deps, { caller, params, query }) => compareVersions(deps, caller, params.document, query),
  }),
]

const amendmentRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/amendments',
    access: 'documents:read',
    tag,
    operationId: 'listAmendments',
    summary: 'Amendments: open ones first, the gravest before the others, then the newest',
    query: AmendmentQuery,
    reply: AmendmentPage,
    handle: (deps, { caller, query }) => readAmendments(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/amendments/:amendmentId',
    access: 'documents:read',
    tag,
    operationId: 'getAmendment',
    summary: 'One amendment: its draft, what it changes, what it rests on, and who has to agree',
    params: ById,
    reply: AmendmentDetail,
    handle: (deps, { caller, params }) => readAmendment(deps, caller, params.amendmentId),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/amendments/:amendmentId/draft',
    access: 'amendments:write',
    tag,
    operationId: 'editAmendment',
    summary: 'Write the draft of an open amendment anew; approvals of the old one no longer count',
    params: ById,
    body: AmendmentDraft,
    reply: AmendmentDetail,
    handle: (deps, { caller, params, body }) => editDraft(deps, caller, params.amendmentId, body),
  }),
  route({
    method: 'POST',
    path: '/api/v1/amendments/:amendmentId/rebase',
    access: 'amendments:write',
    tag,
    operationId: 'rebaseAmendment',
    summary: 'Put an open amendment on what is in force now, where both merge',
    params: ById,
    body: Rebase,
    reply: AmendmentDetail,
    handle: (deps, { caller, params, body }) => rebase(deps, caller, params.amendmentId, body),
  }),
  route({
    method: 'POST',
    path: '/api/v1/amendments/:amendmentId/ratify',
    access: 'amendments:decide',
    tag,
    operationId: 'ratifyAmendment',
    summary: 'Put an amendment in force; the refusal `approval-required` says what to ask for',
    params: ById,
    body: Ratification,
    reply: AmendmentDetail,
    handle: (deps, { caller, params, body }) => ratify(deps, caller, params.amendmentId, body),
  }),
  route({
    method: 'POST',
    path: '/api/v1/amendments/:amendmentId/reject',
    access: 'amendments:decide',
    tag,
    operationId: 'rejectAmendment',
    summary: 'Refuse an amendment; whether there was drift counts in the detector’s audited precision',
    params: ById,
    body: Rejection,
    reply: AmendmentDetail,
    handle: (deps, { caller, params, body }) => reject(deps, caller, params.amendmentId, body),
  }),
  route({
    method: 'POST',
    path: '/api/v1/amendments/:amendmentId/withdraw',
    access: 'amendments:write',
    tag,
    operationId: 'withdrawAmendment',
    summary: 'Take back an amendment that you opened',
    params: ById,
    body: Withdrawal,
    reply: AmendmentDetail,
    handle: (deps, { caller, params, body }) => withdraw(deps, caller, params.amendmentId, body),
  }),
]

export const routes: readonly Route[] = [...documentRoutes, ...amendmentRoutes]
