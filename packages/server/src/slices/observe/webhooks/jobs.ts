import type { Job } from '../../../ports/slice.ts'
import { expireKeptPayloads, processDueDeliveries } from './actions/deliveries.ts'
import { runDueImports } from './actions/import-n8n.ts'

export const jobs: readonly Job[] = [
  { name: 'webhooks.process', everyMs: 5_000, exclusive: true, run: processDueDeliveries },
  { name: 'webhooks.import', everyMs: 30_000, exclusive: true, run: runDueImports },
  { name: 'webhooks.expire', everyMs: 3_600_000, exclusive: true, run: expireKeptPayloads },
]
