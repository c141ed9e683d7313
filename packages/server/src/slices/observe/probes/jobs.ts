import type { Job } from '../../../ports/slice.ts'
import { runDueProbes } from './actions/run.ts'

export const jobs: readonly Job[] = [{ name: 'probes.run', everyMs: 5_000, exclusive: true, run: runDueProbes }]
