import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { actionDigestOf, type GovernedAction } from './actions/digests.ts'
export { consume, type GatePass, passGate } from './actions/gate.ts'
export { governanceRulesFile, rulesNow } from './actions/present-rules.ts'
export { requestApproval, vote } from './actions/requests.ts'
export { decideNeed, type Need } from './model/matrix.ts'
export { requestById as approvalById } from './store.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'gate_passes',
    holds: 'Governed actions that the rules let run by themselves',
    lost: 'What other governance rules can be tried on; the actions themselves stay in the journal.',
    by: { kind: 'time', column: 'passed_at' },
    defaultDays: 400,
    minimumDays: 30,
  },
]

export const approvalsSlice: Slice = { name: 'approvals', floor: 'govern', routes, jobs, subscriptions: [], retained }
