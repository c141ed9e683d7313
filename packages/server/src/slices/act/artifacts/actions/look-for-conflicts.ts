import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import type { Tx } from '../../../../ports/store.ts'
import { pathClaimOf } from '../model/content.ts'
import { decisionsIn } from '../model/content-shapes.ts'
import { findContradictionFindings } from '../model/detect-contradictions.ts'
import { findCycleFindings } from '../model/detect-cycles.ts'
import { findPathFindings } from '../model/detect-paths.ts'
import { findSchemaFindings } from '../model/detect-schemas.ts'
import { findTaskFindings } from '../model/detect-tasks.ts'
import { findVersionFindings } from '../model/detect-versions.ts'
import { calledOf, type Finding } from '../model/finding.ts'
import { activeNamesakes, activeTwins, artifactById, artifactsByIds, type StoredArtifact } from '../store/artifacts.ts'
import { dependenciesOf, dependentsOf, edgesOf } from '../store/dependencies.ts'
import { taskById } from '../store/tasks.ts'
import { nearDecisions, nearPathClaims, nearRequirements, type StoredVersion, versionOf } from '../store/versions.ts'
import { hashOf } from './hash.ts'

/** A finding with everybody in it, and what tells it from others: the same members in the same versions are the same. */
export interface Placed {
  readonly finding: Finding
  readonly fingerprint: string
  /** The artifact that was looked at first. */
  readonly members: readonly StoredArtifact[]
}

/**
 * Everything that keeps this version of an artifact from standing beside what is ACTIVE in its project. The caller holds the
 * project's lock, so that nothing becomes ACTIVE meanwhile. What the artifact takes the place of is not in its way.
 */
export async function lookForConflicts(
  tx: Tx,
  artifact: StoredArtifact,
  version: StoredVersion,
): Promise<readonly Placed[]> {
  const findings = [
    ...(await pathFindings(tx, artifact, version)),
    ...(await versionFindings(tx, artifact, version)),
    ...(await taskFindings(tx, artifact)),
    ...(await cycleFindings(tx, artifact)),
    ...(await schemaFindings(tx, artifact, version)),
    ...(await decisionFindings(tx, artifact, version)),
  ].filter(({ sides }) => !sides.some(({ artifactId }) => artifactId === artifact.supersedes))
  return await placed(tx, artifact, findings)
}

async function pathFindings(tx: Tx, artifact: StoredArtifact, { claims }: StoredVersion) {
  const { artifactId, projectId, supersedes } = artifact
  const near = await nearPathClaims(tx, projectId, claims)
  const own = claims.map((claim) => pathClaimOf(claim, artifactId))
  return findPathFindings(
    artifactId,
    own,
    near.filter(({ holder }) => holder !== supersedes && holder !== artifactId),
  )
}

async function versionFindings(tx: Tx, artifact: StoredArtifact, { requirements }: StoredVersion) {
  const { artifactId, projectId, supersedes } = artifact
  const near = await nearRequirements(tx, projectId, requirements)
  const own = requirements.map(({ ecosystem, name, range }) => ({ ecosystem, name, range, holder: artifactId }))
  return findVersionFindings(
    artifactId,
    own,
    near.filter(({ holder }) => holder !== supersedes && holder !== artifactId),
  )
}

async function taskFindings(tx: Tx, artifact: StoredArtifact): Promise<readonly Finding[]> {
  const { taskId, supersedes } = artifact
  const task = taskId === null ? null : await taskById(tx, taskId)
  if (task === null) return []
  const twins = await activeTwins(tx, { ...artifact, taskId: task.taskId })
  return findTaskFindings(
    { ...artifact, task },
    twins
      .filter(({ artifactId }) => artifactId !== supersedes)
      .map(({ taskId: id, title, ...twin }) => ({ ...twin, task: { taskId: id, title } })),
  )
}

/** Only what depends on something can be in a circle, so that most artifacts need no look at the project's graph. */
async function cycleFindings(tx: Tx, { artifactId, projectId }: StoredArtifact): Promise<readonly Finding[]> {
  const own = await dependenciesOf(tx, 'artifact', [artifactId])
  if (own.size === 0) return []
  const edges = await edgesOf(tx, projectId)
  return findCycleFindings(
    artifactId,
    edges.map(({ fromKind, fromId, toKind, toId }) => ({
      from: { kind: fromKind, id: fromId },
      to: { kind: toKind, id: toId },
    })),
  )
}

async function schemaFindings(tx: Tx, artifact: StoredArtifact, version: StoredVersion): Promise<readonly Finding[]> {
  const { artifactId, type, supersedes } = artifact
  if (type !== 'schema' && type !== 'api') return []
  const before = supersedes === null ? null : await artifactById(tx, supersedes)
  const replaced = before?.type === type ? await withDocument(tx, before) : null
  const dependents = replaced === null ? [] : await dependentsOf(tx, 'artifact', replaced.artifactId)
  const resting = dependents.flatMap(({ fromKind, fromId }) => (fromKind === 'artifact' ? [fromId] : []))
  const active = (await artifactsByIds(tx, resting)).filter(({ state }) => state === 'ACTIVE')
  const namesakes: { artifactId: string; document: unknown }[] = []
  for (const one of await activeNamesakes(tx, artifact))
    if (one.artifactId !== artifactId && one.artifactId !== supersedes) namesakes.push(await withDocument(tx, one))
  return findSchemaFindings({
    artifactId,
    name: artifact.name,
    document: JSON.parse(version.content),
    replaced,
    dependents: active.map((one) => one.artifactId).filter((id) => id !== artifactId),
    namesakes,
  })
}

/** A schema or an API is JSON, in whichever way it was sent. */
async function withDocument(tx: Tx, { artifactId, version }: StoredArtifact) {
  const found = await versionOf(tx, artifactId, version)
  return { artifactId, document: found === null ? null : (JSON.parse(found.content) as unknown) }
}

async function decisionFindings(tx: Tx, artifact: StoredArtifact, version: StoredVersion): Promise<readonly Finding[]> {
  if (artifact.type !== 'decision') return []
  const own = decisionsIn(artifact.type, JSON.parse(version.content))
  if (!own.ok) return []
  const near = await nearDecisions(tx, artifact.projectId, own.value)
  const others = near.filter(({ artifactId }) => artifactId !== artifact.supersedes)
  return findContradictionFindings(
    artifact.artifactId,
    own.value,
    others.map(({ artifactId, claim }) => ({ ...claim, holder: artifactId })),
  )
}

/** Leaves out what names somebody that is not there any more, and calls artifacts by their names instead of ids. */
async function placed(tx: Tx, artifact: StoredArtifact, findings: readonly Finding[]): Promise<readonly Placed[]> {
  const ids = new Set(findings.flatMap(({ sides }) => sides.map(({ artifactId }) => artifactId)))
  const known = new Map((await artifactsByIds(tx, [...ids])).map((one) => [one.artifactId, one]))
  known.set(artifact.artifactId, artifact)
  const called = (text: string) =>
    text.replaceAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g, (id) => {
      const one = known.get(id)
      return one === undefined ? id : calledOf(one)
    })
  return findings.flatMap((finding) => {
    const members = finding.sides.map(({ artifactId }) => known.get(artifactId))
    if (members.some((member) => member === undefined)) return []
    const there = members.filter((member) => member !== undefined)
    const { because } = finding
    const told = { ...finding, because: { ...because, text: called(because.text) }, hints: finding.hints.map(called) }
    return [{ finding: told, members: there, fingerprint: fingerprintOf(finding, there) }]
  })
}

function fingerprintOf({ type, kind, subject }: Finding, members: readonly StoredArtifact[]): string {
  const versions = members.map(({ artifactId, version }) => `${artifactId}@${version}`)
  return hashOf(canonicalJson([type, kind, subject, ...versions.toSorted()]))
}
