import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'

export { findWords } from './actions/find-words.ts'

export const searchSlice: Slice = { name: 'search', floor: 'observe', routes: [], jobs, subscriptions: [] }
