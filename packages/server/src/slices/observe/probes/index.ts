import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export const probesSlice: Slice = { name: 'probes', floor: 'observe', routes, jobs, subscriptions: [] }
