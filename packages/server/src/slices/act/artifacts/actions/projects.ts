import type { Project, ProjectOrder, ProjectPatch, ProjectQuery } from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { etagOf, matchesVersion } from '../../../../kernel/preconditions.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, RouteResult } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { artifactsInPlay } from '../store/artifacts.ts'
import {
  insertProject,
  lockProject,
  projectById,
  projectByName,
  type StoredProject,
  selectProjects,
  updateProject,
} from '../store/projects.ts'
import { removeTasksOf } from '../store/tasks.ts'
import { allOrNothing } from './all-or-nothing.ts'
import { createOnce } from './once.ts'
import { pageOf, placeOf } from './pages.ts'
import { shownProjects } from './shown.ts'
import { StateManager } from './state-manager.ts'

export type Headers = Readonly<Record<string, string | undefined>>

export const noSuchProject = refuse('not-found', 'There is no project with this id. GET /api/v1/projects lists them.')
const nameTaken = (name: string) =>
  refuse('already-exists', `There is a project named "${name}" already. Choose another name, or go on in that one.`)

/** A result with the entity tag of what it shows. */
export function tagged<T extends { readonly revision: number }>(result: RouteResult<T>): RouteResult<T> {
  return result.ok ? { ...result, headers: { ...result.headers, etag: etagOf(result.value.revision) } } : result
}

export async function createProject(
  deps: Deps,
  caller: Caller,
  order: ProjectOrder,
  headers: Headers,
): Promise<RouteResult<Project>> {
  const created = await createOnce(deps, caller, { operation: 'createProject', body: order, headers }, async (tx) => {
    const actor = actorOf(caller)
    const now = new Date(deps.clock.now())
    const project: StoredProject = {
      ...order,
      projectId: deps.ids.uuid(),
      status: 'active',
      revision: 1,
      createdAt: now,
      createdBy: `${actor.kind}:${actor.id}`,
      changedAt: now,
    }
    if (!(await insertProject(tx, project))) return nameTaken(order.name)
    await tell(deps, tx, caller, 'project.created', project)
    return ok(await shownProject(tx, project))
  })
  return tagged(created)
}

export async function listProjects(deps: Deps, caller: Caller, query: z.output<typeof ProjectQuery>) {
  const { cursor, limit, ...filters } = query
  const before = placeOf('projects', filters, cursor)
  if (!before.ok) return before
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const filter = { status: filters.status ?? null, q: filters.q ?? null }
    const found = await selectProjects(tx, filter, before.value, limit + 1)
    const page = pageOf('projects', filters, { found, limit, idOf: ({ projectId }) => projectId })
    return ok({ items: await shownProjects(tx, page.rows), nextCursor: page.nextCursor })
  })
}

/** One project, archived or not. */
export async function readProject(deps: Deps, caller: Caller, projectId: string): Promise<RouteResult<Project>> {
  const { organizationId } = caller
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const project = await projectById(tx, projectId)
    return project === null ? noSuchProject : tagged(ok(await shownProject(tx, project)))
  })
}

export async function changeProject(
  deps: Deps,
  caller: Caller,
  projectId: string,
  { patch, headers }: { readonly patch: ProjectPatch; readonly headers: Headers },
): Promise<RouteResult<Project>> {
  return await allOrNothing(deps, caller, async (tx) => {
    const before = await openProject(tx, projectId, headers)
    if (!before.ok) return before
    const { name = before.value.name, description = before.value.description, status = before.value.status } = patch
    const other = await projectByName(tx, name)
    if (other !== null && other.projectId !== projectId) return nameTaken(name)
    const project = { ...before.value, name, description, status, ...nextRevision(deps, before.value) }
    await updateProject(tx, project)
    await tell(deps, tx, caller, 'project.changed', project)
    return tagged(ok(await shownProject(tx, project)))
  })
}

/** Archives a project with everything in it: artifacts ARCHIVED, tasks removed. What was recorded stays readable. */
export async function removeProject(
  deps: Deps,
  caller: Caller,
  projectId: string,
  headers: Headers,
): Promise<Result<null>> {
  return await allOrNothing(deps, caller, async (tx) => {
    await lockProject(tx, projectId)
    const before = await openProject(tx, projectId, headers)
    if (!before.ok) return before
    const states = await StateManager.begin(deps, tx, caller)
    const because = { rule: 'project-archived', observed: projectId, limit: null, text: 'Its project was archived.' }
    for (const artifact of await artifactsInPlay(tx, projectId)) await states.archive(artifact, because)
    const project = { ...before.value, status: 'archived' as const, ...nextRevision(deps, before.value) }
    await removeTasksOf(tx, projectId, project.changedAt)
    await updateProject(tx, project)
    await tell(deps, tx, caller, 'project.archived', project)
    return ok(null)
  })
}

async function openProject(tx: Tx, projectId: string, headers: Headers): Promise<Result<StoredProject>> {
  const project = await projectById(tx, projectId, true)
  if (project === null) return noSuchProject
  const matches = matchesVersion(headers, project.revision)
  if (!matches.ok) return matches
  return project.status === 'archived' ? isArchived : ok(project)
}

const isArchived = refuse('conflict', 'The project is archived: nothing of it changes any more. Make another one.')

/** The project to add something to. */
export async function projectInUse(tx: Tx, projectId: string): Promise<Result<StoredProject>> {
  const project = await projectById(tx, projectId)
  if (project === null)
    return refuse('not-processable', 'There is no project with this id. GET /api/v1/projects lists them.')
  return project.status === 'archived' ? isArchived : ok(project)
}

/** The next revision of something, now. */
export function nextRevision(deps: Deps, { revision }: { readonly revision: number }) {
  return { revision: revision + 1, changedAt: new Date(deps.clock.now()) }
}

async function shownProject(tx: Tx, project: StoredProject): Promise<Project> {
  const [shown] = await shownProjects(tx, [project])
  assertInvariant(shown !== undefined, 'a project that was handed in is shown')
  return shown
}

async function tell(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  type: 'project.created' | 'project.changed' | 'project.archived',
  { projectId, name, status, revision }: StoredProject,
): Promise<void> {
  const subject = `project/${projectId}`
  const payload = { projectId, name, status, revision }
  await append(deps, tx, [{ type, subject, actor: actorOf(caller), correlationId: projectId, payload }])
}
