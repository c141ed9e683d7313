import type { CostWriter } from '../../../ports/costs.ts'
import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'
import { addToCosts } from './store/rollups.ts'

export { costDifferences } from './actions/read.ts'
export { costTable } from './store/retention.ts'

/** Adds what stored calls cost, in the transaction that stores them. */
export const writeCosts: CostWriter = addToCosts

export const costsSlice: Slice = { name: 'costs', floor: 'observe', routes, jobs, subscriptions: [] }
