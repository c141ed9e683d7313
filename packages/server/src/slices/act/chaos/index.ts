import type { Slice } from '../../../ports/slice.ts'

export const chaosSlice: Slice = { name: 'chaos', floor: 'act', routes: [], jobs: [], subscriptions: [] }
