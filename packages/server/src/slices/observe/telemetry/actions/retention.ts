import type { RetainedTable } from '../../../../ports/retention.ts'
import { countRowsBefore, deleteRowsBefore, dropDaysBefore, oldestDayOf } from '../store/retention.ts'

function dayTable(name: 'agent_executions' | 'agent_execution_logs', holds: string): RetainedTable {
  return {
    name,
    holds,
    oldestDay: (tx) => oldestDayOf(tx, name),
    deleteBefore: (tx, day, limit) => deleteRowsBefore(tx, name, day, limit),
    countBefore: (tx, day) => countRowsBefore(tx, name, day),
    dropBefore: (tx, day) => dropDaysBefore(tx, name, day),
  }
}

/** What telemetry keeps for a time; steps before runs, so that no step outlives its run for long. */
export const telemetryTables: readonly RetainedTable[] = [
  dayTable('agent_execution_logs', 'Steps of runs: model calls, tool calls, with their inputs and outputs'),
  dayTable('agent_executions', 'Runs with their inputs, outputs and totals'),
]
