import type { RiskFeatures } from './features.ts'
import { median } from './usual.ts'

/** What other runs of the same unit show: how far this run's changes differ from theirs, and how long they took. */
export interface Agreement {
  readonly peers: number
  /** 0 all peers called the same changing tools, 1 none did. */
  readonly toolDisagreement: number
  /** Mean Jaccard distance between the sets of changing calls, arguments included; 0 equal, 1 nothing in common. */
  readonly changeDisagreement: number
  /** Median steps of the peers. */
  readonly peerSteps: number
}

/** Fewer other runs of a unit than this say nothing about it. */
export const peersMin = 2

/**
 * Holds a run against other runs of the same unit. Runs that were done right end in the same changes, wrong ones in
 * different ones (self-consistency), and that is seen without knowing any outcome. Null with fewer than two peers.
 */
export function agreementOf(
  run: Pick<RiskFeatures, 'changes' | 'changedBy'>,
  peers: readonly Pick<RiskFeatures, 'changes' | 'changedBy' | 'steps'>[],
): Agreement | null {
  if (peers.length < peersMin) return null
  const tools = run.changedBy.join('\n')
  const share = (sum: number) => sum / peers.length
  return {
    peers: peers.length,
    toolDisagreement: share(peers.filter((peer) => peer.changedBy.join('\n') !== tools).length),
    changeDisagreement: share(peers.reduce((sum, peer) => sum + jaccardDistance(run.changes, peer.changes), 0)),
    peerSteps: median(peers.map(({ steps }) => steps)),
  }
}

/** With so many changing runs a shared change is to be expected. */
const sharedAmong = 10

/**
 * Whether a run made at least one change that a peer made as well; null when it changed nothing or no peer did.
 */
export function sharesChange(
  run: Pick<RiskFeatures, 'changes'>,
  peers: readonly Pick<RiskFeatures, 'changes'>[],
): boolean | null {
  const theirs = new Set(peers.flatMap(({ changes }) => changes))
  return run.changes.length === 0 || theirs.size === 0 ? null : run.changes.some((change) => theirs.has(change))
}

/**
 * Whether an agent means by its units what others mean, out of `sharesChange` of its runs. Ten changing runs of which not
 * one shares a change with a peer are other work under the same names: then it has no peers and is none.
 */
export function meansSameUnits(shared: { readonly runs: number; readonly sharing: number }): boolean {
  return shared.runs < sharedAmong || shared.sharing > 0
}

function jaccardDistance(a: readonly string[], b: readonly string[]): number {
  const inA = new Set(a)
  const common = new Set(b.filter((item) => inA.has(item))).size
  const all = new Set([...a, ...b]).size
  return all === 0 ? 0 : 1 - common / all
}
