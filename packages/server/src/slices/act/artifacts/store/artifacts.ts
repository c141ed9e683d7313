import type { ArtifactState, ArtifactType, Because } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

/** An artifact as the table holds it. */
export interface StoredArtifact {
  readonly artifactId: string
  readonly projectId: string
  readonly taskId: string | null
  readonly name: string
  readonly type: ArtifactType
  readonly agent: string | null
  readonly state: ArtifactState
  readonly priority: number
  readonly version: number
  readonly contentHash: string
  readonly contentBytes: number
  readonly path: string | null
  readonly supersedes: string | null
  readonly supersededBy: string | null
  readonly activatedAt: Date | null
  readonly because: Because | null
  readonly revision: number
  readonly createdAt: Date
  readonly createdBy: string
  readonly changedAt: Date
}

const columns = sql.raw(`artifact_id as "artifactId", project_id as "projectId", task_id as "taskId", name, type, agent,
  state, priority, version, content_hash as "contentHash", content_bytes as "contentBytes", path, supersedes,
  superseded_by as "supersededBy", activated_at as "activatedAt", because, revision, created_at as "createdAt",
  created_by as "createdBy", changed_at as "changedAt"`)

const time = (at: Date | null) => sql`${at?.toISOString() ?? null}::timestamptz`

export async function insertArtifact(tx: Tx, artifact: StoredArtifact): Promise<void> {
  await sql`
    insert into artifacts (organization_id, artifact_id, project_id, task_id, name, type, agent, state, priority, version,
      content_hash, content_bytes, path, supersedes, superseded_by, activated_at, because, revision, created_at,
      created_by, changed_at)
    values (${tx.organizationId}::uuid, ${artifact.artifactId}::uuid, ${artifact.projectId}::uuid,
      ${artifact.taskId}::uuid, ${artifact.name}, ${artifact.type}, ${artifact.agent}, ${artifact.state},
      ${artifact.priority}, ${artifact.version}, ${artifact.contentHash}, ${artifact.contentBytes}, ${artifact.path},
      ${artifact.supersedes}::uuid, ${artifact.supersededBy}::uuid, ${time(artifact.activatedAt)},
      ${artifact.because === null ? null : JSON.stringify(artifact.because)}::jsonb, ${artifact.revision},
      ${time(artifact.createdAt)}, ${artifact.createdBy}, ${time(artifact.changedAt)})`.execute(tx.tables())
}

/** Writes everything but who made it and when. */
export async function updateArtifact(tx: Tx, artifact: StoredArtifact): Promise<void> {
  await sql`
    update artifacts set task_id = ${artifact.taskId}::uuid, name = ${artifact.name}, agent = ${artifact.agent},
      state = ${artifact.state}, priority = ${artifact.priority}, version = ${artifact.version},
      content_hash = ${artifact.contentHash}, content_bytes = ${artifact.contentBytes}, path = ${artifact.path},
      supersedes = ${artifact.supersedes}::uuid, superseded_by = ${artifact.supersededBy}::uuid,
      activated_at = ${time(artifact.activatedAt)},
      because = ${artifact.because === null ? null : JSON.stringify(artifact.because)}::jsonb,
      revision = ${artifact.revision}, changed_at = ${time(artifact.changedAt)}
    where organization_id = ${tx.organizationId}::uuid and artifact_id = ${artifact.artifactId}::uuid
    `.execute(tx.tables())
}

export async function artifactById(tx: Tx, artifactId: string): Promise<StoredArtifact | null> {
  const [found] = await artifactsByIds(tx, [artifactId])
  return found ?? null
}

/** Those that are there, in the order of their ids. */
export async function artifactsByIds(tx: Tx, artifactIds: readonly string[]): Promise<readonly StoredArtifact[]> {
  if (artifactIds.length === 0) return []
  const { rows } = await sql<StoredArtifact>`
    select ${columns} from artifacts
    where organization_id = ${tx.organizationId}::uuid and artifact_id = any(${artifactIds}::uuid[])
    order by artifact_id`.execute(tx.tables())
  return rows
}

export interface ArtifactFilter {
  readonly projectId: string | null
  readonly state: ArtifactState | null
  readonly type: ArtifactType | null
  readonly taskId: string | null
  readonly agent: string | null
  readonly q: string | null
}

/** The newest first, from behind `before` on. */
export async function selectArtifacts(
  tx: Tx,
  { projectId, state, type, taskId, agent, q }: ArtifactFilter,
  before: string | null,
  limit: number,
): Promise<readonly StoredArtifact[]> {
  const { rows } = await sql<StoredArtifact>`
    select ${columns} from artifacts
    where organization_id = ${tx.organizationId}::uuid
      and (${projectId}::uuid is null or project_id = ${projectId}::uuid)
      and (${state}::text is null or state = ${state}::text)
      and (${type}::text is null or type = ${type}::text)
      and (${taskId}::uuid is null or task_id = ${taskId}::uuid)
      and (${agent}::text is null or agent = ${agent}::text)
      and (${q}::text is null or strpos(lower(name), lower(${q}::text)) > 0)
      and (${before}::uuid is null or artifact_id < ${before}::uuid)
    order by artifact_id desc limit ${limit}`.execute(tx.tables())
  return rows
}

/** Of a project, those that have not ended, in the order of their ids. */
export async function artifactsInPlay(tx: Tx, projectId: string): Promise<readonly StoredArtifact[]> {
  const { rows } = await sql<StoredArtifact>`
    select ${columns} from artifacts
    where organization_id = ${tx.organizationId}::uuid and project_id = ${projectId}::uuid
      and state in ('DRAFT', 'ACTIVE', 'BLOCKED')
    order by artifact_id`.execute(tx.tables())
  return rows
}

/** Of a project, those that are BLOCKED although no open conflict blocks them any more. */
export async function needlesslyBlocked(tx: Tx, projectId: string): Promise<readonly StoredArtifact[]> {
  const { rows } = await sql<StoredArtifact>`
    select ${columns} from artifacts a
    where organization_id = ${tx.organizationId}::uuid and project_id = ${projectId}::uuid and state = 'BLOCKED'
      and not exists (
        select from conflict_members m
        join conflicts c on c.organization_id = m.organization_id and c.conflict_id = m.conflict_id
        where m.organization_id = a.organization_id and m.artifact_id = a.artifact_id and m.role = 'newcomer'
          and c.state in ('open', 'escalated') and c.blocking)
    order by artifact_id`.execute(tx.tables())
  return rows
}

/** ACTIVE artifacts of a type that were made for this task, or for one of its project with the same title and inputs. */
export async function activeTwins(
  tx: Tx,
  { taskId, type, artifactId }: { readonly taskId: string; readonly type: ArtifactType; readonly artifactId: string },
): Promise<
  readonly { artifactId: string; agent: string | null; contentHash: string; taskId: string; title: string }[]
> {
  const { rows } = await sql<{
    artifactId: string
    agent: string | null
    contentHash: string
    taskId: string
    title: string
  }>`
    select a.artifact_id as "artifactId", a.agent, a.content_hash as "contentHash", t.task_id as "taskId", t.title
    from tasks mine
    join tasks t on t.organization_id = mine.organization_id and t.project_id = mine.project_id
      and t.title_key = mine.title_key and t.inputs_digest = mine.inputs_digest
      and t.removed_at is null and t.status <> 'cancelled'
    join artifacts a on a.organization_id = t.organization_id and a.task_id = t.task_id
    where mine.organization_id = ${tx.organizationId}::uuid and mine.task_id = ${taskId}::uuid
      and a.state = 'ACTIVE' and a.type = ${type} and a.artifact_id <> ${artifactId}::uuid
    order by a.artifact_id limit 100`.execute(tx.tables())
  return rows
}

/** ACTIVE artifacts of a type and a name, in any case. */
export async function activeNamesakes(
  tx: Tx,
  { projectId, type, name }: { readonly projectId: string; readonly type: ArtifactType; readonly name: string },
): Promise<readonly StoredArtifact[]> {
  const { rows } = await sql<StoredArtifact>`
    select ${columns} from artifacts
    where organization_id = ${tx.organizationId}::uuid and project_id = ${projectId}::uuid and state = 'ACTIVE'
      and type = ${type} and lower(name) = lower(${name})
    order by artifact_id limit 20`.execute(tx.tables())
  return rows
}
