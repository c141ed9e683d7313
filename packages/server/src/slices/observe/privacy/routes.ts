import {
  AccessExport,
  AccessExportList,
  AccessExportOrder,
  Deletion,
  DeletionCertificate,
  DeletionList,
  DeletionPreview,
  DeletionPreviewRequest,
  DeletionRequest,
  LegalHold,
  LegalHoldLift,
  LegalHoldList,
  LegalHoldOrder,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../kernel/result.ts'
import { bytesRoute, type Route, route, streamRoute } from '../../../ports/slice.ts'
import { fetchAccessFile, readAccessExports, requestAccess } from './actions/access.ts'
import { lift, placeHold, readHolds } from './actions/holds.ts'
import { previewDeletion } from './actions/preview.ts'
import { readCertificate, readDeletion, readDeletions, requestDeletion, watchDeletions } from './actions/request.ts'

const tag = 'privacy'
const holdParams = z.object({ holdId: Uuid })
const params = z.object({ deletionId: Uuid })
const uncached = { 'cache-control': 'no-store' }

export const routes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/privacy/deletions/preview',
    access: 'privacy:read',
    tag,
    operationId: 'previewDeletion',
    summary: 'What deleting one person’s data would erase; nothing is changed or kept',
    body: DeletionPreviewRequest,
    reply: DeletionPreview,
    handle: async (deps, { caller, body }) => ({
      ...ok(await previewDeletion(deps, caller, body.subject)),
      headers: uncached,
    }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/privacy/deletions',
    access: 'privacy:write',
    tag,
    operationId: 'requestDeletion',
    summary: 'Delete one person’s data; needs an approval. Asking again while it runs answers the request that runs',
    description:
      'Runs that began before the request are erased, also when they are reported up to 30 days later; what begins after it is new data. Sums, the journal and the ledger stay.',
    body: DeletionRequest,
    reply: Deletion,
    handle: async (deps, { caller, body }) => ({ ...(await requestDeletion(deps, caller, body)), headers: uncached }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/privacy/deletions',
    access: 'privacy:read',
    tag,
    operationId: 'listDeletions',
    summary: 'Deletions of people’s data, the newest first',
    reply: DeletionList,
    handle: async (deps, { caller }) => ({ ...ok(await readDeletions(deps, caller)), headers: uncached }),
  }),
  streamRoute({
    path: '/api/v1/privacy/deletion-stream',
    access: 'privacy:read',
    tag,
    operationId: 'streamDeletions',
    summary: 'The same list, live',
    description: 'Server-sent events: `deletions` (the list) at the start and after each step of a deletion.',
    event: DeletionList,
    open: (deps, { caller, signal }) => watchDeletions(deps, caller, signal),
  }),
  route({
    method: 'GET',
    path: '/api/v1/privacy/deletions/:deletionId',
    access: 'privacy:read',
    tag,
    operationId: 'getDeletion',
    summary: 'How far a deletion is and what it has erased',
    params,
    reply: Deletion,
    handle: async (deps, { caller, params: { deletionId } }) => ({
      ...(await readDeletion(deps, caller, deletionId)),
      headers: uncached,
    }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/privacy/deletions/:deletionId/certificate',
    access: 'privacy:read',
    tag,
    operationId: 'getDeletionCertificate',
    summary: 'What the person can be answered with: figures, what stays, and the proof in the ledger',
    params,
    reply: DeletionCertificate,
    handle: async (deps, { caller, params: { deletionId } }) => ({
      ...(await readCertificate(deps, caller, deletionId)),
      headers: uncached,
    }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/privacy/holds',
    access: 'privacy:read',
    tag,
    operationId: 'listLegalHolds',
    summary: 'Legal holds, those in force first',
    reply: LegalHoldList,
    handle: async (deps, { caller }) => ({ ...ok(await readHolds(deps, caller)), headers: uncached }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/privacy/holds',
    access: 'privacy:write',
    tag,
    operationId: 'placeLegalHold',
    summary: 'Keep a person’s data, an agent’s runs or all runs of a time against erasure and retention',
    description:
      'Deletions pass over what is held and go on when the hold is lifted. Retention lets go of nothing from the days of a hold, or of no day where it names none.',
    body: LegalHoldOrder,
    reply: LegalHold,
    status: 201,
    handle: async (deps, { caller, body }) => ({ ...(await placeHold(deps, caller, body)), headers: uncached }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/privacy/holds/:holdId/lift',
    access: 'privacy:write',
    tag,
    operationId: 'liftLegalHold',
    summary: 'Lift a hold; needs an approval, since what it kept may be erased from then on',
    params: holdParams,
    body: LegalHoldLift,
    reply: LegalHold,
    handle: async (deps, { caller, params: { holdId }, body }) => ({
      ...(await lift(deps, caller, holdId, body)),
      headers: uncached,
    }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/privacy/access-exports',
    access: 'privacy:write',
    tag,
    operationId: 'requestAccessExport',
    summary: 'Take on a person’s request to see what is kept of them; the file can be fetched for two weeks',
    body: AccessExportOrder,
    reply: AccessExport,
    status: 201,
    handle: async (deps, { caller, body }) => ({ ...(await requestAccess(deps, caller, body)), headers: uncached }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/privacy/access-exports',
    access: 'privacy:read',
    tag,
    operationId: 'listAccessExports',
    summary: 'Requests for access, the newest first',
    reply: AccessExportList,
    handle: async (deps, { caller }) => ({ ...ok(await readAccessExports(deps, caller)), headers: uncached }),
  }),
  bytesRoute({
    path: '/api/v1/privacy/access-exports/:exportId/file',
    access: 'privacy:write',
    tag,
    operationId: 'getAccessExportFile',
    summary: 'Everything that is kept of the person (metaagent-access/v1); each fetch is an entry of the ledger',
    params: z.object({ exportId: Uuid }),
    contentType: 'application/json; charset=utf-8',
    handle: (deps, { caller, params: { exportId } }) => fetchAccessFile(deps, caller, exportId),
  }),
]
