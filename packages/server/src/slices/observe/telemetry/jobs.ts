import type { Job } from '../../../ports/slice.ts'
import { joinWaitingOutcomes } from './actions/join-outcomes.ts'

export const jobs: readonly Job[] = [
  { name: 'telemetry.outcomes', everyMs: 10_000, wokenByJournal: true, exclusive: true, run: joinWaitingOutcomes },
]
