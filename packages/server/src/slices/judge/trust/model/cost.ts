/**
 * Cost of a correct verdict, nano-dollars: what a judge spent, over the verdicts it gave and how many of them are right. Null
 * where any of it is unknown, and where it is never right.
 */
export function costPerCorrectVerdict(
  spentNanoUsd: number | null,
  given: number,
  reliability: number | null,
): number | null {
  if (spentNanoUsd === null || given === 0 || reliability === null || reliability === 0) return null
  return Math.round(spentNanoUsd / given / reliability)
}
