import type { Job } from '../../../ports/slice.ts'
import { closeAccessExports } from './actions/access.ts'
import { workOnDeletions } from './actions/erase.ts'

export const jobs: readonly Job[] = [
  { name: 'privacy.delete', everyMs: 5_000, exclusive: true, run: workOnDeletions },
  { name: 'privacy.close-access', everyMs: 60_000, exclusive: true, run: closeAccessExports },
]
