import type { JsonValue, TaskStatus } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

/** A task as the table holds it. */
export interface StoredTask {
  readonly taskId: string
  readonly projectId: string
  readonly title: string
  readonly titleKey: string
  readonly description: string | null
  readonly status: TaskStatus
  readonly agent: string | null
  readonly priority: number
  readonly inputs: JsonValue
  readonly inputsDigest: string
  readonly revision: number
  readonly createdAt: Date
  readonly createdBy: string
  readonly changedAt: Date
}

const columns = sql.raw(`task_id as "taskId", project_id as "projectId", title, title_key as "titleKey", description,
  status, agent, priority, inputs, inputs_digest as "inputsDigest", revision, created_at as "createdAt",
  created_by as "createdBy", changed_at as "changedAt"`)

export async function insertTask(tx: Tx, task: StoredTask): Promise<void> {
  await sql`
    insert into tasks (organization_id, task_id, project_id, title, title_key, description, status, agent, priority,
      inputs, inputs_digest, revision, created_at, created_by, changed_at)
    values (${tx.organizationId}::uuid, ${task.taskId}::uuid, ${task.projectId}::uuid, ${task.title}, ${task.titleKey},
      ${task.description}, ${task.status}, ${task.agent}, ${task.priority}, ${JSON.stringify(task.inputs)}::jsonb,
      ${task.inputsDigest}, ${task.revision}, ${task.createdAt.toISOString()}::timestamptz, ${task.createdBy},
      ${task.changedAt.toISOString()}::timestamptz)`.execute(tx.tables())
}

/** One task that is not removed. */
export async function taskById(tx: Tx, taskId: string, lock = false): Promise<StoredTask | null> {
  const { rows } = await sql<StoredTask>`
    select ${columns} from tasks
    where organization_id = ${tx.organizationId}::uuid and task_id = ${taskId}::uuid and removed_at is null
    ${lock ? sql`for update` : sql``}`.execute(tx.tables())
  return rows[0] ?? null
}

/** Those that are there, removed or not. */
export async function tasksByIds(tx: Tx, taskIds: readonly string[]): Promise<readonly StoredTask[]> {
  if (taskIds.length === 0) return []
  const { rows } = await sql<StoredTask>`
    select ${columns} from tasks
    where organization_id = ${tx.organizationId}::uuid and task_id = any(${taskIds}::uuid[])`.execute(tx.tables())
  return rows
}

export async function updateTask(tx: Tx, task: StoredTask, removedAt: Date | null = null): Promise<void> {
  await sql`
    update tasks set title = ${task.title}, title_key = ${task.titleKey}, description = ${task.description},
      status = ${task.status}, agent = ${task.agent}, priority = ${task.priority}, revision = ${task.revision},
      changed_at = ${task.changedAt.toISOString()}::timestamptz,
      removed_at = ${removedAt?.toISOString() ?? null}::timestamptz
    where organization_id = ${tx.organizationId}::uuid and task_id = ${task.taskId}::uuid`.execute(tx.tables())
}

/** Removes every task of a project. */
export async function removeTasksOf(tx: Tx, projectId: string, at: Date): Promise<void> {
  await sql`
    update tasks set removed_at = ${at.toISOString()}::timestamptz, changed_at = ${at.toISOString()}::timestamptz,
      revision = revision + 1
    where organization_id = ${tx.organizationId}::uuid and project_id = ${projectId}::uuid and removed_at is null
    `.execute(tx.tables())
}

export interface TaskFilter {
  readonly projectId: string | null
  readonly status: TaskStatus | null
  readonly agent: string | null
}

/** The newest first, from behind `before` on. */
export async function selectTasks(
  tx: Tx,
  { projectId, status, agent }: TaskFilter,
  before: string | null,
  limit: number,
): Promise<readonly StoredTask[]> {
  const { rows } = await sql<StoredTask>`
    select ${columns} from tasks
    where organization_id = ${tx.organizationId}::uuid and removed_at is null
      and (${projectId}::uuid is null or project_id = ${projectId}::uuid)
      and (${status}::text is null or status = ${status}::text)
      and (${agent}::text is null or agent = ${agent}::text)
      and (${before}::uuid is null or task_id < ${before}::uuid)
    order by task_id desc limit ${limit}`.execute(tx.tables())
  return rows
}
