import { assertInvariant } from '../../../../kernel/assert.ts'
import type { Deps, Subscription } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { journalStart } from '../model/delivery.ts'
import {
  insertSubscriber,
  listSubscribers,
  lockSubscriber,
  type Registration,
  replaceLanes,
  slowestPosition,
  updateSubscriber,
} from '../store/cursors.ts'
import { readableNow } from '../store/reading.ts'

/**
 * Makes the cursor rows of new subscribers and follows changes of pattern and lanes. When the count of lanes changes,
 * all start where the slowest was: some events are delivered again, none is missed.
 */
export async function registerSubscriptions(deps: Deps, subscriptions: readonly Subscription[]): Promise<void> {
  // In one order everywhere, so that processes that start together cannot deadlock.
  const ordered = subscriptions.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  await deps.store.transaction('deployment', async (tx) => {
    const known = new Map((await listSubscribers(tx)).map((stored) => [stored.subscriber, stored]))
    for (const subscription of ordered)
      if (!isAsStored(known.get(subscription.name), subscription)) await register(deps, tx, subscription)
  })
}

function isAsStored(stored: Registration | undefined, { pattern, lanes = 1 }: Subscription): boolean {
  return stored?.pattern === pattern && stored.lanes === lanes
}

async function register(deps: Deps, tx: Tx, subscription: Subscription): Promise<void> {
  const { name: subscriber, pattern, lanes = 1, startAt = 'beginning' } = subscription
  assertInvariant(Number.isInteger(lanes) && lanes >= 1 && lanes <= 64, `${subscriber} has 1 to 64 lanes`)
  const wanted = { subscriber, pattern, lanes }
  if (await insertSubscriber(tx, wanted, deps.clock.now())) {
    const position = startAt === 'now' ? await readableNow(tx) : journalStart
    return await replaceLanes(tx, subscriber, lanes, position)
  }
  const stored = await lockSubscriber(tx, subscriber)
  if (stored === null || isAsStored(stored, subscription)) return
  await updateSubscriber(tx, wanted)
  if (stored.lanes !== lanes) {
    await replaceLanes(tx, subscriber, lanes, (await slowestPosition(tx, subscriber)) ?? journalStart)
  }
}
