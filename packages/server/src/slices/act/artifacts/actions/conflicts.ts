import type { BlockingReport, Conflict, ConflictQuery } from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { toIso } from '../../../../kernel/instant.ts'
import { ok, type Result } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { calledOf } from '../model/finding.ts'
import { fewestToTakeBack } from '../model/unblock.ts'
import { conflictById, selectConflicts, waitingConflicts } from '../store/conflicts.ts'
import { projectById } from '../store/projects.ts'
import { engineOf } from './governance-mode.ts'
import { pageOf, placeOf, scopeOf } from './pages.ts'
import { noSuchProject } from './projects.ts'
import { noSuchConflict } from './resolve.ts'
import { shownConflicts } from './shown.ts'

export async function listConflicts(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof ConflictQuery>,
): Promise<Result<{ items: Conflict[]; nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  const scope = scopeOf(filters)
  if (!scope.ok) return scope
  const before = placeOf('conflicts', filters, cursor)
  if (!before.ok) return before
  const { severity = null, type = null, state = null, artifactId = null } = filters
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const filter = { projectId: scope.value, severity, type, state, artifactId }
    const found = await selectConflicts(tx, filter, before.value, limit + 1)
    const page = pageOf('conflicts', filters, { found, limit, idOf: ({ conflictId }) => conflictId })
    return ok({ items: await shownConflicts(tx, page.rows), nextCursor: page.nextCursor })
  })
}

export async function readConflict(deps: Deps, caller: Caller, conflictId: string): Promise<Result<Conflict>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await conflictById(tx, conflictId)
    const [shown] = found === null ? [] : await shownConflicts(tx, [found])
    return shown === undefined ? noSuchConflict : ok(shown)
  })
}

const mostConflicts = 1_000

/** What is blocked in a project, or in all, by whom, and the fewest artifacts to take back so that nothing is. */
export async function blockingReport(
  deps: Deps,
  caller: Caller,
  query: { readonly project_id?: string | undefined; readonly projectId?: string | undefined },
): Promise<Result<BlockingReport>> {
  const scope = scopeOf(query)
  if (!scope.ok) return scope
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    if (scope.value !== null && (await projectById(tx, scope.value)) === null) return noSuchProject
    return ok(await report(deps, tx, scope.value))
  })
}

async function report(deps: Deps, tx: Tx, projectId: string | null): Promise<BlockingReport> {
  const waiting = await waitingConflicts(tx, projectId, { blockingOnly: true, limit: mostConflicts + 1 })
  const conflicts = await shownConflicts(tx, waiting.slice(0, mostConflicts))
  const { mode } = await engineOf(deps, tx)
  const members = new Map(conflicts.flatMap((one) => one.members.map((member) => [member.artifactId, member])))
  const byNewcomer = Map.groupBy(conflicts, newcomerOf)
  return {
    projectId,
    mode,
    asOf: toIso(deps.clock.now()),
    blocked: [...byNewcomer].map(([artifactId, own]) => ({
      artifact: refOf(members, artifactId),
      since: own.map(({ detectedAt }) => detectedAt).toSorted()[0] ?? toIso(deps.clock.now()),
      conflicts: own.map(({ conflictId, type, severity, subject, because, members: all }) => ({
        conflictId,
        type,
        severity,
        subject,
        text: because.text,
        blockedBy: all.filter(({ role }) => role === 'standing').map((one) => refOf(members, one.artifactId)),
      })),
      hints: [...new Set(own.flatMap(({ hints }) => hints))],
    })),
    unblocking: unblockingOf(conflicts, members),
    conflicts: conflicts.length,
    truncated: waiting.length > mostConflicts,
  }
}

type Member = Conflict['members'][number]

function newcomerOf({ members }: Conflict): string {
  const newcomer = members.find(({ role }) => role === 'newcomer')
  assertInvariant(newcomer !== undefined, 'a conflict has a newcomer')
  return newcomer.artifactId
}

function refOf(members: ReadonlyMap<string, Member>, artifactId: string) {
  const member = members.get(artifactId)
  assertInvariant(member !== undefined, 'everybody in a conflict is a member of it')
  const { name, agent, state } = member
  return { artifactId, name, agent, state }
}

/** What is ACTIVE is in use, so of sets of one size those with the fewest of these come first. */
function unblockingOf(
  conflicts: readonly Conflict[],
  members: ReadonlyMap<string, Member>,
): BlockingReport['unblocking'] {
  const hittable = conflicts.map(({ conflictId, members: all }) => ({
    conflictId,
    members: all.map(({ artifactId }) => artifactId),
  }))
  const costOf = (artifactId: string) => (members.get(artifactId)?.state === 'ACTIVE' ? 2 : 1)
  const { artifactIds, exact, lowerBound } = fewestToTakeBack(hittable, costOf)
  const blocked = [...Map.groupBy(conflicts, newcomerOf)]
  const actions = artifactIds.map((artifactId) => {
    const artifact = refOf(members, artifactId)
    const hit = conflicts.filter((one) => one.members.some((member) => member.artifactId === artifactId))
    const ends = new Set(hit.map(({ conflictId }) => conflictId))
    const unblocks = blocked.filter(([id, own]) => id !== artifactId && own.every((one) => ends.has(one.conflictId)))
    const what = artifact.state === 'ACTIVE' ? 'Archive, or replace by a successor,' : 'Revise or archive'
    return {
      artifact,
      text: `${what} ${calledOf(artifact)}: ends ${hit.length} ${hit.length === 1 ? 'conflict' : 'conflicts'}.`,
      conflictIds: [...ends],
      unblocks: unblocks.map(([id]) => id),
    }
  })
  return { actions, exact, lowerBound }
}
