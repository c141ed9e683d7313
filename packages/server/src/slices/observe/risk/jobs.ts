import type { Job } from '../../../ports/slice.ts'
import { readEndedTraces } from './actions/read-ended.ts'
import { judgeSuspicions } from './actions/suspect.ts'

export const jobs: readonly Job[] = [
  { name: 'risk.read', everyMs: 5_000, wokenByJournal: true, exclusive: true, run: readEndedTraces },
  { name: 'risk.suspect', everyMs: 300_000, exclusive: true, run: judgeSuspicions },
]
