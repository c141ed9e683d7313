import type { ArtifactState, ProjectStatus } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

/** A project as the table holds it. */
export interface StoredProject {
  readonly projectId: string
  readonly name: string
  readonly description: string | null
  readonly status: ProjectStatus
  readonly revision: number
  readonly createdAt: Date
  readonly createdBy: string
  readonly changedAt: Date
}

const columns = sql.raw(`project_id as "projectId", name, description, status, revision, created_at as "createdAt",
  created_by as "createdBy", changed_at as "changedAt"`)

/**
 * Held to the end of the transaction by whoever looks for conflicts in a project or changes what they rest on; taken before
 * anything of it is read. One lock a transaction, so that nobody waits in a circle.
 */
export async function lockProject(tx: Tx, projectId: string): Promise<void> {
  const name = `${tx.organizationId} ${projectId}`
  await sql`select pg_advisory_xact_lock(hashtext('metaagent_artifacts'), hashtext(${name}))`.execute(tx.tables())
}

/** Writes a new project; false when an open one has its name. */
export async function insertProject(tx: Tx, project: StoredProject): Promise<boolean> {
  const { rows } = await sql`
    insert into projects (organization_id, project_id, name, description, status, revision, created_at, created_by,
      changed_at)
    values (${tx.organizationId}::uuid, ${project.projectId}::uuid, ${project.name}, ${project.description},
      ${project.status}, ${project.revision}, ${project.createdAt.toISOString()}::timestamptz, ${project.createdBy},
      ${project.changedAt.toISOString()}::timestamptz)
    on conflict do nothing returning project_id`.execute(tx.tables())
  return rows.length > 0
}

export async function projectById(tx: Tx, projectId: string, lock = false): Promise<StoredProject | null> {
  const { rows } = await sql<StoredProject>`
    select ${columns} from projects
    where organization_id = ${tx.organizationId}::uuid and project_id = ${projectId}::uuid
    ${lock ? sql`for update` : sql``}`.execute(tx.tables())
  return rows[0] ?? null
}

/** The open project of a name, in any case. */
export async function projectByName(tx: Tx, name: string): Promise<StoredProject | null> {
  const { rows } = await sql<StoredProject>`
    select ${columns} from projects
    where organization_id = ${tx.organizationId}::uuid and lower(name) = lower(${name}) and status <> 'archived'
    limit 1`.execute(tx.tables())
  return rows[0] ?? null
}

export async function updateProject(tx: Tx, project: StoredProject): Promise<void> {
  await sql`
    update projects set name = ${project.name}, description = ${project.description}, status = ${project.status},
      revision = ${project.revision}, changed_at = ${project.changedAt.toISOString()}::timestamptz
    where organization_id = ${tx.organizationId}::uuid and project_id = ${project.projectId}::uuid`.execute(tx.tables())
}

export interface ProjectFilter {
  readonly status: ProjectStatus | null
  readonly q: string | null
}

/** The newest first, from behind `before` on; without a status all that are not archived. */
export async function selectProjects(
  tx: Tx,
  { status, q }: ProjectFilter,
  before: string | null,
  limit: number,
): Promise<readonly StoredProject[]> {
  const { rows } = await sql<StoredProject>`
    select ${columns} from projects
    where organization_id = ${tx.organizationId}::uuid
      and (case when ${status}::text is null then status <> 'archived' else status = ${status}::text end)
      and (${q}::text is null or strpos(lower(name), lower(${q}::text)) > 0)
      and (${before}::uuid is null or project_id < ${before}::uuid)
    order by project_id desc limit ${limit}`.execute(tx.tables())
  return rows
}

export interface ProjectCounts {
  readonly artifacts: Readonly<Record<ArtifactState, number>>
  readonly openConflicts: number
}

/** How many artifacts are in which state, and how many conflicts wait. */
export async function countsOf(tx: Tx, projectIds: readonly string[]): Promise<ReadonlyMap<string, ProjectCounts>> {
  const none = { DRAFT: 0, ACTIVE: 0, BLOCKED: 0, SUPERSEDED: 0, ARCHIVED: 0 }
  const counts = new Map(projectIds.map((id) => [id, { artifacts: { ...none }, openConflicts: 0 }]))
  const { rows } = await sql<{ projectId: string; state: ArtifactState | null; count: number }>`
    select project_id as "projectId", state, count(*)::int as count from artifacts
    where organization_id = ${tx.organizationId}::uuid and project_id = any(${projectIds}::uuid[])
    group by project_id, state
    union all
    select project_id, null, count(*)::int from conflicts
    where organization_id = ${tx.organizationId}::uuid and project_id = any(${projectIds}::uuid[])
      and state in ('open', 'escalated')
    group by project_id`.execute(tx.tables())
  for (const { projectId, state, count } of rows) {
    const own = counts.get(projectId)
    if (own === undefined) continue
    if (state === null) own.openConflicts = count
    else own.artifacts[state] = count
  }
  return counts
}
