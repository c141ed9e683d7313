import type { Execution } from '@metaagent/contract'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import type { ExecutionRef } from '../../../../ports/word-search.ts'
import * as store from '../store/search.ts'
import { named, shownExecution } from './read.ts'

/** An ended execution whose texts are to be read for search. */
export interface SearchedExecution extends ExecutionRef {
  readonly agentId: string
  readonly startedAt: Instant
  /** The transaction that noted it last; hand it back to `leaveSearchQueue`. */
  readonly notedBy: string
  /** What it and its steps say, masked, each followed by `textGap`. */
  readonly texts: string
}

/**
 * Ended executions that wait to be read for search, with their texts. They wait on until `leaveSearchQueue`: a reader that
 * is cut off leaves nothing out. One reader.
 */
export async function executionsForSearch(_deps: Deps, tx: Tx, limit: number): Promise<readonly SearchedExecution[]> {
  const queued = await store.nextForSearch(tx, limit)
  // Fewer than asked for: those before them may be gone, and would be met again at each turn.
  if (queued.length < limit) await store.forgetMissing(tx)
  return queued.map(({ startedAt, ...one }) => ({ ...one, startedAt: instantFromEpochMs(startedAt.getTime()) }))
}

/** Takes executions off the queue in the transaction that keeps what was read; those noted again meanwhile stay. */
export async function leaveSearchQueue(
  _deps: Deps,
  tx: Tx,
  read: readonly Pick<SearchedExecution, 'executionId' | 'notedBy'>[],
): Promise<void> {
  await store.leaveQueue(tx, read)
}

/** What executions and their steps say, masked, each followed by `textGap`; by id, without those that are gone. */
export async function textsOfExecutions(
  _deps: Deps,
  tx: Tx,
  executions: readonly ExecutionRef[],
): Promise<ReadonlyMap<string, string>> {
  return new Map((await store.textsOf(tx, executions)).map(({ executionId, texts }) => [executionId, texts]))
}

/** Executions by their keys, as lists show them; by id, without those that are gone. */
export async function executionsByKey(
  deps: Deps,
  tx: Tx,
  executions: readonly ExecutionRef[],
): Promise<ReadonlyMap<string, Execution>> {
  const shown = await named(deps, tx, await store.listByKey(tx, executions), shownExecution)
  return new Map(shown.map((execution) => [execution.executionId, execution]))
}

/** How many ended executions wait to be read for search. */
export async function countForSearch(_deps: Deps, tx: Tx): Promise<number> {
  return store.countQueue(tx)
}
