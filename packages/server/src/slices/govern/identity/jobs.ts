import type { Deps, Job } from '../../../ports/slice.ts'
import { listOrganizationIds } from './actions/organizations.ts'
import { spentCredentialsKeptMs } from './model/lifetimes.ts'
import { removeFromDirectory } from './store/directory.ts'
import { deleteSpentLinks } from './store/links.ts'
import { deleteSpentSessions } from './store/sessions.ts'

/** Throws away sessions and links that have been dead for thirty days, with their directory entries. */
async function forgetSpentCredentials(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps))
    await deps.store.transaction({ organizationId }, async (tx) => {
      const now = deps.clock.now()
      const sessions = await deleteSpentSessions(tx, now, spentCredentialsKeptMs)
      const links = await deleteSpentLinks(tx, now, spentCredentialsKeptMs)
      await tx.within('deployment', (outer) => removeFromDirectory(outer, [...sessions, ...links], organizationId))
    })
}

export const jobs: readonly Job[] = [
  { name: 'identity.forget-spent-credentials', everyMs: 3_600_000, exclusive: true, run: forgetSpentCredentials },
]
