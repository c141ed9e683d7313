import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { ChaosDefinition } from '../model/definition.ts'

const iso = (at: Instant | null) => (at === null ? null : new Date(at).toISOString())

/** An experiment as the table holds it. */
export interface StoredExperiment {
  readonly experimentId: string
  readonly version: number
  readonly definition: ChaosDefinition
  readonly nextRunAt: Date | null
  readonly changedAt: Date
  readonly changedBy: string
  readonly approvalId: string | null
}

const columns = sql.raw(`experiment_id as "experimentId", version, definition, next_run_at as "nextRunAt",
  changed_at as "changedAt", changed_by as "changedBy", approval_id as "approvalId"`)

/** By name, from behind `after` on; of one environment or of all (null). */
export async function selectExperiments(
  tx: Tx,
  environment: string | null,
  after: string | null,
  limit: number,
): Promise<readonly StoredExperiment[]> {
  const { rows } = await sql<StoredExperiment>`
    select ${columns} from chaos_experiments
    where organization_id = ${tx.organizationId}::uuid and archived_at is null
      and (${environment}::text is null or environment = ${environment}::text)
      and (${after}::text is null or name > ${after}::text)
    order by name limit ${limit}`.execute(tx.tables())
  return rows
}

/** One experiment that is not removed; `lock` keeps two from starting it at once. */
export async function experimentById(tx: Tx, experimentId: string, lock = false): Promise<StoredExperiment | null> {
  const { rows } = await sql<StoredExperiment>`
    select ${columns} from chaos_experiments
    where organization_id = ${tx.organizationId}::uuid and experiment_id = ${experimentId}::uuid
      and archived_at is null ${lock ? sql`for update` : sql``}`.execute(tx.tables())
  return rows[0] ?? null
}

/** Whether another experiment has this name. */
export async function isNameTaken(tx: Tx, name: string, except: string | null): Promise<boolean> {
  const { rows } = await sql`
    select 1 from chaos_experiments
    where organization_id = ${tx.organizationId}::uuid and archived_at is null and name = ${name}
      and experiment_id is distinct from ${except}::uuid`.execute(tx.tables())
  return rows.length > 0
}

/** Experiments whose time has come, locked; those that another process takes are passed over. */
export async function lockDue(tx: Tx, now: Instant): Promise<readonly StoredExperiment[]> {
  const { rows } = await sql<StoredExperiment>`
    select ${columns} from chaos_experiments
    where organization_id = ${tx.organizationId}::uuid and archived_at is null
      and next_run_at <= ${iso(now)}::timestamptz
    order by next_run_at, experiment_id limit 20 for update skip locked`.execute(tx.tables())
  return rows
}

/** Moves the next time of an experiment: what makes a run somebody's. */
export async function moveNextRun(tx: Tx, experimentId: string, nextRunAt: Instant | null): Promise<void> {
  await sql`
    update chaos_experiments set next_run_at = ${iso(nextRunAt)}::timestamptz
    where organization_id = ${tx.organizationId}::uuid and experiment_id = ${experimentId}::uuid`.execute(tx.tables())
}

export interface SavedExperiment {
  readonly experimentId: string
  readonly version: number
  readonly definition: ChaosDefinition
  readonly nextRunAt: Instant | null
  readonly approvalId: string | null
  readonly at: Instant
  readonly by: string
}

/** Writes an experiment, new or changed. */
export async function saveExperiment(tx: Tx, saved: SavedExperiment): Promise<void> {
  const { experimentId, version, definition, nextRunAt, approvalId, at, by } = saved
  await sql`
    insert into chaos_experiments (organization_id, experiment_id, version, name, definition, environment, next_run_at,
      changed_at, changed_by, approval_id)
    values (${tx.organizationId}::uuid, ${experimentId}::uuid, ${version}, ${definition.name},
      ${JSON.stringify(definition)}::jsonb, ${definition.environment}, ${iso(nextRunAt)}::timestamptz,
      ${iso(at)}::timestamptz, ${by}, ${approvalId}::uuid)
    on conflict (organization_id, experiment_id) do update set version = excluded.version, name = excluded.name,
      definition = excluded.definition, environment = excluded.environment, next_run_at = excluded.next_run_at,
      changed_at = excluded.changed_at, changed_by = excluded.changed_by,
      approval_id = excluded.approval_id`.execute(tx.tables())
}

/** Ends an experiment; its runs stay. */
export async function archiveExperiment(tx: Tx, experimentId: string, at: Instant): Promise<void> {
  await sql`
    update chaos_experiments set archived_at = ${iso(at)}::timestamptz, next_run_at = null
    where organization_id = ${tx.organizationId}::uuid and experiment_id = ${experimentId}::uuid`.execute(tx.tables())
}
