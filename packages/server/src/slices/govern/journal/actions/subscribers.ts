import type { SubscriberStatus } from '@metaagent/contract'
import type { z } from 'zod'
import { ok, type Result } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { lagOf, subscriberRows } from '../store/status.ts'

type Status = z.infer<typeof SubscriberStatus>

/** Every subscriber of the journal: how far behind it is on the organization's events, and what failed. */
export async function readSubscribers(deps: Deps, caller: Caller): Promise<Result<{ items: Status[] }>> {
  const { organizationId } = caller
  const now = deps.clock.now()
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const items: Status[] = []
    for (const row of await subscriberRows(tx)) {
      const lag = await lagOf(tx, row.subscriber, row.pattern, row.lanes)
      items.push({
        name: row.subscriber,
        pattern: row.pattern,
        lanes: row.lanes,
        lagEvents: lag.events,
        lagMs: lag.oldest === null ? null : Math.max(0, now - lag.oldest.getTime()),
        delivered: row.delivered,
        retried: row.retried,
        deadLetters: row.dead_letters,
        lastError: row.last_error,
      })
    }
    return ok({ items })
  })
}
