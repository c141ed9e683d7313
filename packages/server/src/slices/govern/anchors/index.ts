import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'anchor_receipts',
    holds: 'Checkpoints that were kept outside, with time stamps and cosignatures',
    lost: 'When each old checkpoint was kept outside; what is kept there stays, and so do cosignatures in the ledger.',
    by: { kind: 'time', column: 'anchored_at' },
    defaultDays: 3_650,
    minimumDays: 180,
  },
]

export const anchorsSlice: Slice = { name: 'anchors', floor: 'govern', routes, jobs, subscriptions: [], retained }
