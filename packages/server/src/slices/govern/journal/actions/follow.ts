import { assertInvariant } from '../../../../kernel/assert.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, StreamEvent } from '../../../../ports/slice.ts'
import { mostPerBatch, type Position } from '../model/delivery.ts'
import { type TypePattern, typePattern } from '../model/pattern.ts'
import { readableNow, readStretch } from '../store/reading.ts'
import { journalHints } from './append.ts'

/** A hint may be lost, and what was committed may wait for an older transaction to end. */
const pollMs = 1_000

/** Where to begin: behind the place in `Last-Event-ID`, or with what comes from now on. */
export function placeOf(lastEventId: string | undefined): Result<Position | null> {
  if (lastEventId === undefined || lastEventId === '') return ok(null)
  const [, xid, eventId] = /^(\d{1,19})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(lastEventId) ?? []
  return xid === undefined || eventId === undefined
    ? refuse('invalid-cursor', 'Last-Event-ID must be the id of an event of this stream. Leave it out to begin now.')
    : ok({ xid: BigInt(xid), eventId })
}

const idOf = ({ xid, eventId }: Position): string => `${xid}-${eventId}`

/**
 * The organization's events of a pattern as they are committed, each once and in commit order, until the signal fires.
 * First comes `position`, which tells where the stream begins; the id of each event leads on behind it.
 */
export async function* followJournal(
  deps: Deps,
  caller: Pick<Caller, 'organizationId'>,
  asked: { readonly type: string; readonly lastEventId: string | undefined; readonly signal: AbortSignal },
): AsyncIterable<StreamEvent> {
  const { signal } = asked
  const given = placeOf(asked.lastEventId)
  assertInvariant(given.ok, 'a stream is admitted with a place that can be read')
  const pattern = typePattern(asked.type)
  const { organizationId } = caller
  const alarm = new Alarm()
  const stopListening = await deps.store.listen(journalHints, () => alarm.ring())
  const wake = () => alarm.ring()
  signal.addEventListener('abort', wake, { once: true })
  try {
    let at = given.value ?? (await deps.store.transaction({ organizationId }, readableNow))
    yield { id: idOf(at), event: 'position', data: { position: idOf(at) } }
    while (!signal.aborted) {
      const { events, upTo, more } = await stretchBehind(deps, organizationId, at, pattern)
      for (const { position, event } of events) yield { id: idOf(position), event: 'journal-event', data: event }
      at = upTo
      if (more || signal.aborted) continue
      const cancel = deps.clock.after(pollMs, wake)
      await alarm.rung()
      cancel()
    }
  } finally {
    signal.removeEventListener('abort', wake)
    await stopListening()
  }
}

async function stretchBehind(deps: Deps, organizationId: string, at: Position, pattern: TypePattern) {
  return await deps.store.transaction({ organizationId }, (tx) =>
    readStretch(tx, at, { pattern, lane: 0, lanes: 1 }, mostPerBatch),
  )
}

/** Rings at most once until somebody listens again; a ring while nobody listens is kept. */
class Alarm {
  #isRinging = false
  #listener: (() => void) | null = null

  ring(): void {
    this.#isRinging = true
    this.#listener?.()
  }

  async rung(): Promise<void> {
    if (!this.#isRinging)
      await new Promise<void>((resolve) => {
        this.#listener = resolve
      })
    this.#listener = null
    this.#isRinging = false
  }
}
