import type { Job } from '../../../ports/slice.ts'
import { judgeSlas } from './actions/judge.ts'

export const jobs: readonly Job[] = [{ name: 'slas.judge', everyMs: 15_000, exclusive: true, run: judgeSlas }]
