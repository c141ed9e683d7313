import type { Slice } from '../../../ports/slice.ts'
import { subscriptions } from './actions/follow-domain.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { readEndedTraces } from './actions/read-ended.ts'
export { judgeSuspicions } from './actions/suspect.ts'
export { openSuspicions } from './actions/suspicions.ts'

export const riskSlice: Slice = { name: 'risk', floor: 'observe', routes, jobs, subscriptions }
