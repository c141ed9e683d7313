import type { Deps } from '../../../../ports/slice.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { ensureSearchDays, forgetMissing, indexQueued, nextForSearch } from '../store/search.ts'

const executionsPerStep = 100
const stepsPerRun = 200

/**
 * Reads the words of executions that ended, or of which more arrived, so that they can be searched: within two seconds of
 * their commit while the machine keeps up. Each step is a transaction; what is cut off is read again.
 */
export async function indexForSearch(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) {
    let more = true
    for (let step = 0; more && step < stepsPerRun; step++)
      more = await deps.pacer.step(() => indexSome(deps, organizationId))
  }
}

async function indexSome(deps: Deps, organizationId: string): Promise<boolean> {
  const queued = await deps.store.transaction({ organizationId }, async (tx) => {
    const next = await nextForSearch(tx, executionsPerStep)
    if (next.length > 0) await ensureSearchDays(tx, [...new Set(next.map(({ startedOn }) => startedOn))].sort())
    else await forgetMissing(tx)
    return next
  })
  if (queued.length === 0) return false
  return (await deps.store.transaction({ organizationId }, (tx) => indexQueued(tx, queued))) > 0
}
