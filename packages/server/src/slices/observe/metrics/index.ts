import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { recountDay } from './actions/compute.ts'
export { agentPerformance } from './actions/read.ts'

export const metricsSlice: Slice = { name: 'metrics', floor: 'observe', routes, jobs, subscriptions: [] }
