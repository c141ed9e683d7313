import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { subscriptions } from './actions/receivers.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'chaos_runs',
    holds: 'Runs of experiments that ended, with their reports',
    lost: 'What held in the runs of that time; verdicts stay in the ledger.',
    by: { kind: 'time', column: 'ended_at' },
    goesWith: [{ table: 'chaos_signals', column: 'sent_at' }],
    defaultDays: 1_095,
    minimumDays: 30,
  },
]

export const chaosSlice: Slice = { name: 'chaos', floor: 'act', routes, jobs, subscriptions, retained }
