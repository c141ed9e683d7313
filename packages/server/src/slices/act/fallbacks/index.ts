import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice, TunableDefinition } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { type Considered, FallbackManager } from './actions/fallback-manager.ts'
export type { SimulatedEvidence } from './actions/observe.ts'
export { type InvocationFilter, type StoredInvocation, selectInvocations } from './store/chains.ts'
export { policiesInForce } from './store/policies.ts'

const tunables: readonly TunableDefinition[] = [
  {
    key: 'fallbacks.depth_max',
    description: 'How many fallbacks one incident may start.',
    type: 'integer',
    unit: null,
    minimum: 1,
    maximum: 20,
    choices: null,
    defaultValue: 5,
    impact: 'MODERATE',
  },
]

const retained: readonly RetainedTable[] = [
  {
    name: 'fallback_invocations',
    holds: 'Which fallback was invoked, for what and why',
    lost: 'The list of that time; every invocation stays in the journal.',
    by: { kind: 'time', column: 'at' },
    defaultDays: 1_095,
    minimumDays: 30,
  },
  {
    name: 'fallback_chains',
    holds: 'Incidents that ended',
    lost: 'What was started in which incident; its events stay in the journal.',
    by: { kind: 'time', column: 'closed_at' },
    only: 'closed_at is not null',
    defaultDays: 1_095,
    minimumDays: 30,
  },
]

export const fallbacksSlice: Slice = {
  name: 'fallbacks',
  floor: 'act',
  routes,
  jobs,
  subscriptions: [],
  tunables,
  retained,
}
