import type { JournalEvent } from '@metaagent/contract'
import type { Deps } from './slice.ts'
import type { Tx } from './store.ts'

/**
 * One of the engines that `MetaAgent` hands QA events to: a model of trust, a policy of arbitration, a detector of drift.
 * Another one in its place is given to the constructor, nothing else changes. Seed 1, “Extensibility”.
 */
export interface QaEngine {
  /** Names its place in the causal trace and its cursor in the journal. */
  readonly name: 'trust' | 'arbitration' | 'drift'
  /** Which events it is told; a glob over the whole type. */
  readonly pattern: string
  /**
   * Takes events of one organization in their order, in the transaction that also moves its cursor: their effect is there
   * exactly once. What it appends carries the correlation id of the event that led to it, and its id as causation. Events
   * of types it does not know it passes over. Throws only what is a fault of ours: the events are tried again one by one.
   */
  observe(deps: Deps, tx: Tx, events: readonly JournalEvent[]): Promise<void>
}
