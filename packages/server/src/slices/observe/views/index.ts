import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

export const viewsSlice: Slice = { name: 'views', floor: 'observe', routes, jobs: [], subscriptions: [] }
