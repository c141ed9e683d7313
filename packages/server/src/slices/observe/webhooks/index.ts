import type { PersonalPayloads } from '../../../ports/personal.ts'
import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { scanPayloads } from './actions/personal.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'webhook_deliveries',
    holds: 'What others posted; payloads only until they are stored, at most seven days',
    lost: 'The list of deliveries. The same message sent again after that counts again.',
    by: { kind: 'time', column: 'received_at' },
    only: "state <> 'received'",
    defaultDays: 30,
    minimumDays: 7,
  },
]

const personalPayloads: readonly PersonalPayloads[] = [
  { table: 'webhook_deliveries', holds: 'Payloads that wait or could not be mapped', scan: scanPayloads },
]

export const webhooksSlice: Slice = {
  name: 'webhooks',
  floor: 'observe',
  routes,
  jobs,
  subscriptions: [],
  retained,
  personalPayloads,
}
