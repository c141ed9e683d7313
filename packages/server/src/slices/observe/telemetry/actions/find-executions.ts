import type { Tx } from '../../../../ports/store.ts'
import { type ExecutionFilter, type ListedExecution, type ListPosition, listExecutions } from '../store/reading.ts'
import { textsOf } from '../store/search.ts'

/** So many texts are read at once, and for one page, when only they can tell whether an execution fits. */
const readAtOnce = 100
const readMost = 1_000

export interface FoundExecutions {
  readonly rows: readonly ListedExecution[]
  /** Where the list goes on; null: it ends here. */
  readonly next: ListPosition | null
}

const positionOf = (row: ListedExecution): ListPosition => ({
  startedAt: row.startedAt.toISOString(),
  executionId: row.executionId,
})

/**
 * At most `limit` executions from behind a position on. Where phrases are asked for, the texts of those that hold the words
 * are read, a thousand at most: then there may be fewer than `limit`, or none, and still more to come.
 */
export async function findExecutions(
  tx: Tx,
  filter: ExecutionFilter,
  order: 'newest' | 'oldest',
  after: ListPosition | null,
  limit: number,
): Promise<FoundExecutions> {
  const holdsIn = filter.words?.holdsIn ?? null
  if (holdsIn === null) {
    const rows = await listExecutions(tx, filter, order, after, limit + 1)
    const last = rows[limit - 1]
    return { rows: rows.slice(0, limit), next: rows.length > limit && last !== undefined ? positionOf(last) : null }
  }
  const found: ListedExecution[] = []
  let position = after
  for (let read = 0; read < readMost; read += readAtOnce) {
    const rows = await listExecutions(tx, filter, order, position, readAtOnce)
    const texts = new Map((await textsOf(tx, rows)).map((one) => [one.executionId, one.texts]))
    for (const row of rows) {
      position = positionOf(row)
      if (holdsIn(texts.get(row.executionId) ?? '')) found.push(row)
      if (found.length === limit) return { rows: found, next: position }
    }
    if (rows.length < readAtOnce) return { rows: found, next: null }
  }
  return { rows: found, next: position }
}
