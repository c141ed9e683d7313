import type { Slice } from '../../../ports/slice.ts'

export { type ChangePoints, changePointsOf } from './model/change-points.ts'

export const driftSlice: Slice = { name: 'drift', floor: 'judge', routes: [], jobs: [], subscriptions: [] }
