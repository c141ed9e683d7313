import type { Job } from '../../../ports/slice.ts'
import { applyRetention } from './actions/apply.ts'
import { everyMs } from './actions/read.ts'

export const jobs: readonly Job[] = [{ name: 'retention.apply', everyMs, exclusive: true, run: applyRetention }]
