import type { Slice } from '../../../ports/slice.ts'

export const amendmentsSlice: Slice = { name: 'amendments', floor: 'judge', routes: [], jobs: [], subscriptions: [] }
