import type { Slice } from '../../../ports/slice.ts'

export { DriftDetector } from './actions/drift-detector.ts'
export { type ChangePoints, changePointsOf } from './model/change-points.ts'
export { eBenjaminiHochberg, runLengthFor } from './model/e-detector.ts'
export type { DriftMethod, DriftReason, DriftStep, Reading } from './model/method.ts'
export { type DriftMethodName, defaultDriftMethod, driftMethods } from './model/methods.ts'
export { surprise } from './model/surprise.ts'

export const driftSlice: Slice = { name: 'drift', floor: 'judge', routes: [], jobs: [], subscriptions: [] }
