import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'
import type {
  RecordedAgent,
  RecordedEnvironment,
  RecordedRelease,
  SeenAgent,
  SeenEnvironment,
  SeenRelease,
  Span,
} from '../model.ts'
import { instant, tables } from './tables.ts'

/** Inserts agents that nobody else has; returns the ids that were taken. `agents` must be sorted by name. */
export async function insertAgents(
  tx: Tx,
  agents: readonly (SeenAgent & { readonly agentId: string })[],
): Promise<readonly string[]> {
  const { rows } = await sql<{ agent_id: string }>`
    insert into agent_registry (organization_id, agent_id, name, domain, first_seen_at, last_seen_at)
    select ${tx.organizationId}::uuid, * from unnest(
      ${agents.map((agent) => agent.agentId)}::uuid[], ${agents.map((agent) => agent.name)}::text[],
      ${agents.map((agent) => agent.domain)}::text[],
      ${agents.map((agent) => new Date(agent.firstAt))}::timestamptz[],
      ${agents.map((agent) => new Date(agent.lastAt))}::timestamptz[])
    on conflict (organization_id, name) do nothing
    returning agent_id`.execute(tables(tx))
  return rows.map((row) => row.agent_id)
}

/** Which agents have these names. */
export async function agentsByName(tx: Tx, names: readonly string[]): Promise<readonly RecordedAgent[]> {
  const rows = await tables(tx)
    .selectFrom('agent_registry')
    .select(['agent_id', 'name', 'first_seen_at', 'last_seen_at'])
    .where('organization_id', '=', tx.organizationId)
    .where('name', 'in', names)
    .execute()
  return rows.map((row) => ({ agentId: row.agent_id, name: row.name, ...spanOf(row) }))
}

function spanOf(row: { readonly first_seen_at: Date; readonly last_seen_at: Date | null }): Span {
  return { firstAt: instant(row.first_seen_at), lastAt: instant(row.last_seen_at ?? row.first_seen_at) }
}

/** Widens the recorded spans; rows are locked in the order of their ids, so that two writers cannot deadlock. */
export async function widenAgents(tx: Tx, agents: readonly RecordedAgent[]): Promise<void> {
  await sql`
    with seen as (
      select * from unnest(${agents.map((agent) => agent.agentId)}::uuid[],
        ${agents.map((agent) => new Date(agent.firstAt))}::timestamptz[],
        ${agents.map((agent) => new Date(agent.lastAt))}::timestamptz[]) as s(agent_id, first_at, last_at)
    ), locked as (
      select a.agent_id from agent_registry a
      where a.organization_id = ${tx.organizationId} and a.agent_id in (select agent_id from seen)
      order by a.agent_id for no key update
    )
    update agent_registry a
    set first_seen_at = least(a.first_seen_at, s.first_at), last_seen_at = greatest(a.last_seen_at, s.last_at)
    from seen s join locked l on l.agent_id = s.agent_id
    where a.organization_id = ${tx.organizationId} and a.agent_id = s.agent_id`.execute(tables(tx))
}

/** Inserts environments that are not there; returns the names that were new. */
export async function insertEnvironments(tx: Tx, environments: readonly SeenEnvironment[]): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    insert into environments (organization_id, name, first_seen_at)
    select ${tx.organizationId}::uuid, * from unnest(
      ${environments.map(({ name }) => name)}::text[], ${environments.map(({ firstAt }) => new Date(firstAt))}::timestamptz[])
    on conflict (organization_id, name) do nothing
    returning name`.execute(tables(tx))
  return rows.map((row) => row.name)
}

/** Which environments have these names. */
export async function environmentsByName(tx: Tx, names: readonly string[]): Promise<readonly RecordedEnvironment[]> {
  const rows = await tables(tx)
    .selectFrom('environments')
    .select(['name', 'first_seen_at'])
    .where('organization_id', '=', tx.organizationId)
    .where('name', 'in', names)
    .execute()
  return rows.map((row) => ({ name: row.name, firstAt: instant(row.first_seen_at) }))
}

/** Moves first sightings back, in the order of the names. */
export async function widenEnvironments(tx: Tx, environments: readonly RecordedEnvironment[]): Promise<void> {
  await sql`
    with seen as (
      select * from unnest(${environments.map(({ name }) => name)}::text[],
        ${environments.map(({ firstAt }) => new Date(firstAt))}::timestamptz[]) as s(name, first_at)
    ), locked as (
      select e.name from environments e
      where e.organization_id = ${tx.organizationId} and e.name in (select name from seen)
      order by e.name for no key update
    )
    update environments e set first_seen_at = least(e.first_seen_at, s.first_at)
    from seen s join locked l on l.name = s.name
    where e.organization_id = ${tx.organizationId} and e.name = s.name`.execute(tables(tx))
}

/** Inserts releases that nobody else has; returns the ids that were taken. */
export async function insertReleases(
  tx: Tx,
  releases: readonly (SeenRelease & { readonly releaseId: string; readonly agentId: string })[],
): Promise<readonly string[]> {
  const { rows } = await sql<{ release_id: string }>`
    insert into releases (organization_id, release_id, agent_id, name, first_seen_at, last_seen_at, models)
    select ${tx.organizationId}::uuid, release_id, agent_id, name, first_at, last_at,
      array(select jsonb_array_elements_text(models))
    from unnest(
      ${releases.map((release) => release.releaseId)}::uuid[], ${releases.map((release) => release.agentId)}::uuid[],
      ${releases.map((release) => release.name)}::text[],
      ${releases.map((release) => new Date(release.firstAt))}::timestamptz[],
      ${releases.map((release) => new Date(release.lastAt))}::timestamptz[],
      ${releases.map((release) => JSON.stringify(release.models))}::jsonb[])
      as r(release_id, agent_id, name, first_at, last_at, models)
    on conflict (organization_id, agent_id, name) do nothing
    returning release_id`.execute(tables(tx))
  return rows.map((row) => row.release_id)
}

/** Which of these agents' releases are there. */
export async function releasesOfAgents(
  tx: Tx,
  agentIds: readonly string[],
  names: readonly string[],
): Promise<readonly RecordedRelease[]> {
  const rows = await tables(tx)
    .selectFrom('releases')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .where('agent_id', 'in', agentIds)
    .where('name', 'in', names)
    .execute()
  return rows.map((row) => ({
    releaseId: row.release_id,
    agentId: row.agent_id,
    name: row.name,
    models: row.models,
    ...spanOf(row),
  }))
}

/**
 * Widens spans and sets of models of releases. Locks all of `lockedIds`, in their order, and not only those that change:
 * the same transaction will count executions of any of them, and locks taken in two goes can meet another writer's.
 */
export async function widenReleases(
  tx: Tx,
  releases: readonly RecordedRelease[],
  lockedIds: readonly string[],
): Promise<void> {
  await sql`
    with seen as (
      select * from unnest(${releases.map((release) => release.releaseId)}::uuid[],
        ${releases.map((release) => new Date(release.firstAt))}::timestamptz[],
        ${releases.map((release) => new Date(release.lastAt))}::timestamptz[],
        ${releases.map((release) => JSON.stringify(release.models))}::jsonb[]) as s(release_id, first_at, last_at, models)
    ), locked as (
      select r.release_id from releases r
      where r.organization_id = ${tx.organizationId} and r.release_id = any(${lockedIds}::uuid[])
      order by r.release_id for no key update
    )
    update releases r
    set first_seen_at = least(r.first_seen_at, s.first_at), last_seen_at = greatest(r.last_seen_at, s.last_at),
      models = array(select distinct m from (
        select unnest(r.models) as m union all select jsonb_array_elements_text(s.models)) all_models order by m)
    from seen s join locked l on l.release_id = s.release_id
    where r.organization_id = ${tx.organizationId} and r.release_id = s.release_id`.execute(tables(tx))
}

/** Adds to the counts of executions, with the commit; negative when an execution moves to another release. */
export function addExecutionCounts(tx: Tx, countByRelease: ReadonlyMap<string, number>): void {
  const ids = [...countByRelease.keys()].sort()
  const counts = sql`
    with seen as (
      select * from unnest(${ids}::uuid[], ${ids.map((id) => countByRelease.get(id) ?? 0)}::int8[]) as s(release_id, executions)
    ), locked as (
      select r.release_id from releases r
      where r.organization_id = ${tx.organizationId} and r.release_id in (select release_id from seen)
      order by r.release_id for no key update
    )
    update releases r set execution_count = r.execution_count + s.executions
    from seen s join locked l on l.release_id = s.release_id
    where r.organization_id = ${tx.organizationId} and r.release_id = s.release_id`
  tx.atCommit(counts.compile(tables(tx)))
}
