import type { Job } from '../../../ports/slice.ts'
import { applyRetention } from './actions/apply.ts'

export const jobs: readonly Job[] = [
  { name: 'retention.apply', everyMs: 3_600_000, exclusive: true, run: applyRetention },
]
