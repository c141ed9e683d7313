import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

export const statusSlice: Slice = { name: 'status', floor: 'observe', routes, jobs: [], subscriptions: [] }
