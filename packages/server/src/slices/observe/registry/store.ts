import type { Agent, Environment, Release } from '@metaagent/contract'
import { type Kysely, sql } from 'kysely'
import type { z } from 'zod'
import { type Instant, instantFromEpochMs } from '../../../kernel/instant.ts'
import type { Tx } from '../../../ports/store.ts'
import type { AgentProfile, SeenAgent, SeenRelease, Span } from './model.ts'

interface AgentRow {
  organization_id: string
  agent_id: string
  name: string
  domain: string
  owner: string | null
  description: string | null
  first_seen_at: Date
  last_seen_at: Date | null
  archived_at: Date | null
}

interface ReleaseRow {
  organization_id: string
  release_id: string
  agent_id: string
  name: string
  models: string[]
  first_seen_at: Date
  last_seen_at: Date | null
  execution_count: number
}

interface RegistryTables {
  agent_registry: AgentRow
  environments: { organization_id: string; name: string; first_seen_at: Date }
  releases: ReleaseRow
}

const tables = (tx: Tx): Kysely<RegistryTables> => tx.tables<RegistryTables>()
const instant = (at: Date): Instant => instantFromEpochMs(at.getTime())

function agentOf(row: AgentRow): Agent {
  return {
    agentId: row.agent_id,
    name: row.name,
    domain: row.domain,
    owner: row.owner,
    description: row.description,
    firstSeenAt: row.first_seen_at.toISOString(),
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    archivedAt: row.archived_at?.toISOString() ?? null,
  }
}

function releaseOf(row: ReleaseRow): Release {
  return {
    releaseId: row.release_id,
    agentId: row.agent_id,
    name: row.name,
    models: row.models,
    firstSeenAt: row.first_seen_at.toISOString(),
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    executionCount: row.execution_count,
  }
}

export interface RecordedAgent extends Span {
  readonly agentId: string
  readonly name: string
}

export interface RecordedRelease extends Span {
  readonly releaseId: string
  readonly agentId: string
  readonly name: string
  readonly models: readonly string[]
}

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
export async function widenAgents(tx: Tx, spans: readonly (Span & { readonly agentId: string })[]): Promise<void> {
  await sql`
    with seen as (
      select * from unnest(${spans.map((span) => span.agentId)}::uuid[],
        ${spans.map((span) => new Date(span.firstAt))}::timestamptz[],
        ${spans.map((span) => new Date(span.lastAt))}::timestamptz[]) as s(agent_id, first_at, last_at)
    ), locked as (
      select a.agent_id from agent_registry a
      where a.organization_id = ${tx.organizationId} and a.agent_id in (select agent_id from seen)
      order by a.agent_id for update
    )
    update agent_registry a
    set first_seen_at = least(a.first_seen_at, s.first_at), last_seen_at = greatest(a.last_seen_at, s.last_at)
    from seen s join locked l on l.agent_id = s.agent_id
    where a.organization_id = ${tx.organizationId} and a.agent_id = s.agent_id`.execute(tables(tx))
}

/** Inserts environments that are not there; returns the names that were new. */
export async function insertEnvironments(
  tx: Tx,
  environments: readonly (Span & { readonly name: string })[],
): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    insert into environments (organization_id, name, first_seen_at)
    select ${tx.organizationId}::uuid, * from unnest(
      ${environments.map(({ name }) => name)}::text[], ${environments.map(({ firstAt }) => new Date(firstAt))}::timestamptz[])
    on conflict (organization_id, name) do nothing
    returning name`.execute(tables(tx))
  return rows.map((row) => row.name)
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

/** Widens spans and sets of models of releases, in the order of their ids. */
export async function widenReleases(
  tx: Tx,
  releases: readonly (Span & { readonly releaseId: string; readonly models: readonly string[] })[],
): Promise<void> {
  await sql`
    with seen as (
      select * from unnest(${releases.map((release) => release.releaseId)}::uuid[],
        ${releases.map((release) => new Date(release.firstAt))}::timestamptz[],
        ${releases.map((release) => new Date(release.lastAt))}::timestamptz[],
        ${releases.map((release) => JSON.stringify(release.models))}::jsonb[]) as s(release_id, first_at, last_at, models)
    ), locked as (
      select r.release_id from releases r
      where r.organization_id = ${tx.organizationId} and r.release_id in (select release_id from seen)
      order by r.release_id for update
    )
    update releases r
    set first_seen_at = least(r.first_seen_at, s.first_at), last_seen_at = greatest(r.last_seen_at, s.last_at),
      models = array(select distinct m from (
        select unnest(r.models) as m union all select jsonb_array_elements_text(s.models)) all_models order by m)
    from seen s join locked l on l.release_id = s.release_id
    where r.organization_id = ${tx.organizationId} and r.release_id = s.release_id`.execute(tables(tx))
}

/** Adds to the counts of executions; negative when an execution moves to another release. */
export async function addExecutionCounts(tx: Tx, countByRelease: ReadonlyMap<string, number>): Promise<void> {
  const ids = [...countByRelease.keys()].sort()
  await sql`
    with seen as (
      select * from unnest(${ids}::uuid[], ${ids.map((id) => countByRelease.get(id) ?? 0)}::int8[]) as s(release_id, executions)
    ), locked as (
      select r.release_id from releases r
      where r.organization_id = ${tx.organizationId} and r.release_id in (select release_id from seen)
      order by r.release_id for update
    )
    update releases r set execution_count = r.execution_count + s.executions
    from seen s join locked l on l.release_id = s.release_id
    where r.organization_id = ${tx.organizationId} and r.release_id = s.release_id`.execute(tables(tx))
}

export interface AgentFilter {
  readonly q: string | null
  readonly domain: string | null
}

/** Agents by name, from behind `after` on. */
export async function selectAgents(
  tx: Tx,
  filter: AgentFilter,
  after: string | null,
  limit: number,
): Promise<readonly Agent[]> {
  let query = tables(tx)
    .selectFrom('agent_registry')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .orderBy('name')
    .limit(limit)
  if (after !== null) query = query.where('name', '>', after)
  if (filter.domain !== null) query = query.where('domain', '=', filter.domain)
  if (filter.q !== null) query = query.where('name', 'ilike', `%${filter.q.replace(/[\\%_]/g, '\\$&')}%`)
  return (await query.execute()).map(agentOf)
}

export async function selectAllAgents(tx: Tx): Promise<readonly Agent[]> {
  const rows = await tables(tx)
    .selectFrom('agent_registry')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .orderBy('name')
    .execute()
  return rows.map(agentOf)
}

export async function selectAgent(tx: Tx, agentId: string): Promise<Agent | null> {
  const row = await tables(tx)
    .selectFrom('agent_registry')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .where('agent_id', '=', agentId)
    .executeTakeFirst()
  return row === undefined ? null : agentOf(row)
}

/** The part of an agent that people change, locked until the transaction ends; null when there is no such agent. */
export async function lockProfile(tx: Tx, agentId: string): Promise<AgentProfile | null> {
  const row = await tables(tx)
    .selectFrom('agent_registry')
    .select(['domain', 'owner', 'description', 'archived_at'])
    .where('organization_id', '=', tx.organizationId)
    .where('agent_id', '=', agentId)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) return null
  const { domain, owner, description, archived_at } = row
  return { domain, owner, description, archivedAt: archived_at === null ? null : instant(archived_at) }
}

export async function saveProfile(tx: Tx, agentId: string, profile: AgentProfile): Promise<void> {
  await tables(tx)
    .updateTable('agent_registry')
    .set({
      domain: profile.domain,
      owner: profile.owner,
      description: profile.description,
      archived_at: profile.archivedAt === null ? null : new Date(profile.archivedAt),
    })
    .where('organization_id', '=', tx.organizationId)
    .where('agent_id', '=', agentId)
    .execute()
}

export async function selectEnvironments(tx: Tx): Promise<readonly z.output<typeof Environment>[]> {
  const rows = await tables(tx)
    .selectFrom('environments')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .orderBy('name')
    .execute()
  return rows.map((row) => ({ name: row.name, firstSeenAt: row.first_seen_at.toISOString() }))
}

/** Releases of an agent, the one seen last first. */
export async function selectReleases(tx: Tx, agentId: string): Promise<readonly Release[]> {
  const rows = await tables(tx)
    .selectFrom('releases')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .where('agent_id', '=', agentId)
    .orderBy('last_seen_at', (order) => order.desc().nullsLast())
    .orderBy('name')
    .execute()
  return rows.map(releaseOf)
}

export async function selectReleaseByName(tx: Tx, agentId: string, name: string): Promise<Release | null> {
  const row = await tables(tx)
    .selectFrom('releases')
    .selectAll()
    .where('organization_id', '=', tx.organizationId)
    .where('agent_id', '=', agentId)
    .where('name', '=', name)
    .executeTakeFirst()
  return row === undefined ? null : releaseOf(row)
}

/** Ids of all agents' releases of one name. */
export async function selectReleaseIdsByName(tx: Tx, name: string): Promise<readonly string[]> {
  const rows = await tables(tx)
    .selectFrom('releases')
    .select('release_id')
    .where('organization_id', '=', tx.organizationId)
    .where('name', '=', name)
    .execute()
  return rows.map((row) => row.release_id)
}

/** Names by id, of agents and of releases. */
export async function selectNames(
  tx: Tx,
  agentIds: readonly string[],
  releaseIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ id: string; name: string }>`
    select agent_id as id, name from agent_registry
    where organization_id = ${tx.organizationId} and agent_id = any(${agentIds}::uuid[])
    union all
    select release_id, name from releases
    where organization_id = ${tx.organizationId} and release_id = any(${releaseIds}::uuid[])`.execute(tables(tx))
  return new Map(rows.map((row) => [row.id, row.name]))
}
