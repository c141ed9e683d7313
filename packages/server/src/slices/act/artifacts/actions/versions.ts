import type { ArtifactVersion, ArtifactVersionDetail, JsonValue } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { VersionOrder } from '../model/content.ts'
import type { StoredArtifact } from '../store/artifacts.ts'
import { type StoredVersion, versionOf } from '../store/versions.ts'

/** The present version as it could be sent again. */
export async function orderOf(tx: Tx, { artifactId, version }: StoredArtifact): Promise<VersionOrder> {
  const now = await versionOf(tx, artifactId, version)
  assertInvariant(now !== null, 'an artifact has the version that holds')
  return {
    content: contentOf(now),
    path: now.path,
    operation: now.operation,
    claims: now.claims.filter(({ derived }) => !derived).map(({ derived: _, ...claim }) => claim),
    requirements: now.requirements.filter(({ from }) => from === null).map(({ from: _, ...one }) => one),
  }
}

function contentOf({ contentKind, content }: Pick<StoredVersion, 'contentKind' | 'content'>): JsonValue {
  return contentKind === 'text' ? content : (JSON.parse(content) as JsonValue)
}

export function shownVersion(
  version: Pick<
    StoredVersion,
    | 'version'
    | 'parentVersion'
    | 'contentHash'
    | 'contentBytes'
    | 'contentKind'
    | 'path'
    | 'operation'
    | 'createdAt'
    | 'createdBy'
    | 'origin'
  >,
): ArtifactVersion {
  const { contentHash, contentBytes, contentKind, path, operation, createdBy, origin, parentVersion } = version
  return {
    version: version.version,
    parentVersion,
    contentHash,
    contentBytes,
    contentKind,
    path,
    operation,
    createdAt: version.createdAt.toISOString(),
    createdBy,
    origin,
  }
}

export function shownVersionDetail(version: StoredVersion): ArtifactVersionDetail {
  const { claims, requirements, problems } = version
  return {
    ...shownVersion(version),
    content: contentOf(version),
    claims: [...claims],
    requirements: [...requirements],
    problems: [...problems],
  }
}
