import type { DependencyKind } from '@metaagent/contract'
import { type Kysely, sql } from 'kysely'
import type { Tx } from '../../../ports/store.ts'
import type { DayUse } from './model/learning.ts'

const tables = (tx: Tx): Kysely<unknown> => tx.tables<unknown>()

/** Counts uses on their days. */
export async function addDays(tx: Tx, uses: readonly DayUse[]): Promise<void> {
  if (uses.length === 0) return
  await sql`
    insert into agent_dependency_days as kept (organization_id, day, agent_id, kind, target, executions, calls, errors)
    select ${tx.organizationId}::uuid, * from unnest(
      ${uses.map(({ day }) => day)}::date[], ${uses.map(({ agentId }) => agentId)}::uuid[],
      ${uses.map(({ kind }) => kind)}::text[], ${uses.map(({ target }) => target)}::text[],
      ${uses.map(({ executions }) => executions)}::int8[], ${uses.map(({ calls }) => calls)}::int8[],
      ${uses.map(({ errors }) => errors)}::int8[])
    on conflict (organization_id, day, agent_id, kind, target) do update set executions = kept.executions + excluded.executions,
      calls = kept.calls + excluded.calls, errors = kept.errors + excluded.errors`.execute(tables(tx))
}

interface EdgeKey {
  readonly agentId: string
  readonly kind: DependencyKind
  readonly target: string
}

interface SeenEdge extends EdgeKey {
  readonly firstAt: number
  readonly lastAt: number
}

/** Notes that traces show these edges; answers those that nobody knew. */
export async function seeEdges(tx: Tx, edges: readonly SeenEdge[]): Promise<readonly EdgeKey[]> {
  if (edges.length === 0) return []
  const { rows } = await sql<{ agent_id: string; kind: DependencyKind; target: string }>`
    insert into agent_dependencies as kept (organization_id, source, hidden, agent_id, kind, target, first_seen_at, last_seen_at)
    select ${tx.organizationId}::uuid, 'learned', false, * from unnest(
      ${edges.map(({ agentId }) => agentId)}::uuid[], ${edges.map(({ kind }) => kind)}::text[],
      ${edges.map(({ target }) => target)}::text[],
      ${edges.map(({ firstAt }) => new Date(firstAt).toISOString())}::timestamptz[],
      ${edges.map(({ lastAt }) => new Date(lastAt).toISOString())}::timestamptz[])
    on conflict (organization_id, agent_id, kind, target) do update set
      first_seen_at = least(kept.first_seen_at, excluded.first_seen_at),
      last_seen_at = greatest(kept.last_seen_at, excluded.last_seen_at)
    returning agent_id, kind, target, (xmax = 0) as fresh`.execute(tables(tx))
  return rows
    .filter((row) => (row as { fresh?: boolean }).fresh === true)
    .map(({ agent_id: agentId, kind, target }) => ({ agentId, kind, target }))
}

/** An edge as it is kept. */
export interface StoredEdge extends EdgeKey {
  readonly source: 'learned' | 'manual'
  readonly hidden: boolean
  readonly note: string | null
  readonly firstSeenAt: Date | null
  readonly lastSeenAt: Date | null
}

const edgeColumns = sql.raw(`agent_id as "agentId", kind, target, source, hidden, note, first_seen_at as "firstSeenAt",
  last_seen_at as "lastSeenAt"`)

/** Every edge of the organization. */
export async function selectEdges(tx: Tx): Promise<readonly StoredEdge[]> {
  const { rows } = await sql<StoredEdge>`
    select ${edgeColumns} from agent_dependencies where organization_id = ${tx.organizationId}::uuid
    order by agent_id, kind, target`.execute(tables(tx))
  return rows
}

/** One edge, locked; null when it is not known. */
export async function lockEdge(tx: Tx, key: EdgeKey): Promise<StoredEdge | null> {
  const { rows } = await sql<StoredEdge>`
    select ${edgeColumns} from agent_dependencies
    where organization_id = ${tx.organizationId}::uuid and agent_id = ${key.agentId}::uuid and kind = ${key.kind}
      and target = ${key.target} for update`.execute(tables(tx))
  return rows[0] ?? null
}

/** Writes an edge down, or how a known one is shown. */
export async function saveEdge(
  tx: Tx,
  key: EdgeKey,
  change: { readonly hidden: boolean; readonly note: string | null },
): Promise<void> {
  await sql`
    insert into agent_dependencies (organization_id, agent_id, kind, target, source, hidden, note)
    values (${tx.organizationId}::uuid, ${key.agentId}::uuid, ${key.kind}, ${key.target}, 'manual', ${change.hidden}, ${change.note})
    on conflict (organization_id, agent_id, kind, target) do update set hidden = excluded.hidden, note = excluded.note`.execute(
    tables(tx),
  )
}

/** Removes an edge. */
export async function deleteEdge(tx: Tx, key: EdgeKey): Promise<void> {
  await sql`
    delete from agent_dependencies
    where organization_id = ${tx.organizationId}::uuid and agent_id = ${key.agentId}::uuid and kind = ${key.kind}
      and target = ${key.target}`.execute(tables(tx))
}

/** What agents used since a day. */
export interface UseSum {
  readonly agentId: string
  readonly kind: DependencyKind | 'run'
  readonly target: string
  readonly executions: number
  readonly calls: number
  readonly errors: number
}

/** Sums per edge since a day; kind `run` is each agent's own count of runs. */
export async function sumsSince(tx: Tx, day: string): Promise<readonly UseSum[]> {
  const { rows } = await sql<UseSum>`
    select agent_id as "agentId", kind, target, sum(executions)::int8 as executions, sum(calls)::int8 as calls,
      sum(errors)::int8 as errors
    from agent_dependency_days where organization_id = ${tx.organizationId}::uuid and day >= ${day}::date
    group by 1, 2, 3`.execute(tables(tx))
  return rows
}
