import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { compareSeverity } from '../model/psmp.ts'
import { type StoredConflict, waitingConflicts } from '../store/conflicts.ts'
import { lockProject } from '../store/projects.ts'
import { resolveBy } from './resolve.ts'
import { StateManager } from './state-manager.ts'

const mostAtOnce = 1_000
const reason = 'Resolved without a person: the conflict is mild, and the caller is privileged.'

/** Whether a conflict may be resolved without a person. */
function isMild({ severity }: StoredConflict): boolean {
  return compareSeverity(severity, 'MEDIUM') <= 0
}

/**
 * Puts those of LOW and MEDIUM in order: the newcomer comes after what stands, and both may be ACTIVE. Nothing is archived
 * or altered without a person; what cannot be put in order stays. Answers the ids of those that are resolved.
 */
export async function resolveMildOnes(
  deps: Deps,
  tx: Tx,
  caller: Caller,
  conflicts: readonly StoredConflict[],
): Promise<readonly string[]> {
  const states = await StateManager.begin(deps, tx, caller)
  const resolved: string[] = []
  for (const conflict of conflicts.filter(isMild)) {
    const asked = { strategy: { strategy: 'serialise', reason } as const, automatic: true }
    const done = await resolveBy(deps, tx, { caller, states }, conflict, asked)
    if (done.ok) resolved.push(conflict.conflictId)
  }
  return resolved
}

/** What `autoResolve` did. */
export interface AutoResolved {
  readonly conflictIds: readonly string[]
  /** Artifacts that nothing blocks any more, now DRAFT. */
  readonly unblocked: readonly string[]
  /** LOW and MEDIUM ones that no order resolves, or that are beyond the first 1,000. */
  readonly left: number
}

/**
 * Resolves the mild conflicts that wait in a project, or in all (null). For callers whose privilege was checked; projects are
 * locked in the order of their ids, so that two of these never wait in a circle.
 */
export async function autoResolve(deps: Deps, tx: Tx, caller: Caller, projectId: string | null): Promise<AutoResolved> {
  const seen = await waitingConflicts(tx, projectId, { blockingOnly: false, limit: mostAtOnce + 1 })
  const projects = [...new Set(seen.filter(isMild).map((conflict) => conflict.projectId))].toSorted()
  for (const one of projects) await lockProject(tx, one)
  // Read again under the locks.
  const waiting = await waitingConflicts(tx, projectId, { blockingOnly: false, limit: mostAtOnce + 1 })
  const mild = waiting.filter((conflict) => isMild(conflict) && projects.includes(conflict.projectId))
  const conflictIds = await resolveMildOnes(deps, tx, caller, mild.slice(0, mostAtOnce))
  const states = await StateManager.begin(deps, tx, caller)
  const unblocked: string[] = []
  for (const one of projects) unblocked.push(...(await states.unblockFree(one)).map(({ artifactId }) => artifactId))
  return { conflictIds, unblocked, left: mild.length - conflictIds.length }
}
