import { FleetStatus, FleetStatusQuery, StatusOrigins, StatusOriginsChange } from '@metaagent/contract'
import { type Route, route } from '../../../ports/slice.ts'
import { changeOrigins, readOrigins, readStatus } from './actions.ts'

const tag = 'status'

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/status',
    access: 'health:read',
    crossOrigin: true,
    tag,
    operationId: 'getStatus',
    summary: 'Health of agents, domains and environments, for dashboards of others',
    description: 'Readable from web pages of the origins that the organization lists.',
    query: FleetStatusQuery,
    reply: FleetStatus,
    handle: (deps, { caller, query, headers }) => readStatus(deps, caller, query, headers['origin']),
  }),
  route({
    method: 'GET',
    path: '/api/v1/status/origins',
    access: 'identity:read',
    tag,
    operationId: 'getStatusOrigins',
    summary: 'Whose web pages may read the status',
    reply: StatusOrigins,
    handle: (deps, { caller }) => readOrigins(deps, caller),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/status/origins',
    access: 'identity:write',
    tag,
    operationId: 'changeStatusOrigins',
    summary: 'Say whose web pages may read the status',
    body: StatusOriginsChange,
    reply: StatusOrigins,
    handle: (deps, { caller, body }) => changeOrigins(deps, caller, body.origins),
  }),
]
