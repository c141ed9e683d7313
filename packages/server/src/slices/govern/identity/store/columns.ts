import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'

/** A `timestamptz` as the rest of the program has it. */
export function instantOf(at: Date): Instant {
  return instantFromEpochMs(at.getTime())
}

export function instantOrNull(at: Date | null): Instant | null {
  return at === null ? null : instantOf(at)
}

/** The other way round, for parameters. */
export function dateOf(at: Instant): Date {
  return new Date(at)
}

export function dateOrNull(at: Instant | null): Date | null {
  return at === null ? null : new Date(at)
}
