import { type PageQuery, Uuid } from '@metaagent/contract'
import { decodePageCursor, encodePageCursor } from '../../../../kernel/page-cursor.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { type DeadLetterView, deadLetterById, listDeadLetters, requestReplay } from '../store/dead-letters.ts'
import { actorOf, append } from './append.ts'

const list = 'journal.dead-letters'

/** One page of what could not be handled, newest first. */
export async function readDeadLetters(
  deps: Deps,
  caller: Caller,
  { cursor, limit }: PageQuery,
): Promise<Result<{ items: DeadLetterView[]; nextCursor: string | null }>> {
  let before: string | null = null
  if (cursor !== undefined) {
    const position = decodePageCursor(list, {}, cursor, 1)
    if (!position.ok) return position
    const id = Uuid.safeParse(position.value[0])
    if (!id.success) return refuse('invalid-cursor', 'Use the nextCursor of this list, or leave it out.')
    before = id.data
  }
  const { organizationId } = caller
  const found = await deps.store.transaction({ organizationId }, (tx) => listDeadLetters(tx, before, limit + 1))
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const more = found.length > limit && last !== undefined
  return ok({ items, nextCursor: more ? encodePageCursor(list, {}, [last.deadLetterId]) : null })
}

/** Asks the subscriber to take the event once more; a worker does it within about a second. */
export async function replayDeadLetter(
  deps: Deps,
  caller: Caller,
  deadLetterId: string,
): Promise<Result<DeadLetterView>> {
  const { organizationId } = caller
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const letter = await deadLetterById(tx, deadLetterId)
    if (letter === null) return refuse('not-found', 'Your organization has no dead letter with this id.')
    if (letter.replayedAt !== null) return refuse('conflict', `It was replayed at ${letter.replayedAt} already.`)
    await requestReplay(tx, deadLetterId, deps.clock.now())
    const { subscriber, event } = letter
    const payload = { deadLetterId, subscriber, eventId: event.eventId }
    const subject = `subscriber/${subscriber}`
    await append(deps, tx, [{ type: 'journal.replay.requested', subject, actor: actorOf(caller), payload }])
    return ok(letter)
  })
}
