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
