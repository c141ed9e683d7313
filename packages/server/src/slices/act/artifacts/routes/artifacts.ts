import {
  ArtifactDetail,
  ArtifactOrder,
  ArtifactOutcome,
  ArtifactPage,
  ArtifactPatch,
  ArtifactQuery,
  ArtifactVersionDetail,
  BlockingReport,
  BlockingReportQuery,
  Conflict,
  ConflictPage,
  ConflictQuery,
  ConflictResolution,
  ResolutionStrategy,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../../ports/slice.ts'
import { changeArtifact, createArtifact, removeArtifact } from '../actions/artifacts.ts'
import { blockingReport, listConflicts, readConflict } from '../actions/conflicts.ts'
import { listArtifacts, readArtifact, readVersionOf } from '../actions/read-artifacts.ts'
import { resolveConflict } from '../actions/resolve.ts'

const read = { tag: 'artifacts', access: 'artifacts:read' } as const
const write = { tag: 'artifacts', access: 'artifacts:write' } as const
const oneArtifact = z.object({ artifactId: Uuid })
const oneConflict = z.object({ conflictId: Uuid })
const matching = 'Needs `If-Match` with the `ETag` that was read: 428 without, 412 when it has changed since.'

export const artifactRoutes: readonly Route[] = [
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/artifacts',
    operationId: 'listArtifacts',
    summary: 'Artifacts without their content, the newest first; of one project with `project_id`',
    query: ArtifactQuery,
    reply: ArtifactPage,
    handle: (deps, { caller, query }) => listArtifacts(deps, caller, query),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/artifacts',
    operationId: 'createArtifact',
    summary: 'Hand in what an agent made; conflicts are looked for at once',
    description:
      '`accepted`: DRAFT, or ACTIVE with `activate`. `blocked`: kept as BLOCKED, with the conflicts and hints that end them. ' +
      '`auto-resolved`: a privileged client’s mild conflicts were put in order. Send an `Idempotency-Key` and sending it ' +
      'again creates nothing: it answers what the first did.',
    body: ArtifactOrder,
    reply: ArtifactOutcome,
    status: 201,
    handle: (deps, { caller, body, headers }) => createArtifact(deps, caller, body, headers),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/artifacts/:artifactId',
    operationId: 'getArtifact',
    summary: 'One artifact with content, versions, neighbours and lineage, and its `ETag`',
    params: oneArtifact,
    reply: ArtifactDetail,
    handle: (deps, { caller, params }) => readArtifact(deps, caller, params.artifactId),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/artifacts/:artifactId/versions/:artifactVersion',
    operationId: 'getArtifactVersion',
    summary: 'One version with its content',
    params: z.object({ artifactId: Uuid, artifactVersion: z.coerce.number().int().min(1).max(1_000_000) }),
    reply: ArtifactVersionDetail,
    handle: (deps, { caller, params }) =>
      readVersionOf(deps, caller, { artifactId: params.artifactId, version: params.artifactVersion }),
  }),
  route({
    ...write,
    method: 'PATCH',
    path: '/api/v1/artifacts/:artifactId',
    operationId: 'changeArtifact',
    summary: 'Change an artifact that was read, or its state: ACTIVE looks for conflicts again',
    description: `${matching} Other content is another version; what is ACTIVE keeps its content, make a successor of it.`,
    params: oneArtifact,
    body: ArtifactPatch,
    reply: ArtifactOutcome,
    handle: (deps, { caller, params, body, headers }) =>
      changeArtifact(deps, caller, params.artifactId, { patch: body, headers }),
  }),
  route({
    ...write,
    method: 'DELETE',
    path: '/api/v1/artifacts/:artifactId',
    operationId: 'removeArtifact',
    summary: 'Archive an artifact; its versions and lineage stay readable',
    description: matching,
    params: oneArtifact,
    reply: z.null(),
    status: 204,
    handle: (deps, { caller, params, headers }) => removeArtifact(deps, caller, params.artifactId, headers),
  }),
]

export const conflictRoutes: readonly Route[] = [
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/governance/conflicts',
    operationId: 'listConflicts',
    summary: 'Conflicts, the newest first, with what each strategy would do',
    query: ConflictQuery,
    reply: ConflictPage,
    handle: (deps, { caller, query }) => listConflicts(deps, caller, query),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/governance/conflicts/:conflictId',
    operationId: 'getConflict',
    summary: 'One conflict',
    params: oneConflict,
    reply: Conflict,
    handle: (deps, { caller, params }) => readConflict(deps, caller, params.conflictId),
  }),
  route({
    tag: 'artifacts',
    access: 'conflicts:resolve',
    method: 'POST',
    path: '/api/v1/governance/conflicts/:conflictId/resolve',
    operationId: 'resolveConflict',
    summary: 'Resolve a conflict by a strategy; asking again answers the same',
    description:
      'The answer says what became of each artifact. `override` needs an approval where the governance rules say so: the ' +
      'refusal `approval-required` holds the action to ask for.',
    params: oneConflict,
    body: ResolutionStrategy,
    reply: ConflictResolution,
    handle: (deps, { caller, params, body }) => resolveConflict(deps, caller, params.conflictId, body),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/governance/blocking-report',
    operationId: 'getBlockingReport',
    summary: 'What is blocked, by whom, and the fewest artifacts to take back so that nothing is',
    query: BlockingReportQuery,
    reply: BlockingReport,
    handle: (deps, { caller, query }) => blockingReport(deps, caller, query),
  }),
]
