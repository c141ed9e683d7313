import {
  Month,
  PageQuery,
  Sla,
  SlaBurnSeries,
  SlaChange,
  SlaCompliancePage,
  SlaOrder,
  SlaPage,
  SlaQuery,
  SlaReport,
  SlaVersionList,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../ports/slice.ts'
import { changeSla, createSla, removeSla } from './actions/define.ts'
import { readBurnSeries, readCompliance, readSlaIn, readSlas, readVersions } from './actions/read.ts'
import { readReport } from './actions/report.ts'

const read = { tag: 'slas', access: 'fleet:read' } as const
const write = { tag: 'slas', access: 'registry:write' } as const
const one = z.object({ slaId: Uuid })

export const routes: readonly Route[] = [
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/slas',
    operationId: 'listSlas',
    summary: 'Service levels with their state and budget, what needs a look first',
    query: SlaQuery,
    reply: SlaPage,
    handle: (deps, { caller, query }) => readSlas(deps, caller, query),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/slas',
    operationId: 'createSla',
    summary: 'Promise a service level',
    description:
      'Without an objective or burn alerts the defaults count. An alert that can never fire at this objective is refused ' +
      'with `sla-threshold-unreachable` and the highest threshold that can.',
    body: SlaOrder,
    reply: Sla,
    status: 201,
    handle: (deps, { caller, body }) => createSla(deps, caller, body),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/slas/:slaId',
    operationId: 'getSla',
    summary: 'One service level with its open window and every burn alert explained',
    params: one,
    reply: Sla,
    handle: (deps, { caller, params }) =>
      deps.store.transaction({ organizationId: caller.organizationId }, (tx) => readSlaIn(deps, tx, params.slaId)),
  }),
  route({
    ...write,
    method: 'PUT',
    path: '/api/v1/slas/:slaId',
    operationId: 'changeSla',
    summary: 'Change a service level; the version that was read is named',
    params: one,
    body: SlaChange,
    reply: Sla,
    handle: (deps, { caller, params, body }) => changeSla(deps, caller, params.slaId, body),
  }),
  route({
    ...write,
    method: 'DELETE',
    path: '/api/v1/slas/:slaId',
    operationId: 'removeSla',
    summary: 'End a service level; its versions, windows and reports stay',
    params: one,
    reply: Sla,
    handle: (deps, { caller, params }) => removeSla(deps, caller, params.slaId),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/slas/:slaId/versions',
    operationId: 'listSlaVersions',
    summary: 'Every version of a service level, the newest first',
    params: one,
    reply: SlaVersionList,
    handle: (deps, { caller, params }) => readVersions(deps, caller, params.slaId),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/slas/:slaId/compliance',
    operationId: 'listSlaCompliance',
    summary: 'The windows of a service level, the newest first',
    params: one,
    query: PageQuery,
    reply: SlaCompliancePage,
    handle: (deps, { caller, params, query }) => readCompliance(deps, caller, params.slaId, query),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/slas/:slaId/burn',
    operationId: 'getSlaBurn',
    summary: 'How the budget of the open window went, for charts',
    params: one,
    reply: SlaBurnSeries,
    handle: (deps, { caller, params }) => readBurnSeries(deps, caller, params.slaId),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/slas/:slaId/reports/:month',
    operationId: 'getSlaReport',
    summary: 'The report of a month; of a finished one with its place in the ledger',
    params: z.object({ slaId: Uuid, month: Month }),
    reply: SlaReport,
    handle: (deps, { caller, params }) => readReport(deps, caller, params.slaId, params.month),
  }),
]
