import { eventCatalogue, eventTypes } from '@metaagent/contract'
import type { OwnerSql } from '../../packages/server/src/ports/store.ts'

/** What is stored of the executions that one batch brought. */
export interface StoredBatch {
  readonly actions: number
  readonly distinctActions: number
  readonly executions: number
  readonly distinctExecutions: number
  /** Executions that nobody has reported the end of. */
  readonly open: number
}

/** Rows as they lie in the tables, past every rollup and cache. */
export interface Recount {
  /** By the batch's prefix of execution ids. */
  readonly batches: ReadonlyMap<string, StoredBatch>
  readonly decisions: number
  /** What the journal says was stored. */
  readonly journaled: { readonly executions: number; readonly actions: number }
  /** Names of figures that do not equal their recount, with how many rows differ. */
  readonly differences: readonly { readonly what: string; readonly rows: number }[]
}

export async function recount(sql: OwnerSql, organizationId: string): Promise<Recount> {
  // The recount must not wait for the server's writers, nor they for it: it only reads, at one point in time each.
  const differences: { what: string; rows: number }[] = []
  for (const [what, statement] of Object.entries(comparisons)) {
    const [found] = await sql.query<{ rows: number }>(statement, [organizationId])
    const rows = Number(found?.rows)
    if (rows !== 0) differences.push({ what, rows })
  }
  differences.push(...(await indexDifferences(sql)))
  const [journal] = await sql.query<{ executions: number; actions: number; decisions: number }>(journalSums, [
    organizationId,
  ])
  return {
    batches: await storedBatches(sql, organizationId),
    decisions: Number(journal?.decisions),
    journaled: { executions: Number(journal?.executions), actions: Number(journal?.actions) },
    differences,
  }
}

async function storedBatches(sql: OwnerSql, organizationId: string): Promise<ReadonlyMap<string, StoredBatch>> {
  const rows = await sql.query<StoredBatch & { batch: string }>(
    `with actions as (
       select left(replace(execution_id::text, '-', ''), 12) as batch,
         count(*)::int as actions, count(distinct (execution_id, action_id))::int as distinct_actions
       from agent_execution_logs where organization_id = $1 group by 1
     ), executions as (
       select left(replace(execution_id::text, '-', ''), 12) as batch, count(*)::int as executions,
         count(distinct execution_id)::int as distinct_executions,
         (count(*) filter (where status = 'running'))::int as open
       from agent_executions where organization_id = $1 group by 1
     )
     select batch, coalesce(actions, 0) as "actions", coalesce(distinct_actions, 0) as "distinctActions",
       coalesce(executions, 0) as "executions", coalesce(distinct_executions, 0) as "distinctExecutions",
       coalesce(open, 0) as "open"
     from actions full join executions using (batch)`,
    [organizationId],
  )
  return new Map(rows.map(({ batch, ...counts }) => [batch, counts]))
}

const journalSums = `
  select coalesce(sum((payload->>'executions')::int8) filter (where type = 'telemetry.batch.stored'), 0)::int8 as "executions",
    coalesce(sum((payload->>'actions')::int8) filter (where type = 'telemetry.batch.stored'), 0)::int8 as "actions",
    count(*) filter (where type = 'registry.agent.changed') as "decisions"
  from journal_events where organization_id = $1`

const sums = [
  'successes',
  'failures',
  'cancelled',
  'actions',
  'action_errors',
  'llm_calls',
  'tool_calls',
  'input_tokens',
  'output_tokens',
  'cost_nano_usd',
  'priced_calls',
  'unpriced_calls',
] as const
const key = 'agent_id, environment, release_id, start_at'
const listed = (of: (name: string) => string) => sums.map(of).join(', ')
const ledgerTypes = eventTypes.filter((type) => eventCatalogue[type].ledger).map((type) => `'${type}'`)

/** What each action and each closed execution adds to its minute, by the definitions of the rollups' columns. */
const recountedMinutes = `
  select ${key}, ${listed((name) => `sum(${name})::int8 as ${name}`)} from (
    select agent_id, environment, coalesce(release_id::text, '') as release_id,
      date_trunc('minute', ended_at) as start_at, 0 as successes, 0 as failures, 0 as cancelled, 1 as actions,
      (status = 'failure')::int as action_errors, (kind = 'llm' and counted)::int as llm_calls,
      (kind = 'tool')::int as tool_calls,
      case when used then coalesce(input_tokens, 0) else 0 end as input_tokens,
      case when used then coalesce(output_tokens, 0) else 0 end as output_tokens,
      case when used then coalesce(cost_nano_usd, 0) else 0 end as cost_nano_usd,
      (used and cost_nano_usd is not null)::int as priced_calls,
      (used and cost_nano_usd is null and coalesce(input_tokens, 0) + coalesce(output_tokens, 0) > 0)::int
        as unpriced_calls
    from agent_execution_logs
      cross join lateral (select counted and (input_tokens is not null or output_tokens is not null) as used) u
    where organization_id = $1
    union all
    select agent_id, environment, coalesce(release_id::text, ''), date_trunc('minute', coalesce(ended_at, started_at)),
      (status = 'success')::int, (status = 'failure')::int, (status = 'cancelled')::int, 0, 0, 0, 0, 0, 0, 0, 0, 0
    from agent_executions where organization_id = $1 and status in ('success', 'failure', 'cancelled')
  ) each_row group by ${key}`

const rollups = (grain: 'minute' | 'hour' | 'day') =>
  `select ${key}, ${sums.join(', ')} from agent_rollups where organization_id = $1 and grain = '${grain}'`

const coarser = (grain: 'hour' | 'day', finer: 'minute' | 'hour') => `
  select agent_id, environment, release_id, date_trunc('${grain}', start_at, 'UTC') as start_at,
    ${listed((name) => `sum(${name})::int8 as ${name}`)}
  from (${rollups(finer)}) finer group by 1, 2, 3, 4`

/** Keys whose sums differ between two selections; a key that only one of them has counts as zeros in the other. */
const differing = (one: string, other: string) => `
  select count(*)::int as rows from (${one}) a full join (${other}) b using (${key})
  where (${listed((name) => `coalesce(a.${name}, 0)`)}) is distinct from (${listed((name) => `coalesce(b.${name}, 0)`)})`

const registered = (table: string, noun: string) => `
  select ((select count(*) from ${table} where organization_id = $1)
    - (select count(*) from journal_events where organization_id = $1 and type = 'registry.${noun}.registered'))::int
    as rows`

/** Each counts the rows that contradict each other; none may. */
const comparisons: Readonly<Record<string, string>> = {
  'minute rollups against the rows': differing(rollups('minute'), recountedMinutes),
  'hour rollups against the minutes': differing(rollups('hour'), coarser('hour', 'minute')),
  'day rollups against the hours': differing(rollups('day'), coarser('day', 'hour')),
  'latency histograms against the executions': `
    select abs((select coalesce(sum(executions), 0) from agent_rollup_latencies
        where organization_id = $1 and grain = 'minute')
      - (select count(*) from agent_executions where organization_id = $1 and ended_at is not null))::int as rows`,
  'totals of executions against their actions': `
    select count(*)::int as rows from agent_executions e
    left join (select execution_id, count(*) as actions, sum(cost_nano_usd)::int8 as cost
      from agent_execution_logs where organization_id = $1 group by 1) l using (execution_id)
    where e.organization_id = $1
      and (e.actions, e.cost_nano_usd) is distinct from (coalesce(l.actions, 0)::int, l.cost)`,
  'counts of releases against their executions': `
    select count(*)::int as rows from releases r
    left join (select release_id, count(*) as executions from agent_executions where organization_id = $1 group by 1) e
      using (release_id)
    where r.organization_id = $1 and r.execution_count <> coalesce(e.executions, 0)`,
  'costs in the journal against the actions': `
    select (case when journaled = stored then 0 else 1 end) as rows from
      (select coalesce(sum((payload->>'costNanoUsd')::int8), 0) as journaled from journal_events
        where organization_id = $1 and type = 'telemetry.batch.stored') j,
      (select coalesce(sum(cost_nano_usd), 0) as stored from agent_execution_logs where organization_id = $1) s`,
  'agents against their events': registered('agent_registry', 'agent'),
  'environments against their events': registered('environments', 'environment'),
  'releases against their events': registered('releases', 'release'),
  'indexes of ledger entries': `
    select (count(*) - coalesce(max(entry_index) + 1, 0))::int as rows from ledger_entries where organization_id = $1`,
  'ledger entries against the journal': `
    select count(*)::int as rows from ledger_entries l
    left join journal_events j on j.organization_id = l.organization_id and j.event_id = l.event_id
    where l.organization_id = $1 and (j.event_id is null or j.type not in (${ledgerTypes.join(', ')}))`,
}

const indexed: Readonly<Record<string, string>> = {
  agent_execution_logs: 'execution_id',
  agent_executions: 'execution_id',
  journal_events: 'event_id',
  ledger_entries: 'event_id',
  agent_rollups: 'agent_id',
}

/** Tables whose rows differ when they are found by an index and when the table is read from end to end. */
async function indexDifferences(sql: OwnerSql): Promise<readonly { what: string; rows: number }[]> {
  const differences: { what: string; rows: number }[] = []
  for (const [table, column] of Object.entries(indexed)) {
    const fingerprint = `select count(*)::int as count, coalesce(sum(hashtext(${column}::text)), 0)::text as sum
      from ${table} where organization_id is not null`
    await sql.exec(
      'set local enable_indexscan = off; set local enable_indexonlyscan = off; set local enable_bitmapscan = off',
    )
    const [whole] = await sql.query<{ count: number; sum: string }>(fingerprint)
    await sql.exec(
      'set local enable_indexscan = on; set local enable_indexonlyscan = on; set local enable_seqscan = off',
    )
    const [found] = await sql.query<{ count: number; sum: string }>(fingerprint)
    await sql.exec('set local enable_seqscan = on; set local enable_bitmapscan = on')
    if (whole?.count !== found?.count || whole?.sum !== found?.sum)
      differences.push({
        what: `${table} by index against the table`,
        rows: Math.abs((whole?.count ?? 0) - (found?.count ?? 0)) || 1,
      })
  }
  return differences
}
