import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'probe_results',
    holds: 'Results of probes, of each at most the newest 500',
    lost: 'When a probe failed and why; the runs that it made are kept as runs.',
    by: { kind: 'time', column: 'at' },
    defaultDays: 90,
    minimumDays: 1,
  },
]

export const probesSlice: Slice = { name: 'probes', floor: 'observe', routes, jobs, subscriptions: [], retained }
