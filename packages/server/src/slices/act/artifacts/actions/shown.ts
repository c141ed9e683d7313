import type { Artifact, Conflict, Project, Task } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Tx } from '../../../../ports/store.ts'
import { type ConflictPicture, strategiesFor } from '../model/strategies.ts'
import { artifactsByIds, type StoredArtifact } from '../store/artifacts.ts'
import { membersOf, openCounts, type StoredConflict, type StoredMember } from '../store/conflicts.ts'
import { dependenciesOf } from '../store/dependencies.ts'
import { countsOf, type StoredProject } from '../store/projects.ts'
import type { StoredTask } from '../store/tasks.ts'

export async function shownProjects(tx: Tx, projects: readonly StoredProject[]): Promise<Project[]> {
  const counts = await countsOf(
    tx,
    projects.map(({ projectId }) => projectId),
  )
  return projects.map((project) => {
    const own = counts.get(project.projectId)
    assertInvariant(own !== undefined, 'every project was counted')
    return { ...project, ...own, ...times(project) }
  })
}

export async function shownTasks(tx: Tx, tasks: readonly StoredTask[]): Promise<Task[]> {
  const edges = await dependenciesOf(
    tx,
    'task',
    tasks.map(({ taskId }) => taskId),
  )
  return tasks.map(({ titleKey: _, ...task }) => ({
    ...task,
    dependsOn: (edges.get(task.taskId) ?? []).map(({ toKind, toId }) => ({ kind: toKind, id: toId })),
    ...times(task),
  }))
}

export async function shownArtifacts(tx: Tx, artifacts: readonly StoredArtifact[]): Promise<Artifact[]> {
  const open = await openCounts(
    tx,
    artifacts.map(({ artifactId }) => artifactId),
  )
  return artifacts.map((artifact) => ({
    ...artifact,
    openConflicts: open.get(artifact.artifactId) ?? 0,
    activatedAt: artifact.activatedAt?.toISOString() ?? null,
    ...times(artifact),
  }))
}

export async function shownArtifact(tx: Tx, artifact: StoredArtifact): Promise<Artifact> {
  const [shown] = await shownArtifacts(tx, [artifact])
  assertInvariant(shown !== undefined, 'an artifact that was handed in is shown')
  return shown
}

export async function shownConflicts(tx: Tx, conflicts: readonly StoredConflict[]): Promise<Conflict[]> {
  const members = await membersOf(
    tx,
    conflicts.map(({ conflictId }) => conflictId),
  )
  const ids = [...members.values()].flat().map(({ artifactId }) => artifactId)
  const present = new Map((await artifactsByIds(tx, [...new Set(ids)])).map((one) => [one.artifactId, one]))
  return conflicts.map((conflict) => {
    const own = (members.get(conflict.conflictId) ?? []).map((member) => shownMember(member, present))
    const { fingerprint: _, isWaived: __, answer: ___, ...fields } = conflict
    return {
      ...fields,
      members: own,
      strategies: strategiesOf(conflict, own).map((fit) => ({ ...fit })),
      detectedAt: conflict.detectedAt.toISOString(),
      changedAt: conflict.changedAt.toISOString(),
    }
  })
}

function strategiesOf(conflict: StoredConflict, members: Conflict['members']) {
  const picture = pictureOf(conflict, members)
  return picture === null ? [] : strategiesFor(picture)
}

/** What strategies are judged by; null when nobody is left to judge. */
export function pictureOf(
  { type, kind, severity, state, witness }: StoredConflict,
  members: Conflict['members'],
): ConflictPicture | null {
  const newcomer = members.find(({ role }) => role === 'newcomer')
  if (newcomer === undefined) return null
  const standing = members.filter(({ role }) => role === 'standing')
  return { type, kind, severity, state, witness, newcomer, standing }
}

function shownMember(
  { artifactId, role, name, agent, version, contentHash, claim }: StoredMember,
  present: ReadonlyMap<string, StoredArtifact>,
): Conflict['members'][number] {
  const now = present.get(artifactId)
  // What was let go was ARCHIVED or SUPERSEDED before.
  const { state = 'ARCHIVED' as const, priority = 0 } = now ?? {}
  return {
    artifactId,
    role,
    name: now?.name ?? name,
    agent: now?.agent ?? agent,
    state,
    version,
    contentHash,
    priority,
    claim,
  }
}

function times({ createdAt, changedAt }: { readonly createdAt: Date; readonly changedAt: Date }) {
  return { createdAt: createdAt.toISOString(), changedAt: changedAt.toISOString() }
}
