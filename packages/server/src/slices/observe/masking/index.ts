import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

export { findInTexts } from './actions/find-in-texts.ts'
export { type MaskedBatch, maskTelemetry } from './actions/mask-rows.ts'
export { maskTexts } from './actions/mask-texts.ts'
export { settingsChanged as reloadMasking } from './actions/settings-cache.ts'
export { eraseTokens, tokensOfValue } from './actions/tokens.ts'
export { tryDefaultMasking, tryText } from './actions/trial.ts'

export const maskingSlice: Slice = { name: 'masking', floor: 'observe', routes, jobs: [], subscriptions: [] }
