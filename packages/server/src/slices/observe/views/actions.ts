import type { NewSavedView, SavedView, SavedViewPatch, ViewPage } from '@metaagent/contract'
import type { z } from 'zod'
import { toIso } from '../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../kernel/result.ts'
import type { Caller, Deps } from '../../../ports/slice.ts'
import type { Tx } from '../../../ports/store.ts'
import { actorOf, append } from '../../govern/journal/index.ts'
import { type Asker, decideChange, filterFault, mostViews, refusalFor, type View } from './model.ts'
import * as store from './store.ts'

const noSuchView = refuse('not-found', 'There is no view with this id that you may see. GET /api/v1/views lists them.')

function owns(caller: Caller, { owner }: View): boolean {
  const { kind, id } = actorOf(caller)
  return owner.kind === kind && owner.id === id
}

function askerOf(caller: Caller, view: View): Asker {
  return { owns: owns(caller, view), managesPeople: caller.scopes.has('identity:write') }
}

function shown(caller: Caller, { owner: _owner, createdAt, updatedAt, ...view }: store.StoredView): SavedView {
  return {
    ...view,
    mine: owns(caller, { owner: _owner, ...view }),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}

/** The caller's own views and the shared ones. */
export async function listViews(
  deps: Deps,
  caller: Caller,
  page: ViewPage | null,
): Promise<Result<{ items: SavedView[] }>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const views = await store.selectViews(tx, actorOf(caller), page)
    return ok({ items: views.map((view) => shown(caller, view)) })
  })
}

/** Keeps filters under a name. */
export async function createView(
  deps: Deps,
  caller: Caller,
  input: z.output<typeof NewSavedView>,
): Promise<Result<SavedView>> {
  const fault = filterFault(input.page, input.filters)
  if (fault !== null) return refuse('not-processable', fault)
  const { kind, id } = actorOf(caller)
  const view: View = { ...input, viewId: deps.ids.uuid(), owner: { kind, id }, version: 1 }
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    if ((await store.countViews(tx, view.owner)) >= mostViews)
      return refuse('conflict', `You keep ${mostViews} views, which is the most. Remove one that you do not use.`)
    return save(deps, tx, caller, view, null)
  })
}

/** Changes name, sharing or filters of a view. */
export async function changeView(
  deps: Deps,
  caller: Caller,
  viewId: string,
  patch: z.output<typeof SavedViewPatch>,
): Promise<Result<SavedView>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const view = await visible(tx, caller, viewId)
    if (view === null) return noSuchView
    const fault = patch.filters === undefined ? null : filterFault(view.page, patch.filters)
    if (fault !== null) return refuse('not-processable', fault)
    const decision = decideChange(view, patch, askerOf(caller, view))
    switch (decision.kind) {
      case 'refuse':
        return refuse(decision.code, decision.because.text, { because: decision.because })
      case 'keep':
        return ok(shown(caller, view))
      case 'change':
        return save(deps, tx, caller, decision.view, view.createdAt)
    }
  })
}

/** Removes a view. */
export async function removeView(deps: Deps, caller: Caller, viewId: string): Promise<Result<null>> {
  return deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const view = await visible(tx, caller, viewId)
    if (view === null) return noSuchView
    const forbidden = refusalFor(askerOf(caller, view))
    if (forbidden !== null) return refuse('not-allowed', forbidden.text, { because: forbidden })
    await store.deleteView(tx, viewId)
    const payload = { viewId, page: view.page, version: view.version }
    await append(deps, tx, [{ type: 'views.view.removed', subject: `view/${viewId}`, actor: actorOf(caller), payload }])
    return ok(null)
  })
}

async function visible(tx: Tx, caller: Caller, viewId: string): Promise<store.StoredView | null> {
  const view = await store.lockView(tx, viewId)
  return view !== null && (view.shared || owns(caller, view)) ? view : null
}

async function save(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  view: View,
  createdAt: Date | null,
): Promise<Result<SavedView>> {
  const now = deps.clock.now()
  const { viewId, page, version, shared } = view
  if (!(await store.saveView(tx, view, now)))
    return refuse('already-exists', `There is a view named "${view.name}" on this list. Choose another name.`)
  const payload = { viewId, page, version, shared }
  await append(deps, tx, [{ type: 'views.view.saved', subject: `view/${viewId}`, actor: actorOf(caller), payload }])
  const updatedAt = new Date(toIso(now))
  return ok(
    shown(caller, {
      viewId,
      page,
      owner: view.owner,
      name: view.name,
      shared,
      filters: view.filters,
      version,
      createdAt: createdAt ?? updatedAt,
      updatedAt,
    }),
  )
}
