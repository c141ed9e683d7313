import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { registerRetained, retentionTunables } from './actions/declared.ts'

export const retentionSlice: Slice = { name: 'retention', floor: 'observe', routes, jobs, subscriptions: [] }
