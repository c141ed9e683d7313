import type { Slice } from '../../../ports/slice.ts'

export { ArbitrationEngine } from './actions/arbitration-engine.ts'
export { autoOpinion, fitAuto } from './model/auto.ts'
export { type Arbitration, arbitrate, type DecisionRules, type Veto } from './model/decide.ts'
export { gapFor, startGap } from './model/gap.ts'
export { balancedLoss, equalLoss, evenLoss, type LossMatrix } from './model/loss.ts'
export type { Opinion } from './model/opinion.ts'
export { type Fit, fitPolicy, opinionOf, type PolicyName, policyNames } from './model/policy.ts'
export { auditedOf, ballotOf, type Item, type Panel, panelOf, type Verdict, type Vote } from './model/votes.ts'

export const arbitrationSlice: Slice = { name: 'arbitration', floor: 'judge', routes: [], jobs: [], subscriptions: [] }
