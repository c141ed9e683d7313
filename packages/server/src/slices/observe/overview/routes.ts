import { Overview, OverviewQuery } from '@metaagent/contract'
import { ok } from '../../../kernel/result.ts'
import { type Route, route, streamRoute } from '../../../ports/slice.ts'
import { questionOf, readOverview, watchOverview } from './actions/read.ts'

const tag = 'overview'

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/overview',
    operationId: 'getOverview',
    access: 'fleet:read',
    tag,
    summary: 'Which agents fail, what burns and what changed, each with its reason',
    query: OverviewQuery,
    reply: Overview,
    handle: async (deps, { caller, query }) =>
      ok(
        await deps.store.transaction({ organizationId: caller.organizationId }, (tx) =>
          readOverview(deps, tx, questionOf(caller, query.window)),
        ),
      ),
  }),
  streamRoute({
    path: '/api/v1/overview/stream',
    operationId: 'streamOverview',
    access: 'fleet:read',
    tag,
    summary: 'The same, live',
    description: 'Server-sent events: `overview` (Overview) at the start and whenever anything of it changed.',
    query: OverviewQuery,
    event: Overview,
    open: (deps, { caller, query, signal }) => watchOverview(deps, caller, query.window, signal),
  }),
]
