import {
  DiscoveryPage,
  DiscoveryQuery,
  PageQuery,
  Specialist,
  SpecialistDocuments,
  SpecialistListing,
  SpecialistListingChange,
  SpecialistMoveOrder,
  SpecialistMovePage,
  SpecialistOrder,
  SpecialistPage,
  SpecialistPatch,
  SpecialistQuery,
  SpecialistRemoval,
  SpecialistVersionNumber,
  SpecialistVersionOrder,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../../ports/slice.ts'
import { discoverSpecialists } from '../actions/discover.ts'
import { readDocuments } from '../actions/documents.ts'
import { changeListing, readListing } from '../actions/listing.ts'
import { moveSpecialist } from '../actions/moves.ts'
import { listMoves, listSpecialists, readSpecialist } from '../actions/read.ts'
import { addVersion, changeOwner, createSpecialist, removeSpecialist } from '../actions/specialists.ts'

const read = { tag: 'specialists', access: 'specialists:read' } as const
const write = { tag: 'specialists', access: 'specialists:write' } as const
const one = z.object({ specialistId: Uuid })
const matched = 'Send `If-Match` with the ETag of the specialist as you read it.'
const once =
  'With an `Idempotency-Key` a request that comes again creates nothing and is answered with what the first one made.'

export const specialistRoutes: readonly Route[] = [
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/specialists',
    operationId: 'listSpecialists',
    summary: 'Specialists by name, each with its active version or else its newest',
    query: SpecialistQuery,
    reply: SpecialistPage,
    handle: (deps, { caller, query }) => listSpecialists(deps, caller, query),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/specialists',
    operationId: 'createSpecialist',
    summary: 'Register a specialist with its first version',
    description: `It begins as proposed and is found by nobody until a version is active. ${once}`,
    body: SpecialistOrder,
    reply: Specialist,
    status: 201,
    handle: (deps, { caller, body, headers }) => createSpecialist(deps, caller, body, headers),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/specialists/:specialistId',
    operationId: 'getSpecialist',
    summary: 'One specialist with all its versions',
    params: one,
    reply: Specialist,
    handle: (deps, { caller, params }) => readSpecialist(deps, caller, params.specialistId),
  }),
  route({
    ...write,
    method: 'PATCH',
    path: '/api/v1/specialists/:specialistId',
    operationId: 'changeSpecialist',
    summary: 'Give a specialist another owner',
    description: `What a version says never changes: propose another one. ${matched}`,
    params: one,
    body: SpecialistPatch,
    reply: Specialist,
    handle: (deps, { caller, params, body, headers }) => changeOwner(deps, caller, params.specialistId, body, headers),
  }),
  route({
    ...write,
    method: 'DELETE',
    path: '/api/v1/specialists/:specialistId',
    operationId: 'removeSpecialist',
    summary: 'Take a specialist off the list; its versions and history are kept',
    description: `An active version is retired first. ${matched}`,
    params: one,
    query: SpecialistRemoval,
    reply: z.null(),
    status: 204,
    handle: (deps, { caller, params, query, headers }) =>
      removeSpecialist(deps, caller, params.specialistId, query.reason, headers),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/specialists/:specialistId/versions',
    operationId: 'addSpecialistVersion',
    summary: 'Propose another version of a specialist',
    description: `${matched} ${once}`,
    params: one,
    body: SpecialistVersionOrder,
    reply: Specialist,
    status: 201,
    handle: (deps, { caller, params, body, headers }) => addVersion(deps, caller, params.specialistId, body, headers),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/specialists/:specialistId/moves',
    operationId: 'moveSpecialist',
    summary: 'Train, evaluate, activate, send back or retire a version',
    description: `Activating passes the approval gate: the refusal \`approval-required\` holds the action to ask for. ${matched}`,
    params: one,
    body: SpecialistMoveOrder,
    reply: Specialist,
    handle: (deps, { caller, params, body, headers }) =>
      moveSpecialist(deps, caller, params.specialistId, body, headers),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/specialists/:specialistId/moves',
    operationId: 'listSpecialistMoves',
    summary: 'What moved the versions of a specialist and why, the newest first',
    params: one,
    query: PageQuery,
    reply: SpecialistMovePage,
    handle: (deps, { caller, params, query }) => listMoves(deps, caller, params.specialistId, query),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/specialists/:specialistId/documents',
    operationId: 'getSpecialistDocuments',
    summary: 'The A2A card, server.json and catalog entries of a version, as they are or would be published',
    params: one,
    query: z.strictObject({ version: SpecialistVersionNumber.optional() }),
    reply: SpecialistDocuments,
    handle: (deps, { caller, params, query }) => readDocuments(deps, caller, params.specialistId, query),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/specialist-discovery',
    operationId: 'discoverSpecialists',
    summary: 'Who can do a task: by skill, tag, words and likeness',
    description:
      'Active specialists, and cards of others that were approved as they are. Every filter must hold; `like` puts the most alike first, each one compared.',
    query: DiscoveryQuery,
    reply: DiscoveryPage,
    handle: (deps, { caller, query }) => discoverSpecialists(deps, caller.organizationId, query),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/specialist-listing',
    operationId: 'getSpecialistListing',
    summary: 'Whether the world may read the cards of active specialists',
    reply: SpecialistListing,
    handle: (deps, { caller }) => readListing(deps, caller),
  }),
  route({
    ...write,
    method: 'PUT',
    path: '/api/v1/specialist-listing',
    operationId: 'changeSpecialistListing',
    summary: 'Show the cards of active specialists to the world, or take them back',
    description: 'Showing them passes the approval gate. Send `If-Match` with the ETag of the listing as you read it.',
    body: SpecialistListingChange,
    reply: SpecialistListing,
    handle: (deps, { caller, body, headers }) => changeListing(deps, caller, body, headers),
  }),
]
