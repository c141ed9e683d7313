import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { activeSlas, type StoredSla } from './store/definitions.ts'

export const slasSlice: Slice = { name: 'slas', floor: 'observe', routes, jobs, subscriptions: [] }
