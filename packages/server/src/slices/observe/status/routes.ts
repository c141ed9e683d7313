import { FleetStatus, FleetStatusQuery, StatusOrigins, StatusOriginsChange } from '@metaagent/contract'
import { type Route, route, streamRoute } from '../../../ports/slice.ts'
import { admitPage, changeOrigins, readOrigins, readStatus, watchStatus } from './actions.ts'

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
  streamRoute({
    path: '/api/v1/status/stream',
    access: 'health:read',
    crossOrigin: true,
    tag,
    operationId: 'streamStatus',
    summary: 'Live health for dashboards of others',
    description:
      'Server-sent events: `status` (FleetStatus) at the start and whenever anything of it changed. Ask with `fetch`: `EventSource` cannot send a key.',
    query: FleetStatusQuery,
    event: FleetStatus,
    admit: (deps, { caller, headers }) => admitPage(deps, caller, headers['origin']),
    open: (deps, { caller, query, signal }) => watchStatus(deps, caller, query, signal),
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
