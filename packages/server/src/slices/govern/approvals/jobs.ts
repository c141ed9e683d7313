import type { Deps, Job } from '../../../ports/slice.ts'
import { listOrganizationIds } from '../identity/index.ts'
import { tellDecision } from './actions/requests.ts'
import { becauseOfExpiry } from './model/request.ts'
import { lockDueRequests, updateRequestState } from './store.ts'

const batchSize = 200

/** Marks open requests whose time is over. Whether it ran decides nothing: every use looks at the time itself. */
async function expireRequests(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) while ((await expireBatch(deps, organizationId)) > 0);
}

async function expireBatch(deps: Deps, organizationId: string): Promise<number> {
  return deps.store.transaction({ organizationId }, async (tx) => {
    const now = deps.clock.now()
    const due = await lockDueRequests(tx, now, batchSize)
    for (const request of due) {
      const because = becauseOfExpiry(request.expiresAt, now)
      await updateRequestState(tx, request.approvalId, 'expired', because, now)
      await tellDecision(deps, tx, request, 'expired', because, { kind: 'system', id: 'approvals' })
    }
    return due.length
  })
}

export const jobs: readonly Job[] = [
  { name: 'approvals.expire', everyMs: 30_000, exclusive: true, run: expireRequests },
]
