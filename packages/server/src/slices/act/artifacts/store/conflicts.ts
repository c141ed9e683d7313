import type {
  Because,
  Conflict,
  ConflictMember,
  ConflictResolution,
  ConflictState,
  ConflictType,
  Severity,
} from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

/** A conflict as the table holds it. */
export interface StoredConflict {
  readonly conflictId: string
  readonly projectId: string
  readonly fingerprint: string
  readonly type: ConflictType
  readonly kind: string
  readonly subject: string
  readonly severity: Severity
  readonly blocking: boolean
  readonly state: ConflictState
  /** Resolved so that its members, in these versions, may be ACTIVE together. */
  readonly isWaived: boolean
  readonly because: Because
  readonly hints: string[]
  readonly witness: string | null
  readonly resolution: Conflict['resolution']
  readonly answer: ConflictResolution | null
  readonly detectedAt: Date
  readonly changedAt: Date
}

/** A member as it was when the conflict was found. */
export interface StoredMember {
  readonly conflictId: string
  readonly artifactId: string
  readonly role: ConflictMember['role']
  readonly name: string
  readonly agent: string | null
  readonly version: number
  readonly contentHash: string
  readonly claim: string
}

const columns = sql.raw(`conflict_id as "conflictId", project_id as "projectId", fingerprint, type, kind, subject,
  severity, blocking, state, is_waived as "isWaived", because, hints, witness, resolution, answer,
  detected_at as "detectedAt", changed_at as "changedAt"`)

const json = (value: unknown) => sql`${value === null ? null : JSON.stringify(value)}::jsonb`
const time = (at: Date) => sql`${at.toISOString()}::timestamptz`

export async function insertConflict(
  tx: Tx,
  conflict: StoredConflict,
  members: readonly StoredMember[],
): Promise<void> {
  await sql`
    insert into conflicts (organization_id, conflict_id, project_id, fingerprint, type, kind, subject, severity, blocking,
      state, is_waived, because, hints, witness, resolution, answer, detected_at, changed_at)
    values (${tx.organizationId}::uuid, ${conflict.conflictId}::uuid, ${conflict.projectId}::uuid,
      ${conflict.fingerprint}, ${conflict.type}, ${conflict.kind}, ${conflict.subject}, ${conflict.severity},
      ${conflict.blocking}, ${conflict.state}, ${conflict.isWaived}, ${json(conflict.because)},
      ${json(conflict.hints)}, ${conflict.witness}, ${json(conflict.resolution)}, ${json(conflict.answer)},
      ${time(conflict.detectedAt)}, ${time(conflict.changedAt)})`.execute(tx.tables())
  await sql`
    insert into conflict_members (organization_id, conflict_id, artifact_id, role, name, agent, version, content_hash,
      claim)
    select ${tx.organizationId}::uuid, ${conflict.conflictId}::uuid, m."artifactId", m.role, m.name, m.agent, m.version,
      m."contentHash", m.claim
    from jsonb_to_recordset(${JSON.stringify(members)}::jsonb)
      as m ("artifactId" uuid, role text, name text, agent text, version integer, "contentHash" text, claim text)
    `.execute(tx.tables())
}

/** Writes what may change of a conflict. */
export async function updateConflict(tx: Tx, conflict: StoredConflict): Promise<void> {
  await sql`
    update conflicts set severity = ${conflict.severity}, blocking = ${conflict.blocking}, state = ${conflict.state},
      is_waived = ${conflict.isWaived}, because = ${json(conflict.because)}, hints = ${json(conflict.hints)},
      witness = ${conflict.witness}, resolution = ${json(conflict.resolution)}, answer = ${json(conflict.answer)},
      changed_at = ${time(conflict.changedAt)}
    where organization_id = ${tx.organizationId}::uuid and conflict_id = ${conflict.conflictId}::uuid
    `.execute(tx.tables())
}

export async function conflictById(tx: Tx, conflictId: string): Promise<StoredConflict | null> {
  const { rows } = await sql<StoredConflict>`
    select ${columns} from conflicts
    where organization_id = ${tx.organizationId}::uuid and conflict_id = ${conflictId}::uuid`.execute(tx.tables())
  return rows[0] ?? null
}

export async function conflictsByFingerprint(
  tx: Tx,
  fingerprints: readonly string[],
): Promise<ReadonlyMap<string, StoredConflict>> {
  if (fingerprints.length === 0) return new Map()
  const { rows } = await sql<StoredConflict>`
    select ${columns} from conflicts
    where organization_id = ${tx.organizationId}::uuid and fingerprint = any(${fingerprints}::text[])
    `.execute(tx.tables())
  return new Map(rows.map((row) => [row.fingerprint, row]))
}

/** Members of these conflicts, the newcomer first. */
export async function membersOf(
  tx: Tx,
  conflictIds: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredMember[]>> {
  if (conflictIds.length === 0) return new Map()
  const { rows } = await sql<StoredMember>`
    select conflict_id as "conflictId", artifact_id as "artifactId", role, name, agent, version,
      content_hash as "contentHash", claim
    from conflict_members
    where organization_id = ${tx.organizationId}::uuid and conflict_id = any(${conflictIds}::uuid[])
    order by conflict_id, role, artifact_id`.execute(tx.tables())
  return Map.groupBy(rows, ({ conflictId }) => conflictId)
}

/** Conflicts that wait in which this artifact takes part, of one role or of both (null). */
export async function openConflictsOf(
  tx: Tx,
  artifactId: string,
  role: ConflictMember['role'] | null,
): Promise<readonly StoredConflict[]> {
  const { rows } = await sql<StoredConflict>`
    select ${columns} from conflicts c
    where c.organization_id = ${tx.organizationId}::uuid and c.state in ('open', 'escalated')
      and exists (select from conflict_members m
        where m.organization_id = c.organization_id and m.conflict_id = c.conflict_id
          and m.artifact_id = ${artifactId}::uuid and (${role}::text is null or m.role = ${role}::text))
    order by c.conflict_id`.execute(tx.tables())
  return rows
}

/** How many conflicts wait in which each of these takes part. */
export async function openCounts(tx: Tx, artifactIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (artifactIds.length === 0) return new Map()
  const { rows } = await sql<{ artifactId: string; count: number }>`
    select m.artifact_id as "artifactId", count(*)::int as count from conflict_members m
    join conflicts c on c.organization_id = m.organization_id and c.conflict_id = m.conflict_id
    where m.organization_id = ${tx.organizationId}::uuid and m.artifact_id = any(${artifactIds}::uuid[])
      and c.state in ('open', 'escalated')
    group by m.artifact_id`.execute(tx.tables())
  return new Map(rows.map(({ artifactId, count }) => [artifactId, count]))
}

export interface ConflictFilter {
  readonly projectId: string | null
  readonly severity: Severity | null
  readonly type: ConflictType | null
  readonly state: ConflictState | null
  readonly artifactId: string | null
}

/** The newest first, from behind `before` on. */
export async function selectConflicts(
  tx: Tx,
  { projectId, severity, type, state, artifactId }: ConflictFilter,
  before: string | null,
  limit: number,
): Promise<readonly StoredConflict[]> {
  const { rows } = await sql<StoredConflict>`
    select ${columns} from conflicts c
    where c.organization_id = ${tx.organizationId}::uuid
      and (${projectId}::uuid is null or c.project_id = ${projectId}::uuid)
      and (${severity}::text is null or c.severity = ${severity}::text)
      and (${type}::text is null or c.type = ${type}::text)
      and (${state}::text is null or c.state = ${state}::text)
      and (${artifactId}::uuid is null or exists (select from conflict_members m
        where m.organization_id = c.organization_id and m.conflict_id = c.conflict_id
          and m.artifact_id = ${artifactId}::uuid))
      and (${before}::uuid is null or c.conflict_id < ${before}::uuid)
    order by c.conflict_id desc limit ${limit}`.execute(tx.tables())
  return rows
}

/** Those that wait, the oldest first, of one project or of all (null); those that block alone, or all. */
export async function waitingConflicts(
  tx: Tx,
  projectId: string | null,
  which: { readonly blockingOnly: boolean; readonly limit: number },
): Promise<readonly StoredConflict[]> {
  const { rows } = await sql<StoredConflict>`
    select ${columns} from conflicts
    where organization_id = ${tx.organizationId}::uuid and state in ('open', 'escalated')
      and (${projectId}::uuid is null or project_id = ${projectId}::uuid)
      and (blocking or not ${which.blockingOnly}::boolean)
    order by conflict_id limit ${which.limit}`.execute(tx.tables())
  return rows
}
