import type { Job } from '../../../ports/slice.ts'
import { runExperiments } from './actions/run.ts'

export const jobs: readonly Job[] = [
  { name: 'chaos.run', everyMs: 1_000, wokenByJournal: true, exclusive: true, run: runExperiments },
]
