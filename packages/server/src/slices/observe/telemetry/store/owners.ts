import { sql } from 'kysely'
import type { Tx } from '../../../../ports/store.ts'

/** Whom an execution is counted for. */
export interface ExecutionOwner {
  readonly agentId: string
  readonly environment: string
}

/** Owners by execution id, 32 hex digits; executions that are not stored (any more) are missing. */
export async function ownersOfExecutions(
  tx: Tx,
  executionIds: readonly string[],
): Promise<ReadonlyMap<string, ExecutionOwner>> {
  if (executionIds.length === 0) return new Map()
  const { rows } = await sql<{ execution_id: string; agent_id: string; environment: string }>`
    select execution_id, agent_id, environment from agent_executions
    where organization_id = ${tx.organizationId}::uuid and execution_id = any(${executionIds}::uuid[])`.execute(
    tx.tables(),
  )
  return new Map(
    rows.map((row) => [row.execution_id.replaceAll('-', ''), { agentId: row.agent_id, environment: row.environment }]),
  )
}

/** Those of the executions that began on one of these days and are synthetic: nobody asked for them. */
export async function syntheticOnDays(
  tx: Tx,
  executionIds: readonly string[],
  days: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ execution_id: string }>`
    select execution_id from agent_executions
    where organization_id = ${tx.organizationId}::uuid and started_on = any(${days}::date[])
      and execution_id = any(${executionIds}::uuid[]) and synthetic`.execute(tx.tables())
  return new Set(rows.map((row) => row.execution_id.replaceAll('-', '')))
}
