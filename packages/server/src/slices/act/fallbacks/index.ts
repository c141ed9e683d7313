import type { Slice } from '../../../ports/slice.ts'

export { chooseFallback, type FallbackDecision, type Macro } from './model.ts'

export const fallbacksSlice: Slice = { name: 'fallbacks', floor: 'act', routes: [], jobs: [], subscriptions: [] }
