import type { Because } from '@metaagent/contract'

/** Whether the journal's state is to be kept as a snapshot now. */
export type CompactionDecision =
  | { readonly kind: 'wait'; readonly because: Because }
  | { readonly kind: 'compact'; readonly because: Because }

/** A snapshot is due when so many entries came since the last one. */
export function decideCompaction(seen: {
  readonly lastSeq: number
  readonly snapshotSeq: number
  readonly snapshotEvery: number
}): CompactionDecision {
  const observed = seen.lastSeq - seen.snapshotSeq
  const limit = seen.snapshotEvery
  const because = { rule: 'entries-since-snapshot', observed, limit, text: `${observed} of ${limit} entries came.` }
  return { kind: observed >= limit ? 'compact' : 'wait', because }
}
