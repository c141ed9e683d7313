import type { Artifact, ArtifactDetail, ArtifactLink, ArtifactQuery, ArtifactVersionDetail } from '@metaagent/contract'
import type { z } from 'zod'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { etagOf } from '../../../../kernel/preconditions.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, RouteResult } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { artifactById, artifactsByIds, type StoredArtifact, selectArtifacts } from '../store/artifacts.ts'
import { dependenciesOf, dependentsOf } from '../store/dependencies.ts'
import { tasksByIds } from '../store/tasks.ts'
import { versionHeads, versionOf } from '../store/versions.ts'
import { noSuchArtifact } from './artifacts.ts'
import { engineOf } from './governance-mode.ts'
import { pageOf, placeOf, scopeOf } from './pages.ts'
import { shownArtifact, shownArtifacts } from './shown.ts'
import { shownVersion, shownVersionDetail } from './versions.ts'

const mostVersions = 200
const longestLineage = 50

export async function listArtifacts(
  deps: Deps,
  caller: Caller,
  query: z.output<typeof ArtifactQuery>,
): Promise<Result<{ items: Artifact[]; nextCursor: string | null }>> {
  const { cursor, limit, ...filters } = query
  const scope = scopeOf(filters)
  if (!scope.ok) return scope
  const before = placeOf('artifacts', filters, cursor)
  if (!before.ok) return before
  const { state = null, type = null, taskId = null, agent = null, q = null } = filters
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const filter = { projectId: scope.value, state, type, taskId, agent, q }
    const found = await selectArtifacts(tx, filter, before.value, limit + 1)
    const page = pageOf('artifacts', filters, { found, limit, idOf: ({ artifactId }) => artifactId })
    return ok({ items: await shownArtifacts(tx, page.rows), nextCursor: page.nextCursor })
  })
}

/** One artifact with its present content, its versions, what is beside it in the graph, and where it may go from here. */
export async function readArtifact(
  deps: Deps,
  caller: Caller,
  artifactId: string,
): Promise<RouteResult<ArtifactDetail>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const artifact = await artifactById(tx, artifactId)
    if (artifact === null) return noSuchArtifact
    const current = await versionOf(tx, artifactId, artifact.version)
    assertInvariant(current !== null, 'an artifact has the version that holds')
    const engine = await engineOf(deps, tx)
    const detail: ArtifactDetail = {
      ...(await shownArtifact(tx, artifact)),
      current: shownVersionDetail(current),
      versions: (await versionHeads(tx, artifactId, mostVersions)).map(shownVersion),
      ...(await linksOf(tx, artifactId)),
      lineage: await lineageOf(tx, artifact),
      moves: engine.moves(artifact.state).map((move) => ({ ...move })),
    }
    return { ...ok(detail), headers: { etag: etagOf(artifact.revision) } }
  })
}

export async function readVersionOf(
  deps: Deps,
  caller: Caller,
  { artifactId, version }: { readonly artifactId: string; readonly version: number },
): Promise<Result<ArtifactVersionDetail>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    if ((await artifactById(tx, artifactId)) === null) return noSuchArtifact
    const found = await versionOf(tx, artifactId, version)
    return found === null
      ? refuse('not-found', 'The artifact has no such version. GET /api/v1/artifacts/{id} lists those it has.')
      : ok(shownVersionDetail(found))
  })
}

async function linksOf(tx: Tx, artifactId: string): Promise<Pick<ArtifactDetail, 'dependsOn' | 'dependedOnBy'>> {
  const to = (await dependenciesOf(tx, 'artifact', [artifactId])).get(artifactId) ?? []
  const from = await dependentsOf(tx, 'artifact', artifactId)
  const nodes = [
    ...to.map(({ toKind: kind, toId: id, reason }) => ({ kind, id, reason })),
    ...from.map(({ fromKind: kind, fromId: id, reason }) => ({ kind, id, reason })),
  ]
  const idsOf = (kind: ArtifactLink['kind']) => nodes.filter((node) => node.kind === kind).map(({ id }) => id)
  const artifacts = new Map((await artifactsByIds(tx, idsOf('artifact'))).map((one) => [one.artifactId, one]))
  const tasks = new Map((await tasksByIds(tx, idsOf('task'))).map((one) => [one.taskId, one]))
  const shown = nodes.map(({ kind, id, reason }): ArtifactLink => {
    if (kind === 'agent') return { kind, id, name: id, state: null, reason }
    const artifact = artifacts.get(id)
    const task = tasks.get(id)
    return kind === 'artifact'
      ? { kind, id, name: artifact?.name ?? null, state: artifact?.state ?? null, reason }
      : { kind, id, name: task?.title ?? null, state: task?.status ?? null, reason }
  })
  return { dependsOn: shown.slice(0, to.length), dependedOnBy: shown.slice(to.length) }
}

/** What it took the place of, and before that what that one did. */
async function lineageOf(tx: Tx, artifact: StoredArtifact): Promise<ArtifactDetail['lineage']> {
  const lineage: ArtifactDetail['lineage'] = []
  const seen = new Set([artifact.artifactId])
  let next = artifact.supersedes
  while (next !== null && !seen.has(next) && lineage.length < longestLineage) {
    seen.add(next)
    const before = await artifactById(tx, next)
    if (before === null) break
    const { artifactId, name, state, contentHash } = before
    lineage.push({ artifactId, name, state, contentHash })
    next = before.supersedes
  }
  return lineage
}
