import type { ActionRow, ExecutionRow, TelemetryRows } from './rows.ts'

/** Most executions and about the most rows that one transaction takes at once. */
export const chunkLimits = { executions: 500, rows: 1_000 } as const

/**
 * Cuts a request into parts that fit into one transaction each; the rows of one execution stay together. A request of
 * ordinary size is one part.
 */
export function chunksOf(rows: TelemetryRows): readonly TelemetryRows[] {
  const total = rows.executions.length + rows.actions.length
  if (total === 0) return []
  const byExecution = new Map<string, { executions: ExecutionRow[]; actions: ActionRow[] }>()
  const group = (id: string) => {
    const known = byExecution.get(id)
    if (known !== undefined) return known
    const made = { executions: [], actions: [] }
    byExecution.set(id, made)
    return made
  }
  if (total > chunkLimits.rows || total > chunkLimits.executions) {
    for (const row of rows.executions) group(row.executionId).executions.push(row)
    for (const row of rows.actions) group(row.executionId).actions.push(row)
  }
  if (byExecution.size <= chunkLimits.executions && total <= chunkLimits.rows) return [rows]
  const chunks: { executions: ExecutionRow[]; actions: ActionRow[] }[] = []
  let held = Number.POSITIVE_INFINITY
  let size = 0
  for (const { executions, actions } of byExecution.values()) {
    if (held >= chunkLimits.executions || size + executions.length + actions.length > chunkLimits.rows) {
      chunks.push({ executions: [], actions: [] })
      held = 0
      size = 0
    }
    const chunk = chunks.at(-1)
    chunk?.executions.push(...executions)
    chunk?.actions.push(...actions)
    held += 1
    size += executions.length + actions.length
  }
  return chunks
}
