import type { Job } from '../../../ports/slice.ts'
import { workOnDeletions } from './actions/erase.ts'

export const jobs: readonly Job[] = [{ name: 'privacy.delete', everyMs: 5_000, exclusive: true, run: workOnDeletions }]
