import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { registerPersonal } from './actions/declared.ts'
export { holdOfAddress, readHeldDays } from './actions/holds.ts'

export const privacySlice: Slice = { name: 'privacy', floor: 'observe', routes, jobs, subscriptions: [] }
