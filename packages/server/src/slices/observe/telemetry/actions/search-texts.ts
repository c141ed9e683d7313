import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { ExecutionRef } from '../../../../ports/word-search.ts'
import * as store from '../store/search.ts'

/** An ended execution whose texts are to be read for search. */
export interface SearchedExecution extends ExecutionRef {
  readonly agentId: string
  readonly startedAt: Instant
  /** The transaction that noted it last; hand it back to `leaveSearchQueue`. */
  readonly notedBy: string
  /** What it and its steps say, masked, apart by `textGap`. */
  readonly texts: string
}

/**
 * Ended executions that wait to be read for search, with their texts. They wait on until `leaveSearchQueue`: a reader that
 * is cut off leaves nothing out. One reader.
 */
export async function executionsForSearch(_deps: Deps, tx: Tx, limit: number): Promise<readonly SearchedExecution[]> {
  const queued = await store.nextForSearch(tx, limit)
  if (queued.length === 0) await store.forgetMissing(tx)
  const texts = new Map((await store.textsOf(tx, queued)).map((one) => [one.executionId, one.texts]))
  return queued.map(({ startedAt, ...one }) => ({
    ...one,
    startedAt: instantFromEpochMs(startedAt.getTime()),
    texts: texts.get(one.executionId) ?? '',
  }))
}

/** Takes executions off the queue in the transaction that keeps what was read; those noted again meanwhile stay. */
export async function leaveSearchQueue(
  _deps: Deps,
  tx: Tx,
  read: readonly Pick<SearchedExecution, 'executionId' | 'notedBy'>[],
): Promise<void> {
  await store.leaveQueue(tx, read)
}

/** What executions and their steps say, masked, apart by `textGap`; by id, without those that are gone. */
export async function textsOfExecutions(
  _deps: Deps,
  tx: Tx,
  executions: readonly ExecutionRef[],
): Promise<ReadonlyMap<string, string>> {
  return new Map((await store.textsOf(tx, executions)).map(({ executionId, texts }) => [executionId, texts]))
}
