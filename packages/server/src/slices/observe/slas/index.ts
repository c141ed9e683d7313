import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { urgentSlas } from './actions/read.ts'
export { activeSlas, type StoredSla } from './store/definitions.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'sla_slots',
    holds: 'Good and bad events per five minutes',
    lost: 'Charts of error budgets of that time; the longest window needs 93 days.',
    by: { kind: 'time', column: 'slot_at' },
    defaultDays: 400,
    minimumDays: 100,
  },
  {
    name: 'sla_compliance',
    holds: 'How each window of a service level ended',
    lost: 'Whether service levels of that time were met.',
    by: { kind: 'date', column: 'period_start' },
    defaultDays: 3_650,
    minimumDays: 100,
  },
  {
    name: 'sla_state_changes',
    holds: 'When service levels changed their state',
    lost: 'The history of states; its events stay in the journal.',
    by: { kind: 'time', column: 'changed_at' },
    defaultDays: 1_095,
    minimumDays: 90,
  },
  {
    name: 'sla_reports',
    holds: 'Monthly reports as they were issued',
    lost: 'The reports; the digests of their facts stay in the ledger.',
    by: { kind: 'time', column: 'issued_at' },
    defaultDays: 3_650,
    minimumDays: 400,
  },
]

export const slasSlice: Slice = { name: 'slas', floor: 'observe', routes, jobs, subscriptions: [], retained }
