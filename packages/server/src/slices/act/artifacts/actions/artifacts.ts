import type { ArtifactOrder, ArtifactOutcome, ArtifactPatch, Because } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { etagOf, matchesVersion } from '../../../../kernel/preconditions.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, RouteResult } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { actorOf, append } from '../../../govern/journal/index.ts'
import { readVersion } from '../model/content.ts'
import { artifactById, insertArtifact, type StoredArtifact } from '../store/artifacts.ts'
import { replaceDependencies } from '../store/dependencies.ts'
import { lockProject } from '../store/projects.ts'
import { taskById } from '../store/tasks.ts'
import { allOrNothing } from './all-or-nothing.ts'
import { resolveMildOnes } from './auto-resolve.ts'
import { hashOf } from './hash.ts'
import { createOnce } from './once.ts'
import { type Headers, projectInUse } from './projects.ts'
import { shownArtifact, shownConflicts } from './shown.ts'
import { factsOf, StateManager } from './state-manager.ts'
import { knownDependencies, withoutUndefined } from './tasks.ts'
import { orderOf } from './versions.ts'

export const noSuchArtifact = refuse(
  'not-found',
  'There is no artifact with this id. GET /api/v1/artifacts lists them.',
)

/**
 * Takes an artifact in and looks for conflicts: DRAFT, or ACTIVE at once where it is asked and nothing blocks, or BLOCKED.
 * All in one transaction under the project's lock; a refusal leaves nothing behind.
 */
export async function createArtifact(
  deps: Deps,
  caller: Caller,
  order: ArtifactOrder,
  headers: Headers,
): Promise<RouteResult<ArtifactOutcome>> {
  const created = await createOnce(deps, caller, { operation: 'createArtifact', body: order, headers }, (tx) =>
    create(deps, tx, caller, order),
  )
  return taggedOutcome(created)
}

async function create(deps: Deps, tx: Tx, caller: Caller, order: ArtifactOrder): Promise<Result<ArtifactOutcome>> {
  const read = readVersion(order.type, order, hashOf)
  if (!read.ok) return read
  await lockProject(tx, order.projectId)
  const project = await projectInUse(tx, order.projectId)
  if (!project.ok) return project
  const fits = await fitsHere(tx, order.projectId, order, null)
  if (!fits.ok) return fits
  const states = await StateManager.begin(deps, tx, caller)
  const now = new Date(deps.clock.now())
  const { projectId, taskId, name, type, agent, priority, supersedes } = order
  const { contentHash, contentBytes, path } = read.value
  const artifact: StoredArtifact = {
    projectId,
    taskId,
    name,
    type,
    agent,
    priority,
    supersedes,
    contentHash,
    contentBytes,
    path,
    artifactId: deps.ids.uuid(),
    state: 'DRAFT',
    version: 1,
    supersededBy: null,
    activatedAt: null,
    because: null,
    revision: 1,
    createdAt: now,
    createdBy: states.by,
    changedAt: now,
  }
  await insertArtifact(tx, artifact)
  await states.keepVersion(artifact, 1, read.value, 'made')
  await replaceDependencies(tx, { kind: 'artifact', id: artifact.artifactId, projectId }, order.dependsOn)
  await append(deps, tx, [
    {
      type: 'artifact.created',
      subject: `artifact/${artifact.artifactId}`,
      actor: actorOf(caller),
      correlationId: artifact.artifactId,
      payload: { ...factsOf(artifact), agent, taskId, supersedes, contentBytes },
    },
  ])
  return await judge(deps, tx, { caller, states }, artifact, order.activate ? 'activate' : 'stay')
}

interface Asking {
  readonly caller: Caller
  readonly states: StateManager
}

/** Looks for conflicts, resolves the mild ones for a privileged caller, moves the artifact, and tells what became of it. */
async function judge(
  deps: Deps,
  tx: Tx,
  { caller, states }: Asking,
  artifact: StoredArtifact,
  wish: 'activate' | 'stay',
): Promise<Result<ArtifactOutcome>> {
  const examined = await states.examine(artifact)
  if (!examined.ok) return examined
  const resolved = caller.privileged === true ? await resolveMildOnes(deps, tx, caller, examined.value.conflicts) : []
  const done = new Set(resolved)
  const left = examined.value.conflicts.filter(({ conflictId }) => !done.has(conflictId))
  const settled = await states.settle({ artifact, conflicts: left }, wish)
  if (!settled.ok) return settled
  // Looking at everything that is BLOCKED costs; where nothing ended nobody can have become free.
  if (states.hasEnded || resolved.length > 0) await states.unblockFree(artifact.projectId)
  const conflicts = await shownConflicts(tx, examined.value.conflicts)
  const { result, because } = resultOf(settled.value, resolved.length)
  return ok({
    result,
    artifact: await shownArtifact(tx, settled.value),
    conflicts: conflicts.map((one) => (done.has(one.conflictId) ? { ...one, state: 'resolved', strategies: [] } : one)),
    hints: [...new Set(left.flatMap(({ hints }) => hints))],
    because,
  })
}

function resultOf(
  { state, because }: StoredArtifact,
  resolved: number,
): { readonly result: ArtifactOutcome['result']; readonly because: Because } {
  if (state === 'BLOCKED') {
    assertInvariant(because !== null, 'what is BLOCKED says why')
    return { result: 'blocked', because }
  }
  if (resolved > 0) {
    const text = `${resolved} mild ${resolved === 1 ? 'conflict was' : 'conflicts were'} resolved by order; nothing blocks.`
    return {
      result: 'auto-resolved',
      because: { rule: 'mild-conflicts-resolved', observed: resolved, limit: null, text },
    }
  }
  const text = 'No conflict blocks it.'
  return { result: 'accepted', because: { rule: 'no-blocking-conflict', observed: 0, limit: 0, text } }
}

/**
 * Changes an artifact that was read (`If-Match`): labels, what it rests on, its content (another version, looked at again),
 * or its state. ACTIVE looks for conflicts again and may end as BLOCKED, which is an answer and no refusal.
 */
export async function changeArtifact(
  deps: Deps,
  caller: Caller,
  artifactId: string,
  { patch, headers }: { readonly patch: ArtifactPatch; readonly headers: Headers },
): Promise<RouteResult<ArtifactOutcome>> {
  const changed = await allOrNothing(deps, caller, async (tx) => {
    const before = await lockedArtifact(tx, artifactId, headers)
    if (!before.ok) return before
    const states = await StateManager.begin(deps, tx, caller)
    const labelled = await relabel(tx, states, before.value, patch)
    if (!labelled.ok) return labelled
    const revised = await revise(tx, states, labelled.value, patch)
    if (!revised.ok) return revised
    const artifact = revised.value
    if (patch.state === 'ARCHIVED') return await archive(deps, tx, { caller, states }, artifact)
    const isJudged = patch.state !== undefined || artifact.version !== before.value.version || rejudges(patch)
    if (!isJudged || (artifact.state !== 'DRAFT' && artifact.state !== 'BLOCKED'))
      return patch.state === undefined ? ok(await unjudged(tx, artifact)) : refuseMove(states, artifact, patch.state)
    return await judge(deps, tx, { caller, states }, artifact, patch.state === 'ACTIVE' ? 'activate' : 'stay')
  })
  return taggedOutcome(changed)
}

/** Labels that conflicts are found by. */
function rejudges({ dependsOn, taskId, supersedes, agent, name }: ArtifactPatch): boolean {
  return [dependsOn, taskId, supersedes, agent, name].some((field) => field !== undefined)
}

function refuseMove(states: StateManager, artifact: StoredArtifact, wished: 'ACTIVE' | 'DRAFT'): Result<never> {
  const move = states.engine.next(artifact.state, wished === 'ACTIVE' ? 'activate' : 'unblock')
  assertInvariant(!move.ok, 'what is DRAFT or BLOCKED was judged')
  return move
}

async function unjudged(tx: Tx, artifact: StoredArtifact): Promise<ArtifactOutcome> {
  const text = 'Only labels were changed; conflicts were not looked for.'
  const because = { rule: 'labels-only', observed: null, limit: null, text }
  return { result: 'accepted', artifact: await shownArtifact(tx, artifact), conflicts: [], hints: [], because }
}

async function relabel(
  tx: Tx,
  states: StateManager,
  artifact: StoredArtifact,
  patch: ArtifactPatch,
): Promise<Result<StoredArtifact>> {
  const { name, agent, taskId, priority, supersedes, dependsOn } = patch
  const labels = withoutUndefined({ name, agent, taskId, priority, supersedes })
  const changed = [...Object.keys(labels), ...(dependsOn === undefined ? [] : ['dependsOn'])]
  if (changed.length === 0) return ok(artifact)
  const { projectId, artifactId } = artifact
  const said = { taskId: taskId ?? null, supersedes: supersedes ?? null, dependsOn: dependsOn ?? [] }
  const fits = await fitsHere(tx, projectId, { ...said, type: artifact.type }, artifactId)
  if (!fits.ok) return fits
  if (dependsOn !== undefined) await replaceDependencies(tx, { kind: 'artifact', id: artifactId, projectId }, dependsOn)
  return ok(await states.relabel(artifact, labels, changed))
}

/** What it names must be there, in its project. */
async function fitsHere(
  tx: Tx,
  projectId: string,
  named: Pick<ArtifactOrder, 'taskId' | 'supersedes' | 'dependsOn' | 'type'>,
  own: string | null,
): Promise<Result<null>> {
  const { taskId, supersedes } = named
  if (taskId !== null && (await taskById(tx, taskId))?.projectId !== projectId)
    return refuse('not-processable', 'The project has no task with this id. GET /api/v1/tasks lists them.')
  const before = supersedes === null ? null : await artifactById(tx, supersedes)
  if (supersedes !== null && (before?.projectId !== projectId || supersedes === own))
    return refuse('not-processable', 'What it takes the place of must be another artifact of its project.')
  return await knownDependencies(tx, projectId, named.dependsOn)
}

/** Another version, where the change touches what a version is. What it does not touch is taken over. */
async function revise(
  tx: Tx,
  states: StateManager,
  artifact: StoredArtifact,
  { content, path, operation, claims, requirements }: ArtifactPatch,
): Promise<Result<StoredArtifact>> {
  if ([content, path, operation, claims, requirements].every((field) => field === undefined)) return ok(artifact)
  const order = await orderOf(tx, artifact)
  const read = readVersion(
    artifact.type,
    {
      ...order,
      ...withoutUndefined({ content, path, operation, claims, requirements }),
    },
    hashOf,
  )
  return read.ok ? await states.revise(artifact, read.value, 'revised') : read
}

async function archive(
  deps: Deps,
  tx: Tx,
  { caller, states }: Asking,
  artifact: StoredArtifact,
): Promise<Result<ArtifactOutcome>> {
  const by = `${actorOf(caller).kind}:${actorOf(caller).id}`
  const because = { rule: 'asked-for', observed: by, limit: null, text: 'It was taken back.' }
  const moved = await states.archive(artifact, because)
  if (!moved.ok) return moved
  await states.unblockFree(artifact.projectId)
  const shown = await shownArtifact(tx, moved.value)
  return ok({ result: 'accepted', artifact: shown, conflicts: [], hints: [], because })
}

/** Archives an artifact; its versions and its lineage stay readable. */
export async function removeArtifact(
  deps: Deps,
  caller: Caller,
  artifactId: string,
  headers: Headers,
): Promise<Result<null>> {
  return await allOrNothing(deps, caller, async (tx) => {
    const before = await lockedArtifact(tx, artifactId, headers)
    if (!before.ok) return before
    const states = await StateManager.begin(deps, tx, caller)
    const archived = await archive(deps, tx, { caller, states }, before.value)
    return archived.ok ? ok(null) : archived
  })
}

async function lockedArtifact(tx: Tx, artifactId: string, headers: Headers): Promise<Result<StoredArtifact>> {
  const seen = await artifactById(tx, artifactId)
  if (seen === null) return noSuchArtifact
  await lockProject(tx, seen.projectId)
  const artifact = await artifactById(tx, artifactId)
  if (artifact === null) return noSuchArtifact
  const matches = matchesVersion(headers, artifact.revision)
  return matches.ok ? ok(artifact) : matches
}

function taggedOutcome(result: RouteResult<ArtifactOutcome>): RouteResult<ArtifactOutcome> {
  if (!result.ok) return result
  return { ...result, headers: { ...result.headers, etag: etagOf(result.value.artifact.revision) } }
}
