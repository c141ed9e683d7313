import type { Job } from '../../../ports/slice.ts'
import { continueRepricings } from './actions/repricings.ts'

export const jobs: readonly Job[] = [
  { name: 'costs.reprice', everyMs: 10_000, wokenByJournal: true, exclusive: true, run: continueRepricings },
]
