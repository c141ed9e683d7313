import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export const webhooksSlice: Slice = { name: 'webhooks', floor: 'observe', routes, jobs, subscriptions: [] }
