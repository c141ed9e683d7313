import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'evidence_packs',
    holds: 'Evidence packs as they were made',
    lost: 'The files themselves; their digests stay in the ledger, and a new pack of the period can be made.',
    by: { kind: 'time', column: 'created_at' },
    defaultDays: 3_650,
    minimumDays: 365,
  },
]

export const complianceSlice: Slice = {
  name: 'compliance',
  floor: 'govern',
  routes,
  jobs: [],
  subscriptions: [],
  retained,
}
