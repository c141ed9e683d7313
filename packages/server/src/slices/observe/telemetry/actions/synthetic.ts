import type { Instant } from '../../../../kernel/instant.ts'
import type { Tx } from '../../../../ports/store.ts'
import { addDays, dayOf, executionWindow } from '../model/days.ts'
import { syntheticOnDays } from '../store/owners.ts'

/**
 * Those of the executions that are synthetic, by when something was observed of them: looked for on the days on which such
 * an execution can have begun, a week before at most, since to look on all days takes a tenth of a second and more.
 */
export async function syntheticAmong(
  tx: Tx,
  observed: readonly { readonly executionId: string; readonly observedAt: Instant }[],
): Promise<ReadonlySet<string>> {
  if (observed.length === 0) return new Set()
  const days = new Set<string>()
  // A batch holds hundreds of rows and few days.
  for (const day of new Set(observed.map(({ observedAt }) => dayOf(observedAt))))
    for (let n = -executionWindow.daysBefore; n <= executionWindow.daysAfter; n++) days.add(addDays(day, n))
  return syntheticOnDays(tx, [...new Set(observed.map(({ executionId }) => executionId))], [...days])
}
