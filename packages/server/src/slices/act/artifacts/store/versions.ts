import type { ArtifactVersion, Decision } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import { type OwnClaim, type OwnRequirement, pathClaimOf, type ReadVersion } from '../model/content.ts'
import { decisionKey } from '../model/content-shapes.ts'
import { packageKey } from '../model/detect-versions.ts'
import { type PathClaim, readClaim } from '../model/paths/claims.ts'
import type { VersionRequirement } from '../model/versions/requirement.ts'

/** A version as the table holds it. */
export interface StoredVersion extends Omit<ReadVersion, 'decisions'> {
  readonly version: number
  readonly parentVersion: number | null
  readonly origin: ArtifactVersion['origin']
  readonly createdAt: Date
  readonly createdBy: string
}

const heads = `version, parent_version as "parentVersion", content_kind as "contentKind", content_hash as "contentHash",
  content_bytes as "contentBytes", path, operation, origin, created_at as "createdAt", created_by as "createdBy"`
const columns = sql.raw(`${heads}, content, claims, requirements, problems`)

export async function insertVersion(tx: Tx, artifactId: string, version: StoredVersion): Promise<void> {
  const json = (value: readonly unknown[]) => sql`${JSON.stringify(value)}::jsonb`
  await sql`
    insert into artifact_versions (organization_id, artifact_id, version, parent_version, content_kind, content,
      content_hash, content_bytes, path, operation, claims, requirements, problems, origin, created_at, created_by)
    values (${tx.organizationId}::uuid, ${artifactId}::uuid, ${version.version}, ${version.parentVersion},
      ${version.contentKind}, ${version.content}, ${version.contentHash}, ${version.contentBytes}, ${version.path},
      ${version.operation}, ${json(version.claims)}, ${json(version.requirements)}, ${json(version.problems)},
      ${version.origin}, ${version.createdAt.toISOString()}::timestamptz, ${version.createdBy})`.execute(tx.tables())
}

export async function versionOf(tx: Tx, artifactId: string, version: number): Promise<StoredVersion | null> {
  const { rows } = await sql<StoredVersion>`
    select ${columns} from artifact_versions
    where organization_id = ${tx.organizationId}::uuid and artifact_id = ${artifactId}::uuid and version = ${version}
    `.execute(tx.tables())
  return rows[0] ?? null
}

/** The newest first, without their contents. */
export async function versionHeads(
  tx: Tx,
  artifactId: string,
  limit: number,
): Promise<readonly Omit<StoredVersion, 'content' | 'claims' | 'requirements' | 'problems'>[]> {
  const { rows } = await sql<StoredVersion>`
    select ${sql.raw(heads)} from artifact_versions
    where organization_id = ${tx.organizationId}::uuid and artifact_id = ${artifactId}::uuid
    order by version desc limit ${limit}`.execute(tx.tables())
  return rows
}

interface ClaimRow {
  readonly kind: 'path' | 'requirement' | 'decision'
  readonly key: string
  readonly isPattern: boolean
  readonly claim: unknown
}

interface Claimant {
  readonly artifactId: string
  readonly projectId: string
}

/** Puts what a version claims in place of what the artifact claimed. */
export async function replaceClaims(
  tx: Tx,
  { artifactId, projectId }: Claimant,
  { claims, requirements, decisions }: Pick<ReadVersion, 'claims' | 'requirements' | 'decisions'>,
): Promise<void> {
  await sql`delete from artifact_claims
    where organization_id = ${tx.organizationId}::uuid and artifact_id = ${artifactId}::uuid`.execute(tx.tables())
  const rows = [...claims.flatMap(rowsOfClaim), ...requirements.map(rowOfRequirement), ...decisions.map(rowOfDecision)]
  if (rows.length === 0) return
  await sql`
    insert into artifact_claims (organization_id, artifact_id, position, project_id, kind, key, is_pattern, claim,
      is_active)
    select ${tx.organizationId}::uuid, ${artifactId}::uuid, (r.ordinality)::int, ${projectId}::uuid, r.value->>'kind',
      r.value->>'key', (r.value->>'isPattern')::boolean, r.value->'claim', false
    from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) with ordinality as r`.execute(tx.tables())
}

/** A rename stands under both of its paths. */
function rowsOfClaim(claim: OwnClaim): readonly ClaimRow[] {
  const read = readClaim(pathClaimOf(claim, ''))
  if (!read.ok) return []
  const row = { kind: 'path', claim, isPattern: read.value.glob !== null } as const
  return row.isPattern ? [{ ...row, key: claim.path }] : read.value.touches.map(({ key }) => ({ ...row, key }))
}

function rowOfRequirement(requirement: OwnRequirement): ClaimRow {
  return { kind: 'requirement', key: packageKey(requirement), isPattern: false, claim: requirement }
}

function rowOfDecision(decision: Decision): ClaimRow {
  return { kind: 'decision', key: decisionKey(decision), isPattern: false, claim: decision }
}

export async function setClaimsActive(tx: Tx, artifactId: string, isActive: boolean): Promise<void> {
  await sql`update artifact_claims set is_active = ${isActive}
    where organization_id = ${tx.organizationId}::uuid and artifact_id = ${artifactId}::uuid
      and is_active <> ${isActive}`.execute(tx.tables())
}

/**
 * Claims of ACTIVE artifacts that may meet these: at the same key, above it, below it, and all patterns. Whoever claims a
 * pattern is shown all.
 */
export async function nearPathClaims(
  tx: Tx,
  projectId: string,
  own: readonly OwnClaim[],
): Promise<readonly PathClaim[]> {
  if (own.length === 0) return []
  const rows = own.flatMap(rowsOfClaim)
  const all = rows.some(({ isPattern }) => isPattern)
  const keys = rows.map(({ key }) => key)
  const above = keys.flatMap(foldersOf)
  const near = await sql<{ artifactId: string; claim: OwnClaim }>`
    select distinct on (c.artifact_id, c.claim) c.artifact_id as "artifactId", c.claim from artifact_claims c
    where c.organization_id = ${tx.organizationId}::uuid and c.project_id = ${projectId}::uuid and c.kind = 'path'
      and c.is_active and (${all}::boolean or c.is_pattern or c.key = any(${[...keys, ...above]}::text[])
        or exists (select from unnest(${keys}::text[]) as own (key)
          where c.key > (own.key || '/') collate "C" and c.key < (own.key || '0') collate "C"))
    order by c.artifact_id, c.claim`.execute(tx.tables())
  return near.rows.map(({ artifactId, claim }) => pathClaimOf(claim, artifactId))
}

function foldersOf(key: string): readonly string[] {
  const names = key.split('/')
  return names.slice(1).map((_, at) => names.slice(0, at + 1).join('/'))
}

/** Requirements of ACTIVE artifacts for the packages of these. */
export async function nearRequirements(
  tx: Tx,
  projectId: string,
  own: readonly OwnRequirement[],
): Promise<readonly VersionRequirement[]> {
  const found = await nearClaims<OwnRequirement>(tx, projectId, 'requirement', own.map(packageKey))
  return found.map(({ artifactId, claim: { ecosystem, name, range } }) => ({
    ecosystem,
    name,
    range,
    holder: artifactId,
  }))
}

/** Decisions of ACTIVE artifacts for the requirements of these. */
export async function nearDecisions(
  tx: Tx,
  projectId: string,
  own: readonly Decision[],
): Promise<readonly { readonly artifactId: string; readonly claim: Decision }[]> {
  return await nearClaims<Decision>(tx, projectId, 'decision', own.map(decisionKey))
}

async function nearClaims<Claim>(
  tx: Tx,
  projectId: string,
  kind: ClaimRow['kind'],
  keys: readonly string[],
): Promise<readonly { readonly artifactId: string; readonly claim: Claim }[]> {
  if (keys.length === 0) return []
  const { rows } = await sql<{ artifactId: string; claim: Claim }>`
    select artifact_id as "artifactId", claim from artifact_claims
    where organization_id = ${tx.organizationId}::uuid and project_id = ${projectId}::uuid and kind = ${kind}
      and is_active and key = any(${[...new Set(keys)]}::text[])
    order by artifact_id, position`.execute(tx.tables())
  return rows
}
