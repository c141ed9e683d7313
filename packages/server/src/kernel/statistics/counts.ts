/** Successes among the trials of one arm. */
export interface Proportion {
  readonly successes: number
  readonly trials: number
}

export function assertCount(count: number): void {
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`not a count: ${count}`)
}

export function assertProportion({ successes, trials }: Proportion): void {
  assertCount(successes)
  assertCount(trials)
  if (successes > trials) throw new RangeError(`${successes} successes in ${trials} trials`)
}
