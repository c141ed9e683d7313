import type { PersonalTable } from '../../../ports/personal.ts'
import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { subscriptions } from './actions/follow-domain.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { readEndedTraces } from './actions/read-ended.ts'
export { judgeSuspicions } from './actions/suspect.ts'
export { openSuspicions } from './actions/suspicions.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'execution_risks',
    holds: 'Failure risk of each run, with its reasons',
    lost: 'Scores of old runs, and peers to compare new ones with.',
    by: { kind: 'time', column: 'ended_at' },
    defaultDays: 3_650,
    minimumDays: 30,
  },
  {
    name: 'suspicions',
    holds: 'Suspicions that were cleared',
    lost: 'What looked implausible or silent, and when it ended; its events stay in the journal.',
    by: { kind: 'time', column: 'raised_at' },
    only: 'cleared_at is not null',
    defaultDays: 1_095,
    minimumDays: 30,
  },
]

const personal: readonly PersonalTable[] = [
  { table: 'execution_risks', holds: 'Whose unit a scored run was', erase: { blank: { unit: null } } },
]

export const riskSlice: Slice = { name: 'risk', floor: 'observe', routes, jobs, subscriptions, retained, personal }
