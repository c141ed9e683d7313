import { sql } from 'kysely'
import type { Deps } from '../../packages/server/src/ports/slice.ts'
import type { Tx } from '../../packages/server/src/ports/store.ts'
import { createOrganization } from '../../packages/server/src/slices/govern/identity/index.ts'
import { searchSlice } from '../../packages/server/src/slices/observe/search/index.ts'

const perDay = 20_000
const rounds = 5

/** Middle durations in milliseconds over executions that are stored. */
export interface QuestionFigures {
  readonly executions: number
  readonly sealMsPer1000: number
  readonly onceMs: number
  readonly absentMs: number
  readonly beginningMs: number
  readonly twoWordsMs: number
  readonly frequentMs: number
  /** The same rare word in the way of before: along the whole list, looking up each execution's words. */
  readonly walkMs: number
}

/** How long questions without `from` take over so many executions of 60 words, on days of 20,000. */
export async function askStored(deps: Deps, executions: number): Promise<QuestionFigures> {
  const asked = { name: 'Stored', adminEmail: 'stored@example.org', adminName: null }
  const { organizationId } = await deps.store.transaction('deployment', (tx) =>
    createOrganization(deps, tx, { ...asked, actor: { kind: 'system', id: 'bench' } }),
  )
  for (let from = 0; from < executions; from += perDay)
    await deps.store.transaction({ organizationId }, (tx) => fillDay(tx, from, Math.min(perDay, executions - from)), {
      statementTimeoutMs: 600_000,
    })
  const startedMs = performance.now()
  await searchSlice.jobs[0]?.run(deps)
  const sealMs = performance.now() - startedMs
  const ask = (q: string) => middle(() => list(deps, organizationId, q))
  return {
    executions,
    sealMsPer1000: Math.round((sealMs / executions) * 1_000),
    onceMs: await ask('only777'),
    absentMs: await ask('nowhere'),
    beginningMs: await ask('only7777*'),
    twoWordsMs: await ask('w2999 only777'),
    frequentMs: await ask('w1'),
    walkMs: await middle(() => walk(deps, organizationId, 'only777'), 1),
  }
}

/** One day: ids whose digits are spread, 60 words of which some are frequent and most are rare, one that no other has. */
async function fillDay(tx: Tx, from: number, count: number): Promise<void> {
  const day = new Date(Date.UTC(2026, 0, 1) + (from / perDay) * 86_400_000).toISOString().slice(0, 10)
  const run = sql<unknown>`
    filled as materialized (
      select g as n, md5(g::text)::uuid as id,
        ' only' || g || (select string_agg(' w' || (power(random(), 3) * 3000)::int, '' order by i)
          from generate_series(1, 60) i where g is not null) || ' ' as words
      from generate_series(${from}::int, ${from + count - 1}::int) g)`
  await sql`select metaagent_ensure_day_partitions('agent_executions', ${[day]}::date[]),
    metaagent_ensure_day_partitions('execution_words', ${[day]}::date[])`.execute(tx.tables())
  await sql`
    with ${run}, runs as (
      insert into agent_executions (organization_id, started_on, execution_id, agent_id, environment, evidence,
        report_rank, status, started_at, ended_at, synthetic, masked, unsettled, actions, llm_calls, tool_calls,
        action_errors, priced_calls, unpriced_calls)
      select ${tx.organizationId}::uuid, ${day}::date, id, md5('agent')::uuid, 'production', '', 3, 'success',
        ${day}::date + n % 86400 * interval '1 second', ${day}::date + n % 86400 * interval '1 second', false, 0, false,
        0, 0, 0, 0, 0, 0 from filled),
    words as (
      insert into execution_words (organization_id, started_on, execution_id, words)
      select ${tx.organizationId}::uuid, ${day}::date, id, words from filled)
    insert into unsealed_words (organization_id, execution_id, started_on)
    select ${tx.organizationId}::uuid, id, ${day}::date from filled`.execute(tx.tables())
}

async function list(deps: Deps, organizationId: string, q: string): Promise<number> {
  const found = await deps.store.transaction({ organizationId }, async (tx) => {
    const filter = await deps.findWords(tx, { q, fromDay: null, toDay: null, limit: 50 })
    if (!filter.ok) throw new Error(filter.refusal.detail)
    const { candidates, condition } = filter.value
    const rows =
      candidates === null
        ? sql`agent_executions e`
        : sql`unnest(${candidates.map((one) => one.startedOn)}::date[], ${candidates.map((one) => one.executionId)}::uuid[])
            as k(started_on, execution_id) cross join lateral (
              select * from agent_executions x where x.organization_id = ${organizationId}::uuid
                and x.started_on = k.started_on and x.execution_id = k.execution_id) e`
    return newest(tx, rows, condition)
  })
  return found
}

function walk(deps: Deps, organizationId: string, q: string): Promise<number> {
  return deps.store.transaction(
    { organizationId },
    async (tx) => {
      const filter = await deps.findWords(tx, { q, fromDay: null, toDay: null, limit: 50 })
      if (!filter.ok) throw new Error(filter.refusal.detail)
      return newest(tx, sql`agent_executions e`, filter.value.condition)
    },
    { statementTimeoutMs: 600_000 },
  )
}

async function newest(tx: Tx, rows: ReturnType<typeof sql>, condition: ReturnType<typeof sql>): Promise<number> {
  const found = await sql`select e.* from ${rows} where e.organization_id = ${tx.organizationId}::uuid and ${condition}
    order by e.started_at desc, e.execution_id desc limit 51`.execute(tx.tables())
  return found.rows.length
}

async function middle(ask: () => Promise<number>, times = rounds): Promise<number> {
  const durations: number[] = []
  for (let round = 0; round < times; round++) {
    const startedMs = performance.now()
    await ask()
    durations.push(performance.now() - startedMs)
  }
  return Math.round(durations.toSorted((a, b) => a - b)[Math.floor(times / 2)] ?? 0)
}
