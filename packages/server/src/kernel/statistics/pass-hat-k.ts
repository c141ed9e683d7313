import { assertCount } from './counts.ts'

/**
 * pass^k: the probability that k tries of one task all succeed, averaged over tasks. Unbiased per task from n tries with
 * c successes: C(c, k) / C(n, k) (Yao et al., "τ-bench", 2024). Null when there is no task, or one has fewer than k tries.
 */
export function passHatK(
  tasks: readonly { readonly tries: number; readonly successes: number }[],
  k: number,
): number | null {
  assertCount(k)
  if (k < 1) throw new RangeError('pass^k needs at least one try')
  let sum = 0
  for (const { tries, successes } of tasks) {
    assertCount(tries)
    assertCount(successes)
    if (tries < k) return null
    let all = 1
    for (let draw = 0; draw < k; draw++) all *= Math.max(0, successes - draw) / (tries - draw)
    sum += all
  }
  return tasks.length === 0 ? null : sum / tasks.length
}
