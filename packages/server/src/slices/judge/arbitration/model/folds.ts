import { type AuditedBallot, compareText } from './votes.ts'

/**
 * Stratified folds: audited items dealt out one after the other, each class of each group by itself in an order shuffled
 * by `seed`. Depends on ids alone, so the same items fall into the same folds in whatever order they come.
 */
export function foldsOf(
  audited: readonly AuditedBallot[],
  folds: number,
  seed: number,
): readonly ReadonlySet<string>[] {
  const dealt = audited
    .map(({ itemId, gold, group }) => ({ itemId, stratum: `${gold}\u0000${group ?? ''}`, key: hashOf(itemId, seed) }))
    .sort((a, b) => compareText(a.stratum, b.stratum) || a.key - b.key || compareText(a.itemId, b.itemId))
  const sets = Array.from({ length: Math.min(folds, dealt.length) }, () => new Set<string>())
  dealt.forEach(({ itemId }, at) => sets[at % sets.length]?.add(itemId))
  return sets
}

/** A number in [0, 2^32) that looks random: FNV-1a over the seed and the id, mixed once more (murmur3's finaliser). */
export function hashOf(itemId: string, seed: number): number {
  let hash = 0x811c9dc5
  for (const letter of `${seed}:${itemId}`) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
