import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

/**
 * Newest minute with a finished execution or action, per agent; the newest hour where retention has let go of the minutes.
 * Goes from agent to agent through the key and takes the end of each, so that it costs the same however long the history is.
 */
export async function lastHeard(tx: Tx, agentId: string | null): Promise<ReadonlyMap<string, Instant>> {
  const of = (grain: 'minute' | 'hour') => sql`organization_id = ${tx.organizationId}::uuid and grain = ${grain}`
  const newest = (grain: 'minute' | 'hour') => sql`(select r.start_at from agent_rollups r
    where ${of(grain)} and r.agent_id = agents.agent_id order by r.start_at desc limit 1)`
  const { rows } = await sql<{ agent_id: string; at: Date | null }>`
    with recursive agents as (
      (select agent_id from agent_rollups
        where ${of('hour')} and agent_id >= coalesce(${agentId}::uuid, '00000000-0000-0000-0000-000000000000')
        order by agent_id limit 1)
      union all
      select (select r.agent_id from agent_rollups r where ${of('hour')} and r.agent_id > agents.agent_id
        order by r.agent_id limit 1)
      from agents where agents.agent_id is not null and ${agentId}::uuid is null)
    select agent_id, coalesce(${newest('minute')}, ${newest('hour')}) as at
    from agents where agent_id is not null and (${agentId}::uuid is null or agent_id = ${agentId}::uuid)`.execute(
    tx.tables(),
  )
  return new Map(
    rows.flatMap(({ agent_id, at }) => (at === null ? [] : [[agent_id, instantFromEpochMs(at.getTime())]])),
  )
}
