import type { MacroExecutionStatus } from '@metaagent/contract'
import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'

/** Executions of a macro in one environment that ended since a time. Simulated and cancelled ones count in none. */
export interface MacroRuns {
  readonly succeeded: number
  readonly failed: number
  /** Of those that succeeded. */
  readonly latencyP95Ms: number | null
  /** The one that failed last. */
  readonly lastFailure: string | null
}

/** What became of some macros' executions, by name; those without any are missing. */
export async function macroRunsSince(
  tx: Tx,
  asked: { readonly macros: readonly string[]; readonly environment: string; readonly from: Instant },
): Promise<ReadonlyMap<string, MacroRuns>> {
  if (asked.macros.length === 0) return new Map()
  const { rows } = await sql<MacroRuns & { readonly macro: string }>`
    select macro, (count(*) filter (where status = 'succeeded'))::int as succeeded,
      (count(*) filter (where status <> 'succeeded'))::int as failed,
      (percentile_disc(0.95) within group (
        order by (case when status = 'succeeded' then extract(epoch from ended_at - started_at) * 1000 end)))::int
        as "latencyP95Ms",
      (array_agg(macro_execution_id order by ended_at desc, macro_execution_id desc)
        filter (where status <> 'succeeded'))[1] as "lastFailure"
    from macro_executions
    where organization_id = ${tx.organizationId}::uuid and macro = any(${asked.macros}::text[]) and not synthetic
      and environment = ${asked.environment} and status in ('succeeded', 'failed', 'compensated')
      and ended_at > ${new Date(asked.from).toISOString()}::timestamptz
    group by macro`.execute(tx.tables())
  return new Map(rows.map(({ macro, ...runs }) => [macro, runs]))
}

/** How executions stand, by id; unknown ones are missing. */
export async function macroExecutionStatuses(
  tx: Tx,
  executionIds: readonly string[],
): Promise<ReadonlyMap<string, MacroExecutionStatus>> {
  const { rows } = await sql<{ id: string; status: MacroExecutionStatus }>`
    select macro_execution_id as id, status from macro_executions
    where organization_id = ${tx.organizationId}::uuid and macro_execution_id = any(${executionIds}::uuid[])`.execute(
    tx.tables(),
  )
  return new Map(rows.map(({ id, status }) => [id, status]))
}
