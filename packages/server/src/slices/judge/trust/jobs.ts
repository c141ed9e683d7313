import type { Job } from '../../../ports/slice.ts'
import { compactJournals } from './actions/compact.ts'
import { measureMetrics } from './actions/measure.ts'

export const jobs: readonly Job[] = [
  { name: 'trust.compact', everyMs: 30_000, exclusive: true, run: compactJournals },
  { name: 'trust.measure', everyMs: 60_000, exclusive: true, run: measureMetrics },
]
