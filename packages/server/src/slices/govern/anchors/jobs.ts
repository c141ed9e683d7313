import type { Job } from '../../../ports/slice.ts'
import { runDueAnchors } from './actions/run.ts'

export const jobs: readonly Job[] = [{ name: 'anchors.run', everyMs: 5_000, exclusive: true, run: runDueAnchors }]
