import type { Deps, Subscription } from '../../../../ports/slice.ts'
import {
  deadLetterById,
  lockReplay,
  markReplayed,
  markReplayFailed,
  type WantedReplay,
  wantedReplays,
} from '../store/dead-letters.ts'
import { errorText } from './lane.ts'

/** Hands the dead letters that somebody asked for to their subscribers once more; returns how many went through. */
export async function replayWanted(deps: Deps, subscriptions: readonly Subscription[]): Promise<number> {
  const byName = new Map(subscriptions.map((subscription) => [subscription.name, subscription]))
  const wanted = await deps.store.transaction('deployment', (tx) => wantedReplays(tx, [...byName.keys()]))
  let replayed = 0
  for (const replay of wanted) if (await replayOne(deps, byName, replay)) replayed++
  return replayed
}

async function replayOne(
  deps: Deps,
  byName: ReadonlyMap<string, Subscription>,
  { organizationId, deadLetterId }: WantedReplay,
): Promise<boolean> {
  const letter = await deps.store.transaction({ organizationId }, (tx) => deadLetterById(tx, deadLetterId))
  const subscription = letter === null ? undefined : byName.get(letter.subscriber)
  if (letter === null || subscription === undefined) return false
  try {
    const prepared = await subscription.prepare?.(deps, letter.event)
    return await deps.store.transaction({ organizationId }, async (tx) => {
      if (!(await lockReplay(tx, deadLetterId))) return false
      await subscription.handle(deps, tx, letter.event, prepared)
      await markReplayed(tx, deadLetterId, deps.clock.now())
      return true
    })
  } catch (error) {
    const text = errorText(error)
    deps.log.warn({ organizationId, deadLetterId, error: text }, 'a dead letter failed again')
    await deps.store.transaction({ organizationId }, (tx) => markReplayFailed(tx, deadLetterId, text))
    return false
  }
}
