import type { Job } from '../../../ports/slice.ts'
import { advanceDue } from './actions/advance.ts'

// Not exclusive: executions are leased one by one, so every process takes some.
export const jobs: readonly Job[] = [
  { name: 'playbooks.advance', everyMs: 1_000, wokenByJournal: true, run: advanceDue },
]
