import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

export { recordDependencies } from './actions/learn.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'agent_dependency_days',
    holds: 'How much of an agent’s traffic used what, by day',
    lost: 'Shares of traffic of that time; what was learnt of dependencies stays.',
    by: { kind: 'date', column: 'day' },
    defaultDays: 3_650,
    minimumDays: 35,
  },
]

export const dependenciesSlice: Slice = {
  name: 'dependencies',
  floor: 'observe',
  routes,
  jobs: [],
  subscriptions: [],
  retained,
}
