import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

export const overviewSlice: Slice = { name: 'overview', floor: 'observe', routes, jobs: [], subscriptions: [] }
