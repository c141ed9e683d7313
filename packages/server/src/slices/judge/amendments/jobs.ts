import type { Job } from '../../../ports/slice.ts'
import { expireAmendments } from './actions/decide.ts'

export const jobs: readonly Job[] = [
  { name: 'amendments.expire', everyMs: 60_000, exclusive: true, run: expireAmendments },
]
