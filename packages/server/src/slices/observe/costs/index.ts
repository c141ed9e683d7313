import type { CostWriter } from '../../../ports/costs.ts'
import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'
import { addToCosts } from './store/rollups.ts'

export { type CostPair, costPairs } from './actions/differences.ts'
export { spentByAgents } from './store/reading.ts'

/** Adds what stored calls cost, in the transaction that stores them. */
export const writeCosts: CostWriter = addToCosts

const retained: readonly RetainedTable[] = [
  {
    name: 'cost_rollups',
    holds: 'Costs by model and quarter of an hour',
    lost: 'Costs of that time by agent, release and model. Daily metrics keep what each day cost.',
    by: { kind: 'time', column: 'start_at' },
    defaultDays: 3_650,
    minimumDays: 30,
  },
  {
    name: 'repricings',
    holds: 'Repricings that ended, with what they changed',
    lost: 'When stored calls were priced again and by how much the sums moved; the events of it stay.',
    by: { kind: 'time', column: 'requested_at' },
    only: "state <> 'running'",
    defaultDays: 3_650,
    minimumDays: 30,
  },
]

export const costsSlice: Slice = {
  name: 'costs',
  floor: 'observe',
  routes,
  jobs,
  subscriptions: [],
  retained,
}
