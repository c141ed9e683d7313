import type { RetainedTable } from '../../../../ports/retention.ts'
import { countRowsBefore, type DayTable, deleteRowsBefore, dropDaysBefore, oldestDayOf } from '../store/retention.ts'

/** A table of days; what was derived from its rows goes with them. */
function dayTable(name: DayTable, holds: string, derived: readonly DayTable[] = []): RetainedTable {
  return {
    name,
    holds,
    oldestDay: (tx) => oldestDayOf(tx, name),
    deleteBefore: async (tx, day, limit) => {
      for (const table of derived) await deleteRowsBefore(tx, table, day, limit)
      return deleteRowsBefore(tx, name, day, limit)
    },
    countBefore: (tx, day) => countRowsBefore(tx, name, day),
    dropBefore: async (tx, day) => {
      for (const table of derived) await dropDaysBefore(tx, table, day)
      return dropDaysBefore(tx, name, day)
    },
  }
}

/** What telemetry keeps for a time; steps before runs, so that no step outlives its run for long. */
export const telemetryTables: readonly RetainedTable[] = [
  dayTable('agent_execution_logs', 'Steps of runs: model calls, tool calls, with their inputs and outputs'),
  dayTable('agent_executions', 'Runs with their inputs, outputs, totals and searchable words', ['execution_search']),
]
