import type { Job } from '../../../ports/slice.ts'
import { decideAllDue } from './actions/decide.ts'
import { fitDueMetrics } from './actions/fit.ts'
import { followGovernanceFile } from './actions/rules.ts'
import { writeArbitrationLog } from './actions/write-log.ts'

export const jobs: readonly Job[] = [
  { name: 'arbitration.rules', everyMs: 10_000, exclusive: true, run: followGovernanceFile },
  { name: 'arbitration.fit', everyMs: 10_000, exclusive: true, run: fitDueMetrics },
  { name: 'arbitration.decide', everyMs: 5_000, exclusive: true, run: decideAllDue },
  { name: 'arbitration.log', everyMs: 5_000, wokenByJournal: true, exclusive: true, run: writeArbitrationLog },
]
