import type { DependsOn } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

/** Who rests on something. */
export interface Dependent {
  readonly kind: 'artifact' | 'task'
  readonly id: string
  readonly projectId: string
}

export interface Edge {
  readonly fromKind: 'artifact' | 'task'
  readonly fromId: string
  readonly toKind: DependsOn['kind']
  readonly toId: string
  readonly reason: 'declared' | 'serialised'
}

const columns = sql.raw(`from_kind as "fromKind", from_id as "fromId", to_kind as "toKind", to_id as "toId", reason`)

/** Puts these in place of what was declared; the order that resolutions made stays. */
export async function replaceDependencies(tx: Tx, from: Dependent, dependsOn: readonly DependsOn[]): Promise<void> {
  await sql`
    delete from artifact_dependencies
    where organization_id = ${tx.organizationId}::uuid and from_kind = ${from.kind} and from_id = ${from.id}::uuid
      and reason = 'declared'`.execute(tx.tables())
  for (const { kind, id } of dependsOn) await addDependency(tx, from, { kind, id }, 'declared')
}

export async function addDependency(tx: Tx, from: Dependent, to: DependsOn, reason: Edge['reason']): Promise<void> {
  await sql`
    insert into artifact_dependencies (organization_id, from_kind, from_id, to_kind, to_id, project_id, reason)
    values (${tx.organizationId}::uuid, ${from.kind}, ${from.id}::uuid, ${to.kind}, ${to.id}, ${from.projectId}::uuid,
      ${reason})
    on conflict do nothing`.execute(tx.tables())
}

/** Forgets what something rests on, with the order that resolutions made. */
export async function dropDependencies(tx: Tx, kind: Dependent['kind'], id: string): Promise<void> {
  await sql`
    delete from artifact_dependencies
    where organization_id = ${tx.organizationId}::uuid and from_kind = ${kind} and from_id = ${id}::uuid
    `.execute(tx.tables())
}

/** What these rest on, by their ids. */
export async function dependenciesOf(
  tx: Tx,
  kind: Dependent['kind'],
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly Edge[]>> {
  const { rows } = await sql<Edge>`
    select ${columns} from artifact_dependencies
    where organization_id = ${tx.organizationId}::uuid and from_kind = ${kind} and from_id = any(${ids}::uuid[])
    order by from_id, to_kind, to_id`.execute(tx.tables())
  return Map.groupBy(rows, ({ fromId }) => fromId)
}

/** What rests on this. */
export async function dependentsOf(tx: Tx, kind: DependsOn['kind'], id: string): Promise<readonly Edge[]> {
  const { rows } = await sql<Edge>`
    select ${columns} from artifact_dependencies
    where organization_id = ${tx.organizationId}::uuid and to_kind = ${kind} and to_id = ${id}
    order by from_kind, from_id limit 1000`.execute(tx.tables())
  return rows
}

/** The edges of a project, without those of what has ended: it waits for nothing any more. */
export async function edgesOf(tx: Tx, projectId: string): Promise<readonly Edge[]> {
  const { rows } = await sql<Edge>`
    select ${columns} from artifact_dependencies d
    where d.organization_id = ${tx.organizationId}::uuid and d.project_id = ${projectId}::uuid
      and not exists (select from artifacts a
        where a.organization_id = d.organization_id and d.from_kind = 'artifact' and a.artifact_id = d.from_id
          and a.state in ('SUPERSEDED', 'ARCHIVED'))
      and not exists (select from tasks t
        where t.organization_id = d.organization_id and d.from_kind = 'task' and t.task_id = d.from_id
          and t.status in ('completed', 'cancelled'))
    order by d.from_kind, d.from_id, d.to_kind, d.to_id`.execute(tx.tables())
  return rows
}
