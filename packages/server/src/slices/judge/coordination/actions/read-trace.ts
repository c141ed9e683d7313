import type { CausalTrace } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { deliveriesOf, eventById, listEvents } from '../../../govern/journal/index.ts'
import { type EngineName, isQaEvent, type Progress, traceOf } from '../model.ts'
import { engineOfCursor } from './meta-agent.ts'

/** The causal trace of a story: its newest `limit` events. */
export async function readTrace(
  deps: Deps,
  caller: Caller,
  correlationId: string,
  limit: number,
  cursors: readonly string[],
): Promise<Result<CausalTrace>> {
  const filter = { type: null, subject: null, correlationId }
  const { organizationId } = caller
  return await deps.store.transaction({ organizationId }, async (tx): Promise<Result<CausalTrace>> => {
    const found = correlationId.includes('\0') ? [] : await listEvents(tx, filter, null, limit + 1)
    if (found.length === 0)
      return refuse('not-found', 'Your organization’s journal has no event with this correlation id.')
    const events = found.slice(0, limit)
    const reported = events.filter(({ type }) => isQaEvent(type)).map(({ eventId }) => eventId)
    const deliveries = reported.length === 0 ? [] : await deliveriesOf(tx, reported, cursors)
    const progress = deliveries.flatMap(({ eventId, subscriber, state }): Progress[] => {
      const engine: EngineName | null = engineOfCursor(subscriber)
      return engine === null ? [] : [{ eventId, engine, state }]
    })
    return ok({ correlationId, steps: [...traceOf(events, progress)], truncated: found.length > limit })
  })
}

/** The causal trace of the story to which one event belongs. */
export async function readTraceOfEvent(
  deps: Deps,
  caller: Caller,
  eventId: string,
  limit: number,
  cursors: readonly string[],
): Promise<Result<CausalTrace>> {
  const { organizationId } = caller
  const event = await deps.store.transaction({ organizationId }, (tx) => eventById(tx, eventId))
  if (event === null) return refuse('not-found', 'Your organization’s journal has no event with this id.')
  return await readTrace(deps, caller, event.correlationId, limit, cursors)
}
