import type { Agent, Environment, Release } from '@metaagent/contract'
import { sql } from 'kysely'
import type { z } from 'zod'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { AgentProfile } from '../model.ts'
import { type AgentRow, instant, type ReleaseRow, tables } from './tables.ts'

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
    pausedAt: row.paused_at?.toISOString() ?? null,
    pausedBecause: row.paused_because,
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

export interface AgentFilter {
  readonly q: string | null
  readonly domain: string | null
  /** Only archived ones, or only the others; null = both. */
  readonly archived: boolean | null
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
  if (filter.archived !== null) query = query.where('archived_at', filter.archived ? 'is not' : 'is', null)
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
    .forNoKeyUpdate()
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

/** Pauses an agent (with a reason) or lets it go on (null); false when that is how it stands, or it is not there. */
export async function savePause(
  tx: Tx,
  agentId: string,
  pause: { readonly at: Instant; readonly because: string } | null,
): Promise<boolean> {
  const rows = await tables(tx)
    .updateTable('agent_registry')
    .set({ paused_at: pause === null ? null : new Date(pause.at), paused_because: pause?.because ?? null })
    .where('organization_id', '=', tx.organizationId)
    .where('agent_id', '=', agentId)
    .where('paused_at', pause === null ? 'is not' : 'is', null)
    .returning('agent_id')
    .execute()
  return rows.length === 1
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
