import type { Job } from '../../../ports/slice.ts'
import { joinWaitingOutcomes } from './actions/join-outcomes.ts'
import { joinSpanEvents } from './actions/join-span-events.ts'

export const jobs: readonly Job[] = [
  { name: 'telemetry.outcomes', everyMs: 10_000, wokenByJournal: true, exclusive: true, run: joinWaitingOutcomes },
  { name: 'telemetry.span-events', everyMs: 5_000, wokenByJournal: true, exclusive: true, run: joinSpanEvents },
]
