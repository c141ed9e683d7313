import {
  ForeignCard,
  ForeignCardApproval,
  ForeignCardOrder,
  ForeignCardPage,
  ForeignCardQuery,
  ForeignCardRemoval,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../../ports/slice.ts'
import { approveCard, importCard, removeCard } from '../actions/foreign-cards.ts'
import { checkCard } from '../actions/look-again.ts'
import { listCards, readCard } from '../actions/read.ts'

const read = { tag: 'specialists', access: 'specialists:read' } as const
const write = { tag: 'specialists', access: 'specialists:write' } as const
const one = z.object({ cardId: Uuid })
const matched = 'Send `If-Match` with the ETag of the card as you read it.'

export const foreignCardRoutes: readonly Route[] = [
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/foreign-cards',
    operationId: 'listForeignCards',
    summary: 'Cards of others by name, with what their signatures are worth',
    query: ForeignCardQuery,
    reply: ForeignCardPage,
    handle: (deps, { caller, query }) => listCards(deps, caller, query),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/foreign-cards',
    operationId: 'importForeignCard',
    summary: 'Take in the A2A card of somebody else’s agent, by its address or as it is',
    description:
      'Found by nobody until it is approved. A wrong signature is refused. With an `Idempotency-Key` a request that comes again creates nothing.',
    body: ForeignCardOrder,
    reply: ForeignCard,
    status: 201,
    handle: (deps, { caller, body, headers }) => importCard(deps, caller, body, headers),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/foreign-cards/:cardId',
    operationId: 'getForeignCard',
    summary: 'One card: what was approved and what is seen',
    params: one,
    reply: ForeignCard,
    handle: (deps, { caller, params }) => readCard(deps, caller, params.cardId),
  }),
  route({
    ...write,
    method: 'DELETE',
    path: '/api/v1/foreign-cards/:cardId',
    operationId: 'removeForeignCard',
    summary: 'Let a card go',
    description: matched,
    params: one,
    query: ForeignCardRemoval,
    reply: z.null(),
    status: 204,
    handle: (deps, { caller, params, query, headers }) =>
      removeCard(deps, caller, params.cardId, query.reason, headers),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/foreign-cards/:cardId/approve',
    operationId: 'approveForeignCard',
    summary: 'Pin a card as it was looked at, so that discovery finds it',
    description: `Passes the approval gate, bound to the digest of the card. ${matched}`,
    params: one,
    body: ForeignCardApproval,
    reply: ForeignCard,
    handle: (deps, { caller, params, body, headers }) => approveCard(deps, caller, params.cardId, body, headers),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/foreign-cards/:cardId/check',
    operationId: 'checkForeignCard',
    summary: 'Look at a card again now',
    params: one,
    reply: ForeignCard,
    handle: (deps, { caller, params }) => checkCard(deps, caller, params.cardId),
  }),
]
