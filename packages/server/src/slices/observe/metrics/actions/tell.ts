import { instantFromEpochMs, toIso } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { append, type NewEvent } from '../../../govern/journal/index.ts'
import { addUp, figuresOfDay } from '../model/day.ts'
import { type ClosedDay, daysToTell, saveTold, type ToldCounts } from '../store/told.ts'

const actor = { kind: 'system', id: 'metrics' } as const
const atOnce = 200

/**
 * Tells each finished day of an agent once as `processing_metrics`, and again as `metrics.day.corrected` whenever late
 * reports changed it. Events and what was told are written together.
 */
export async function tellDays(deps: Deps, organizationId: string): Promise<void> {
  for (;;) {
    const told = await deps.store.transaction({ organizationId }, async (tx) => {
      const now = deps.clock.now()
      const due = await daysToTell(tx, now, atOnce)
      const events: NewEvent[] = []
      for (const day of due) {
        const counts = countsOf(day)
        events.push(day.told === null ? metricsEvent(day) : correction(day, day.told, counts))
        await saveTold(tx, day.day, day.agentId, counts, now)
      }
      if (events.length > 0) await append(deps, tx, events)
      return due.length
    })
    if (told < atOnce) return
  }
}

function countsOf({ rows }: ClosedDay): ToldCounts {
  const { successes, failures, cancelled, costNanoUsd } = addUp(rows)
  return { executions: successes + failures + cancelled, successes, failures, costNanoUsd }
}

function metricsEvent({ agentId, startsAt, rows }: ClosedDay): NewEvent {
  const { executions, successRate, latencyP95Ms, costNanoUsd } = figuresOfDay(addUp(rows))
  const windowStartAt = toIso(instantFromEpochMs(startsAt.getTime()))
  return {
    type: 'processing_metrics',
    subject: `agent/${agentId}`,
    actor,
    payload: { agentId, window: '1d', windowStartAt, executions, successRate, latencyP95Ms, costNanoUsd, score: null },
  }
}

function correction({ agentId, day }: ClosedDay, before: ToldCounts, after: ToldCounts): NewEvent {
  const because = {
    rule: 'day-counted-again',
    observed: after.executions,
    limit: before.executions,
    text: `What is known of ${day} changed after it was over: ${after.executions} executions in place of ${before.executions}, ${after.successes} successes in place of ${before.successes}.`,
  }
  const subject = `agent/${agentId}`
  return { type: 'metrics.day.corrected', subject, actor, payload: { agentId, day, before, after, because } }
}
