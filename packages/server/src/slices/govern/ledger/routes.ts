import {
  ConsistencyProof,
  ConsistencyQuery,
  InclusionProof,
  InclusionQuery,
  LedgerEntry,
  LedgerEntryPage,
  LedgerExportQuery,
  LedgerKeyList,
  LedgerQuery,
  LedgerStatus,
  ProofFile,
  Uuid,
} from '@metaagent/contract'
import { inclusionToTlogProof } from '@metaagent/verify'
import { z } from 'zod'
import { ok, type Result } from '../../../kernel/result.ts'
import { type BytesReply, bytesRoute, type Route, type RouteResult, route } from '../../../ports/slice.ts'
import { exportLedger } from './actions/export.ts'
import {
  anchorFileOf,
  proofFileAt,
  proofFileOf,
  proveConsistency,
  proveInclusion,
  witnessedProofAt,
} from './actions/proofs.ts'
import { readCheckpoint, readEntries, readEntry, readEntryOfEvent, readStatus, readTile } from './actions/read.ts'
import { readKeys } from './actions/rotate.ts'
import type { Log } from './store/tree.ts'

const tag = 'ledger'
const access = 'ledger:read'
const Index = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const Size = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER)
const textPlain = 'text/plain; charset=utf-8'
const octets = 'application/octet-stream'
const aMinute = { 'cache-control': 'private, max-age=60' }
// What a tile's path names never changes; it is for this caller's eyes only.
const immutable = { 'cache-control': 'private, max-age=31536000, immutable' }

/** Head and checkpoints, which both kinds of log have. */
function headRoutes(log: Log, prefix: string, name: string, whose: string): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: prefix,
      access,
      tag,
      operationId: `get${name}`,
      summary: `The head of ${whose} log: size, root, signed checkpoint, key`,
      reply: LedgerStatus,
      handle: (deps, { caller }) => readStatus(deps, caller, log),
    }),
    bytesRoute({
      path: `${prefix}/checkpoint`,
      access,
      tag,
      operationId: `get${name}Checkpoint`,
      summary: `The newest signed checkpoint of ${whose} log (C2SP tlog-checkpoint)`,
      contentType: textPlain,
      handle: async (deps, { caller }) => asBytes(await readCheckpoint(deps, caller, log, null), textPlain),
    }),
    bytesRoute({
      path: `${prefix}/checkpoints/:treeSize`,
      access,
      tag,
      operationId: `get${name}CheckpointOfSize`,
      summary: 'The checkpoint that was signed at a size',
      params: z.object({ treeSize: Size }),
      contentType: textPlain,
      // Not immutable: witnesses and new keys add lines to it.
      handle: async (deps, { caller, params }) =>
        asBytes(await readCheckpoint(deps, caller, log, params.treeSize), textPlain, aMinute),
    }),
  ]
}

/** Tiles and proofs, which both kinds of log have. */
function proofRoutes(log: Log, prefix: string, name: string): readonly Route[] {
  return [
    bytesRoute({
      path: `${prefix}/tile/*`,
      access,
      tag,
      operationId: `get${name}Tile`,
      summary: 'A tile of the tree, or a bundle of entries (C2SP tlog-tiles)',
      params: z.object({ '*': z.string().max(200) }),
      contentType: octets,
      handle: async (deps, { caller, params }) =>
        asBytes(await readTile(deps, caller, log, params['*']), octets, immutable),
    }),
    route({
      method: 'GET',
      path: `${prefix}/inclusion`,
      access,
      tag,
      operationId: `prove${name}Inclusion`,
      summary: 'Proof that an entry stands in the tree of a size',
      query: InclusionQuery,
      reply: InclusionProof,
      handle: (deps, { caller, query }) => proveInclusion(deps, caller, log, query),
    }),
    route({
      method: 'GET',
      path: `${prefix}/consistency`,
      access,
      tag,
      operationId: `prove${name}Consistency`,
      summary: 'Proof that a smaller tree is the beginning of a larger one',
      query: ConsistencyQuery,
      reply: ConsistencyProof,
      handle: (deps, { caller, query }) => proveConsistency(deps, caller, log, query),
    }),
  ]
}

const entryRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/ledger/entries',
    access,
    tag,
    operationId: 'listLedgerEntries',
    summary: 'Entries of the ledger, newest first',
    query: LedgerQuery,
    reply: LedgerEntryPage,
    handle: (deps, { caller, query }) => readEntries(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/ledger/entries/:index',
    access,
    tag,
    operationId: 'getLedgerEntry',
    summary: 'One entry',
    params: z.object({ index: Index }),
    reply: LedgerEntry,
    handle: (deps, { caller, params }) => readEntry(deps, caller, params.index),
  }),
  route({
    method: 'GET',
    path: '/api/v1/ledger/entries/:index/proof',
    access,
    tag,
    operationId: 'getEntryProof',
    summary: 'A file with everything that it takes to check an entry offline',
    params: z.object({ index: Index }),
    reply: ProofFile,
    handle: async (deps, { caller, params }) =>
      asDownload(await proofFileAt(deps, caller.organizationId, params.index), `entry-${params.index}`),
  }),
  bytesRoute({
    path: '/api/v1/ledger/entries/:index/tlog-proof',
    access,
    tag,
    operationId: 'getEntryTlogProof',
    summary: 'The same as a C2SP .tlog-proof file, with the cosignatures of witnesses and the entry as extra data',
    params: z.object({ index: Index }),
    contentType: textPlain,
    handle: async (deps, { caller, params }) => {
      const found = await witnessedProofAt(deps, caller.organizationId, params.index)
      if (!found.ok) return found
      const headers = { 'content-disposition': `attachment; filename="entry-${params.index}.tlog-proof"` }
      return ok({ contentType: textPlain, body: inclusionToTlogProof(found.value), headers })
    },
  }),
  bytesRoute({
    path: '/api/v1/ledger/export',
    access,
    tag,
    operationId: 'exportLedger',
    summary: 'The ledger, or what a filter lets through, as a file that verifies offline',
    query: LedgerExportQuery,
    contentType: 'application/x-ndjson; charset=utf-8',
    otherTypes: ['application/json', 'text/csv'],
    handle: (deps, { caller, query, signal }) => exportLedger(deps, caller, query, signal),
  }),
  route({
    method: 'GET',
    path: '/api/v1/ledger/keys',
    access,
    tag,
    operationId: 'listLedgerKeys',
    summary: 'The keys that sign and signed checkpoints, with their time',
    reply: LedgerKeyList,
    handle: (deps, { caller }) => readKeys(deps, caller),
  }),
  route({
    method: 'GET',
    path: '/api/v1/ledger/events/:eventId',
    access,
    tag,
    operationId: 'getEntryOfEvent',
    summary: 'The entry of an event',
    params: z.object({ eventId: Uuid }),
    reply: LedgerEntry,
    handle: (deps, { caller, params }) => readEntryOfEvent(deps, caller, params.eventId),
  }),
  route({
    method: 'GET',
    path: '/api/v1/ledger/events/:eventId/proof',
    access,
    tag,
    operationId: 'getEventProof',
    summary: 'A file with everything that it takes to check the entry of an event offline',
    params: z.object({ eventId: Uuid }),
    reply: ProofFile,
    handle: async (deps, { caller, params }) =>
      asDownload(await proofFileOf(deps, caller.organizationId, params.eventId), `event-${params.eventId}`),
  }),
  route({
    method: 'GET',
    path: '/api/v1/ledger/deployment/anchors/:treeSize/proof',
    access,
    tag,
    operationId: 'getAnchorProof',
    summary: 'Proof that a checkpoint of your organization stands in the deployment’s log',
    params: z.object({ treeSize: Size }),
    reply: ProofFile,
    handle: async (deps, { caller, params }) =>
      asDownload(await anchorFileOf(deps, caller.organizationId, params.treeSize), `anchor-${params.treeSize}`),
  }),
]

function asBytes(
  found: Result<Uint8Array | string>,
  contentType: string,
  headers: Readonly<Record<string, string>> = {},
): Result<BytesReply> {
  return found.ok ? ok({ contentType, body: found.value, headers }) : found
}

function asDownload(found: Result<ProofFile>, name: string): RouteResult<ProofFile> {
  return found.ok
    ? { ...found, headers: { 'content-disposition': `attachment; filename="${name}.proof.json"` } }
    : found
}

export const routes: readonly Route[] = [
  ...entryRoutes,
  ...headRoutes('organization', '/api/v1/ledger', 'Ledger', 'the organization’s'),
  ...proofRoutes('organization', '/api/v1/ledger', 'Ledger'),
  ...headRoutes('deployment', '/api/v1/ledger/deployment', 'DeploymentLedger', 'the deployment’s'),
  ...proofRoutes('deployment', '/api/v1/ledger/deployment', 'DeploymentLedger'),
]
