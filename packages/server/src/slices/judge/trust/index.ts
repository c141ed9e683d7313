import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { tunables } from './actions/settings.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { goldOf, type ItemGold, type TrustedJudge, trustOf } from './actions/trust.ts'
export { TrustEngine } from './actions/trust-engine.ts'
export type { Evidence, Gold, Said } from './model/evidence.ts'
export { type Item, itemKeyOf } from './model/facts.ts'
export type { Figures } from './model/trust-model.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'trust_verdicts',
    holds: 'Verdicts of judges that labels are held against, and what is right of each subject',
    lost: 'A label that comes later than that audits nothing. What was audited stays in the trust journal.',
    by: { kind: 'time', column: 'recorded_at' },
    goesWith: [{ table: 'trust_gold' }],
    defaultDays: 400,
    minimumDays: 30,
  },
]

export const trustSlice: Slice = { name: 'trust', floor: 'judge', routes, jobs, subscriptions: [], tunables, retained }
