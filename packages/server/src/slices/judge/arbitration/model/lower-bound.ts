/**
 * What a share surely is, one standard error below its Beta(1, 1) mean: E − z·√(E(1 − E)/(n + 3)), E = (r + 1)/(n + 2),
 * never below 0. `count` may be an effective one.
 */
export function lowerBound(share: number, count: number, z = 1) {
  const estimate = (share * count + 1) / (count + 2)
  const deviation = Math.sqrt((estimate * (1 - estimate)) / (count + 3))
  return { estimate, lowerBound: Math.max(0, estimate - z * deviation) }
}
