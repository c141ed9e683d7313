import type { Job } from '../../../ports/slice.ts'
import { computeMetrics } from './actions/compute.ts'

export const jobs: readonly Job[] = [{ name: 'metrics.compute', everyMs: 15_000, exclusive: true, run: computeMetrics }]
