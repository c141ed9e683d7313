import type { Job } from '../../../ports/slice.ts'
import { deliverMessages } from './actions/deliver.ts'
import { watchOrganizations } from './actions/watch.ts'

export const jobs: readonly Job[] = [
  { name: 'alerts.watch', everyMs: 1_000, wokenByJournal: true, exclusive: true, run: watchOrganizations },
  // Not exclusive: each message is claimed, so that all processes may send.
  { name: 'alerts.deliver', everyMs: 1_000, wokenByJournal: true, run: deliverMessages },
]
