import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

export { openPriceBook, type PriceBook, type PricedCost } from './actions/book.ts'

export const pricesSlice: Slice = { name: 'prices', floor: 'observe', routes, jobs: [], subscriptions: [] }
