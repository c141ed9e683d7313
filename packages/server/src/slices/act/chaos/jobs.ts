import type { Job } from '../../../ports/slice.ts'
import { runExperiments } from './actions/run.ts'

// Not exclusive: runs are locked one by one, and the lease of a process that died would hold every run up for a minute.
export const jobs: readonly Job[] = [{ name: 'chaos.run', everyMs: 1_000, wokenByJournal: true, run: runExperiments }]
