import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { recountDay } from './actions/compute.ts'
export { agentPerformance } from './actions/read.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'agent_performance_metrics',
    holds: 'Daily metrics per agent, environment and release',
    lost: 'What those days came to; baselines and trends need 28 days.',
    by: { kind: 'date', column: 'day' },
    goesWith: [{ table: 'agent_metric_days' }],
    defaultDays: 3_650,
    minimumDays: 60,
  },
]

export const metricsSlice: Slice = { name: 'metrics', floor: 'observe', routes, jobs, subscriptions: [], retained }
