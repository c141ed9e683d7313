import { NewSavedView, SavedView, SavedViewList, SavedViewPatch, SavedViewQuery, Uuid } from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../ports/slice.ts'
import { changeView, createView, listViews, removeView } from './actions.ts'

const tag = 'views'
const ViewPath = z.object({ viewId: Uuid })
// Whoever may ask who they are may keep views: they hold an address, and no right to see what stands there.
const access = 'self:read'

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/views',
    access,
    tag,
    operationId: 'listSavedViews',
    summary: 'Your saved filters of lists and the shared ones, yours first',
    query: SavedViewQuery,
    reply: SavedViewList,
    handle: (deps, { caller, query }) => listViews(deps, caller, query.page ?? null),
  }),
  route({
    method: 'POST',
    path: '/api/v1/views',
    access,
    tag,
    operationId: 'createSavedView',
    summary: 'Keep filters of a list under a name',
    body: NewSavedView,
    reply: SavedView,
    status: 201,
    handle: (deps, { caller, body }) => createView(deps, caller, body),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/views/:viewId',
    access,
    tag,
    operationId: 'changeSavedView',
    summary: 'Rename or share a view, or change its filters',
    params: ViewPath,
    body: SavedViewPatch,
    reply: SavedView,
    handle: (deps, { caller, params, body }) => changeView(deps, caller, params.viewId, body),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/views/:viewId',
    access,
    tag,
    operationId: 'removeSavedView',
    summary: 'Remove a view',
    params: ViewPath,
    reply: z.null(),
    status: 204,
    handle: (deps, { caller, params }) => removeView(deps, caller, params.viewId),
  }),
]
