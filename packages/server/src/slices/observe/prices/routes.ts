import {
  ModelPrice,
  ModelPricePage,
  ModelPriceQuery,
  NewModelPrice,
  PriceLookup,
  PriceLookupQuery,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { instantFromEpochMs } from '../../../kernel/instant.ts'
import { ok } from '../../../kernel/result.ts'
import { type Route, route } from '../../../ports/slice.ts'
import { openPriceBook } from './actions/book.ts'
import { addPrice, readPrices, withdrawPrice } from './actions/overrides.ts'

const tag = 'costs'

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/prices',
    access: 'costs:read',
    tag,
    operationId: 'listPrices',
    summary: 'The organization’s own model prices, the newest first',
    query: ModelPriceQuery,
    reply: ModelPricePage,
    handle: (deps, { caller, query }) => readPrices(deps, caller, query),
  }),
  route({
    method: 'POST',
    path: '/api/v1/prices',
    access: 'costs:write',
    tag,
    operationId: 'addPrice',
    summary: 'Set the price of a model for a period; it comes before the price table',
    description: 'Stored costs keep the price that they had; POST /api/v1/costs/repricings corrects them.',
    body: NewModelPrice,
    reply: ModelPrice,
    status: 201,
    handle: (deps, { caller, body }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, (tx) => addPrice(deps, tx, caller, body)),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/prices/:priceId',
    access: 'costs:write',
    tag,
    operationId: 'withdrawPrice',
    summary: 'Withdraw a price: it counts for no call that is priced from now on',
    params: z.object({ priceId: Uuid }),
    reply: ModelPrice,
    handle: (deps, { caller, params }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
        withdrawPrice(deps, tx, caller, params.priceId),
      ),
  }),
  route({
    method: 'GET',
    path: '/api/v1/prices/lookup',
    access: 'costs:read',
    tag,
    operationId: 'lookUpPrice',
    summary: 'By which price a call to a model is priced, now or at another time; null when that is unknown',
    query: PriceLookupQuery,
    reply: PriceLookup,
    handle: (deps, { caller, query }) => {
      const at = query.at === undefined ? deps.clock.now() : instantFromEpochMs(Date.parse(query.at))
      return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) =>
        ok((await openPriceBook(deps, tx)).lookUp(query.provider ?? null, query.model, at)),
      )
    },
  }),
]
