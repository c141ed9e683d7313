import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

export { recordJudgments } from './actions.ts'
export { readVerdicts } from './store.ts'

export const judgmentsSlice: Slice = { name: 'judgments', floor: 'judge', routes, jobs: [], subscriptions: [] }
