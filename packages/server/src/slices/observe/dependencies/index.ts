import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

export { recordDependencies } from './actions/learn.ts'

export const dependenciesSlice: Slice = { name: 'dependencies', floor: 'observe', routes, jobs: [], subscriptions: [] }
