import type { Slice } from '../../../ports/slice.ts'

export { TrustEngine } from './actions/trust-engine.ts'
export { type CopySuspicion, copiesAmong } from './model/copies.ts'
export {
  type AuditedVerdict,
  defaultHalfLifeVerdicts,
  type Evidence,
  evidenceOn,
  noTrust,
  stateOfVerdicts,
  type TrustState,
  withVerdict,
} from './model/evidence.ts'
export { type Independence, independenceOf } from './model/independence.ts'
export { type OrderEffect, orderEffectsOf } from './model/order-effects.ts'
export type { JudgedItem } from './model/panel.ts'
export { authorityOf, type Reliability, ratesOf, reliabilityOf } from './model/reliability.ts'

export const trustSlice: Slice = { name: 'trust', floor: 'judge', routes: [], jobs: [], subscriptions: [] }
