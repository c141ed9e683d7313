import {
  CostDifferencePage,
  CostDifferenceQuery,
  CostPage,
  CostQuery,
  CostSeries,
  CostSeriesQuery,
  NewRepricing,
  PageQuery,
  Repricing,
  RepricingPage,
  UnpricedPage,
  UnpricedQuery,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../ports/slice.ts'
import { readDifferences } from './actions/differences.ts'
import { readCosts, readSeries, readUnpriced } from './actions/read.ts'
import { cancelRepricing, readRepricing, readRepricings, requestRepricing } from './actions/repricings.ts'

const tag = 'costs'
const RepricingPath = z.object({ repricingId: Uuid })

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/costs',
    access: 'costs:read',
    tag,
    operationId: 'listCosts',
    summary: 'Costs by agent, model, release or day, with the calls that have no price',
    query: CostQuery,
    reply: CostPage,
    handle: (deps, { caller, query }) => readCosts(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/costs/series',
    access: 'costs:read',
    tag,
    operationId: 'getCostSeries',
    summary: 'Costs per day of the eight costliest agents, models or releases, and of the rest',
    query: CostSeriesQuery,
    reply: CostSeries,
    handle: (deps, { caller, query }) => readSeries(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/costs/unpriced',
    access: 'costs:read',
    tag,
    operationId: 'listUnpricedModels',
    summary: 'Models whose calls have no price, those with the most tokens first',
    query: UnpricedQuery,
    reply: UnpricedPage,
    handle: (deps, { caller, query }) => readUnpriced(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/costs/differences',
    access: 'costs:read',
    tag,
    operationId: 'listCostDifferences',
    summary: 'How far reported costs lie from computed ones, per agent, model and day',
    query: CostDifferenceQuery,
    reply: CostDifferencePage,
    handle: (deps, { caller, query }) => readDifferences(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/costs/repricings',
    access: 'costs:read',
    tag,
    operationId: 'listRepricings',
    summary: 'Re-pricings with their progress and what they changed, the newest first',
    query: PageQuery,
    reply: RepricingPage,
    handle: (deps, { caller, query }) => readRepricings(deps, caller, query),
  }),
  route({
    method: 'POST',
    path: '/api/v1/costs/repricings',
    access: 'costs:write',
    tag,
    operationId: 'requestRepricing',
    summary: 'Price stored calls again by what holds now; totals and rollups follow',
    body: NewRepricing,
    reply: Repricing,
    status: 202,
    handle: (deps, { caller, body }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
        requestRepricing(deps, tx, caller, body),
      ),
  }),
  route({
    method: 'GET',
    path: '/api/v1/costs/repricings/:repricingId',
    access: 'costs:read',
    tag,
    operationId: 'getRepricing',
    summary: 'One re-pricing',
    params: RepricingPath,
    reply: Repricing,
    handle: (deps, { caller, params }) => readRepricing(deps, caller, params.repricingId),
  }),
  route({
    method: 'POST',
    path: '/api/v1/costs/repricings/:repricingId/cancel',
    access: 'costs:write',
    tag,
    operationId: 'cancelRepricing',
    summary: 'Stop a re-pricing; what was priced again stays so',
    params: RepricingPath,
    reply: Repricing,
    handle: (deps, { caller, params }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
        cancelRepricing(deps, tx, caller, params.repricingId),
      ),
  }),
]
