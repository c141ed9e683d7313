import type { DependsOn, Task, TaskOrder, TaskPatch, TaskQuery } from '@metaagent/contract'
import { Uuid } from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { matchesVersion } from '../../../../kernel/preconditions.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, RouteResult } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { unstorable } from '../model/content.ts'
import { titleKeyOf } from '../model/content-shapes.ts'
import { artifactById } from '../store/artifacts.ts'
import { dropDependencies, replaceDependencies } from '../store/dependencies.ts'
import { lockProject } from '../store/projects.ts'
import { insertTask, type StoredTask, selectTasks, taskById, updateTask } from '../store/tasks.ts'
import { allOrNothing } from './all-or-nothing.ts'
import { hashOf } from './hash.ts'
import { createOnce } from './once.ts'
import { pageOf, placeOf, scopeOf } from './pages.ts'
import { type Headers, nextRevision, projectInUse, tagged } from './projects.ts'
import { shownTasks } from './shown.ts'

const noSuchTask = refuse('not-found', 'There is no task with this id. GET /api/v1/tasks lists them.')

export async function createTask(
  deps: Deps,
  caller: Caller,
  order: TaskOrder,
  headers: Headers,
): Promise<RouteResult<Task>> {
  const created = await createOnce(deps, caller, { operation: 'createTask', body: order, headers }, async (tx) => {
    const fault = unstorable(order.inputs)
    if (fault !== null) return refuse('not-processable', `The inputs hold ${fault}. Leave it out, or encode it.`)
    const project = await projectInUse(tx, order.projectId)
    if (!project.ok) return project
    const known = await knownDependencies(tx, order.projectId, order.dependsOn)
    if (!known.ok) return known
    const { dependsOn, ...fields } = order
    const actor = actorOf(caller)
    const now = new Date(deps.clock.now())
    const task: StoredTask = {
      ...fields,
      taskId: deps.ids.uuid(),
      titleKey: titleKeyOf(order.title),
      inputsDigest: hashOf(canonicalJson(order.inputs)),
      revision: 1,
      createdAt: now,
      createdBy: `${actor.kind}:${actor.id}`,
      changedAt: now,
    }
    await insertTask(tx, task)
    await replaceDependencies(tx, { kind: 'task', id: task.taskId, projectId: task.projectId }, dependsOn)
    await tell(deps, tx, caller, 'task.created', task)
    return ok(await shownTask(tx, task))
  })
  return tagged(created)
}

/** Refuses what names nothing of this project; agents are names, known or not. */
export async function knownDependencies(
  tx: Tx,
  projectId: string,
  dependsOn: readonly DependsOn[],
): Promise<Result<null>> {
  for (const { kind, id } of dependsOn) {
    if (kind === 'agent') continue
    const uuid = Uuid.safeParse(id)
    const found = !uuid.success ? null : kind === 'task' ? await taskById(tx, id) : await artifactById(tx, id)
    if (found === null || found.projectId !== projectId)
      return refuse('not-processable', `It rests on the ${kind} ${id}, which the project does not have.`)
  }
  return ok(null)
}

export async function listTasks(deps: Deps, caller: Caller, query: z.output<typeof TaskQuery>) {
  const { cursor, limit, ...filters } = query
  const scope = scopeOf(filters)
  if (!scope.ok) return scope
  const before = placeOf('tasks', filters, cursor)
  if (!before.ok) return before
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const filter = { projectId: scope.value, status: filters.status ?? null, agent: filters.agent ?? null }
    const found = await selectTasks(tx, filter, before.value, limit + 1)
    const page = pageOf('tasks', filters, { found, limit, idOf: ({ taskId }) => taskId })
    return ok({ items: await shownTasks(tx, page.rows), nextCursor: page.nextCursor })
  })
}

export async function readTask(deps: Deps, caller: Caller, taskId: string): Promise<RouteResult<Task>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const task = await taskById(tx, taskId)
    return task === null ? noSuchTask : tagged(ok(await shownTask(tx, task)))
  })
}

export async function changeTask(
  deps: Deps,
  caller: Caller,
  taskId: string,
  { patch, headers }: { readonly patch: TaskPatch; readonly headers: Headers },
): Promise<RouteResult<Task>> {
  return await allOrNothing(deps, caller, async (tx) => {
    const before = await lockedTask(tx, taskId, headers)
    if (!before.ok) return before
    const { dependsOn, ...fields } = patch
    if (dependsOn !== undefined) {
      const known = await knownDependencies(tx, before.value.projectId, dependsOn)
      if (!known.ok) return known
      const { projectId } = before.value
      await replaceDependencies(tx, { kind: 'task', id: taskId, projectId }, dependsOn)
    }
    const merged = { ...before.value, ...withoutUndefined(fields), ...nextRevision(deps, before.value) }
    const task = { ...merged, titleKey: titleKeyOf(merged.title) }
    await updateTask(tx, task)
    await tell(deps, tx, caller, 'task.changed', task)
    return tagged(ok(await shownTask(tx, task)))
  })
}

/** Removes a task; artifacts that were made for it stay and still name it. */
export async function removeTask(deps: Deps, caller: Caller, taskId: string, headers: Headers): Promise<Result<null>> {
  return await allOrNothing(deps, caller, async (tx) => {
    const before = await lockedTask(tx, taskId, headers)
    if (!before.ok) return before
    const task = { ...before.value, ...nextRevision(deps, before.value) }
    await updateTask(tx, task, task.changedAt)
    await dropDependencies(tx, 'task', taskId)
    await tell(deps, tx, caller, 'task.removed', task)
    return ok(null)
  })
}

/** Under the project's lock: what it rests on, and what it asks for, conflicts are found by. */
async function lockedTask(tx: Tx, taskId: string, headers: Headers): Promise<Result<StoredTask>> {
  const seen = await taskById(tx, taskId)
  if (seen === null) return noSuchTask
  await lockProject(tx, seen.projectId)
  const task = await taskById(tx, taskId, true)
  if (task === null) return noSuchTask
  const matches = matchesVersion(headers, task.revision)
  return matches.ok ? ok(task) : matches
}

/** What a change says, without what it leaves open. */
export function withoutUndefined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const said = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(said) as { [K in keyof T]: Exclude<T[K], undefined> }
}

async function shownTask(tx: Tx, task: StoredTask): Promise<Task> {
  const [shown] = await shownTasks(tx, [task])
  assertInvariant(shown !== undefined, 'a task that was handed in is shown')
  return shown
}

async function tell(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  type: 'task.created' | 'task.changed' | 'task.removed',
  { taskId, projectId, title, status, agent, inputsDigest, revision }: StoredTask,
): Promise<void> {
  const payload = { taskId, projectId, title, status, agent, inputsDigest, revision }
  const subject = `task/${taskId}`
  await append(deps, tx, [{ type, subject, actor: actorOf(caller), correlationId: taskId, payload }])
}
