import type { Job } from '../../../ports/slice.ts'
import { tellHealth } from './actions/tell.ts'

export const jobs: readonly Job[] = [
  { name: 'health.tell', everyMs: 30_000, wokenByJournal: true, exclusive: true, run: tellHealth },
]
