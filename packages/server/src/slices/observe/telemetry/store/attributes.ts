import { sql } from 'kysely'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { addDays, dayOf, daysFrom, executionWindow } from '../model/days.ts'
import { hexOfUuid } from '../model/rows.ts'

interface FoundExecution {
  readonly executionId: string
  readonly agentId: string
  readonly environment: string
  /** Days on which its actions lie. */
  readonly days: readonly string[]
}

/** The newest execution that began between two times and carries an attribute with a value. */
export async function executionWithAttribute(
  tx: Tx,
  sought: { readonly key: string; readonly value: string; readonly from: Instant; readonly to: Instant },
): Promise<FoundExecution | null> {
  const { rows } = await sql<{
    execution_id: string
    agent_id: string
    environment: string
    first_action_on: string | null
    last_action_on: string | null
  }>`
    select e.execution_id, e.agent_id, e.environment, e.first_action_on, e.last_action_on from agent_executions e
    where e.organization_id = ${tx.organizationId}
      and e.started_at >= ${new Date(sought.from)} and e.started_at <= ${new Date(sought.to)}
      and e.started_on >= ${addDays(dayOf(sought.from), -executionWindow.daysBefore)}::date
      and e.started_on <= ${addDays(dayOf(sought.to), executionWindow.daysAfter)}::date
      and e.attributes ->> ${sought.key} = ${sought.value}
    order by e.started_at desc limit 1`.execute(tx.tables())
  const row = rows[0]
  if (row === undefined) return null
  const { first_action_on: first, last_action_on: last } = row
  return {
    executionId: hexOfUuid(row.execution_id),
    agentId: row.agent_id,
    environment: row.environment,
    days: first === null || last === null ? [] : daysFrom(first, last),
  }
}

/** The actions of an execution that carry an attribute, in the order of their start. */
export async function actionsWithAttribute(
  tx: Tx,
  executionId: string,
  days: readonly string[],
  key: string,
): Promise<readonly { readonly actionId: string; readonly value: string; readonly startedAt: Instant }[]> {
  if (days.length === 0) return []
  const { rows } = await sql<{ action_id: string; value: string; started_at: Date }>`
    select encode(l.action_id, 'hex') as action_id, l.attributes ->> ${key} as value, l.started_at
    from agent_execution_logs l
    where l.organization_id = ${tx.organizationId} and l.started_on = any(${days}::date[])
      and l.execution_id = ${executionId}::uuid and l.attributes ->> ${key} is not null
    order by l.started_at, l.action_id`.execute(tx.tables())
  return rows.map((row) => ({
    actionId: row.action_id,
    value: row.value,
    startedAt: instantFromEpochMs(row.started_at.getTime()),
  }))
}
