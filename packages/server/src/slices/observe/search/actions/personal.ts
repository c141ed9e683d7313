import type { PersonalTable } from '../../../../ports/personal.ts'
import type { Tx } from '../../../../ports/store.ts'
import { dissolveSegment, segmentsWith } from '../store/segments.ts'
import { countWords, deleteWords } from '../store/words.ts'

/** Words stand in segments that are written once: those with one of the executions are dissolved and made anew without it. */
async function wordsOf(
  tx: Tx,
  executionIds: readonly string[],
  days: readonly string[],
  isErasing: boolean,
): Promise<number> {
  const rows = await countWords(tx, executionIds, days)
  if (!isErasing || rows === 0) return rows
  const segmentIds = await segmentsWith(tx, executionIds)
  await deleteWords(tx, executionIds)
  for (const segmentId of segmentIds) await dissolveSegment(tx, segmentId)
  return rows
}

/** What the search keeps of the people whose runs they are. */
export const personal: readonly PersonalTable[] = [
  { table: 'execution_words', holds: 'Words of runs, for search', erase: { by: wordsOf } },
  { table: 'unsealed_words', holds: 'Runs whose words wait for the index', erase: 'delete' },
  { table: 'execution_embeddings', holds: 'What runs are like, as vectors', erase: 'delete', byDay: true },
]
