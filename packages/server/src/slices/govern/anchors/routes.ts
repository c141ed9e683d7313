import {
  Anchor,
  AnchorList,
  AnchorOrder,
  AnchorReceiptPage,
  AnchorReceiptQuery,
  AnchorRemoval,
  AnchorRun,
  LedgerKeyList,
  LedgerKeyRotation,
  Uuid,
  WitnessedLog,
  WitnessedLogOrder,
  WitnessState,
} from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../kernel/result.ts'
import { type Route, rawTextRoute, route } from '../../../ports/slice.ts'
import { listAnchors, readAnchor, readReceipts, removeAnchor, saveAnchor } from './actions/manage.ts'
import { rotateSigningKey } from './actions/rotate.ts'
import { runAnchorNow } from './actions/run.ts'
import { addCheckpoint, readWitness, removeWitnessedLog, saveWitnessedLog } from './actions/witness.ts'

const tag = 'anchors'
const Removed = z.object({ removed: z.literal(true) })
const AnchorParams = z.object({ anchorId: Uuid })

const anchorRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/anchors',
    access: 'ledger:read',
    tag,
    operationId: 'listAnchors',
    summary: 'Where checkpoints are kept outside, with last success, lag and errors',
    reply: AnchorList,
    handle: async (deps, { caller }) => ok(await listAnchors(deps, caller)),
  }),
  route({
    method: 'POST',
    path: '/api/v1/anchors',
    access: 'ledger:write',
    tag,
    operationId: 'createAnchor',
    summary: 'Keep checkpoints at one more place',
    body: AnchorOrder,
    reply: Anchor,
    status: 201,
    handle: (deps, { caller, body }) => saveAnchor(deps, caller, null, body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/anchors/:anchorId',
    access: 'ledger:read',
    tag,
    operationId: 'getAnchor',
    summary: 'One anchor',
    params: AnchorParams,
    reply: Anchor,
    handle: (deps, { caller, params }) => readAnchor(deps, caller, params.anchorId),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/anchors/:anchorId',
    access: 'ledger:write',
    tag,
    operationId: 'changeAnchor',
    summary: 'Change an anchor; switching it off or sending it elsewhere needs an approval',
    params: AnchorParams,
    body: AnchorOrder,
    reply: Anchor,
    handle: (deps, { caller, params, body }) => saveAnchor(deps, caller, params.anchorId, body),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/anchors/:anchorId',
    access: 'ledger:write',
    tag,
    operationId: 'removeAnchor',
    summary: 'Keep no more checkpoints there, with an approval; what is kept stays',
    params: AnchorParams,
    query: AnchorRemoval,
    reply: Removed,
    handle: (deps, { caller, params, query }) => removeAnchor(deps, caller, params.anchorId, query.approvalId ?? null),
  }),
  route({
    method: 'POST',
    path: '/api/v1/anchors/:anchorId/run',
    access: 'ledger:write',
    tag,
    operationId: 'runAnchor',
    summary: 'Keep the newest checkpoint there now',
    params: AnchorParams,
    reply: AnchorRun,
    handle: (deps, { caller, params }) => runAnchorNow(deps, caller, params.anchorId),
  }),
  route({
    method: 'GET',
    path: '/api/v1/anchors/:anchorId/receipts',
    access: 'ledger:read',
    tag,
    operationId: 'listAnchorReceipts',
    summary: 'What is kept there, with what the other side answered',
    params: AnchorParams,
    query: AnchorReceiptQuery,
    reply: AnchorReceiptPage,
    handle: (deps, { caller, params, query }) => readReceipts(deps, caller, params.anchorId, query),
  }),
]

const witnessRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/witness',
    access: 'ledger:read',
    tag,
    operationId: 'getWitness',
    summary: 'The name, key and address under which this organization cosigns logs of others, and those logs',
    reply: WitnessState,
    handle: async (deps, { caller }) => ok(await readWitness(deps, caller)),
  }),
  route({
    method: 'POST',
    path: '/api/v1/witness/logs',
    access: 'ledger:write',
    tag,
    operationId: 'saveWitnessedLog',
    summary: 'Watch a log of somebody else, or give a watched one other keys',
    body: WitnessedLogOrder,
    reply: WitnessedLog,
    status: 201,
    handle: (deps, { caller, body }) => saveWitnessedLog(deps, caller, body),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/witness/logs/:logId',
    access: 'ledger:write',
    tag,
    operationId: 'removeWitnessedLog',
    summary: 'Watch a log no more; what was cosigned of it is remembered',
    params: z.object({ logId: Uuid }),
    reply: Removed,
    handle: (deps, { caller, params }) => removeWitnessedLog(deps, caller, params.logId),
  }),
  rawTextRoute({
    path: '/api/v1/witness/:organizationId/add-checkpoint',
    // The log's signature speaks for itself (C2SP tlog-witness).
    access: null,
    tag,
    operationId: 'addCheckpoint',
    summary: 'Cosign a checkpoint of a watched log that extends what was cosigned before (C2SP tlog-witness)',
    params: z.object({ organizationId: Uuid }),
    limitBytes: 65_536,
    contentType: 'text/plain; charset=utf-8',
    handle: (deps, { params, body }) => addCheckpoint(deps, params.organizationId, body),
  }),
]

export const routes: readonly Route[] = [
  ...anchorRoutes,
  ...witnessRoutes,
  route({
    method: 'POST',
    path: '/api/v1/ledger/keys/rotate',
    access: 'ledger:write',
    tag,
    operationId: 'rotateLedgerKey',
    summary: 'Sign checkpoints with a new key, and for a while with the old one too; needs an approval',
    body: LedgerKeyRotation,
    reply: LedgerKeyList,
    handle: (deps, { caller, body }) => rotateSigningKey(deps, caller, body),
  }),
]
