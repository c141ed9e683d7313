import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

export { type MaskedBatch, maskTelemetry } from './actions/mask-rows.ts'
export { maskTexts } from './actions/mask-texts.ts'
export { tryDefaultMasking } from './actions/trial.ts'

export const maskingSlice: Slice = { name: 'masking', floor: 'observe', routes, jobs: [], subscriptions: [] }
