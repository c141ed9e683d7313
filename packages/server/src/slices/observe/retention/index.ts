import type { Slice } from '../../../ports/slice.ts'
import { tunables } from './actions/apply.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export const retentionSlice: Slice = { name: 'retention', floor: 'observe', routes, jobs, subscriptions: [], tunables }
