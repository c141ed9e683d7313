import type { Slice, Subscription, TunableDefinition } from '../../../ports/slice.ts'
import { followDrift } from './actions/follow-drift.ts'
import { followRecovery } from './actions/follow-recovery.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

const subscriptions: readonly Subscription[] = [
  { name: 'amendments.propose', pattern: 'qa_drift', handle: followDrift },
  { name: 'amendments.recover', pattern: 'drift.alarm.closed', handle: followRecovery },
]

const tunables: readonly TunableDefinition[] = [
  {
    key: 'amendments.open_days',
    description: 'Days that an amendment waits for a decision before it expires.',
    type: 'integer',
    unit: 'days',
    minimum: 1,
    maximum: 365,
    choices: null,
    defaultValue: 30,
    impact: 'LOW',
  },
]

export const amendmentsSlice: Slice = { name: 'amendments', floor: 'judge', routes, jobs, subscriptions, tunables }
