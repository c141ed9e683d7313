import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { channelRoutes } from './routes/channels.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
import { inboxRoutes } from './routes/inbox.ts'
import { ruleRoutes } from './routes/rules.ts'
import { silencePreviewRoutes } from './routes/silence-previews.ts'

export { firingAlerts } from './actions/inbox.ts'
export { queueNotice } from './actions/queue-notice.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'alert_history',
    holds: 'Alerts that ended',
    lost: 'The alerts with what moved them; their events stay in the journal.',
    by: { kind: 'time', column: 'resolved_at' },
    only: "state = 'resolved' and settled",
    defaultDays: 400,
    minimumDays: 30,
  },
  {
    name: 'alert_transitions',
    holds: 'What moved alerts from state to state',
    lost: 'Who acknowledged and why; alerts that are open keep theirs for this time, too.',
    by: { kind: 'time', column: 'at' },
    defaultDays: 400,
    minimumDays: 30,
  },
  {
    name: 'alert_deliveries',
    holds: 'Messages that were sent or given up',
    lost: 'When which channel was told what.',
    by: { kind: 'time', column: 'created_at' },
    only: "state in ('delivered', 'dead')",
    defaultDays: 90,
    minimumDays: 7,
  },
  {
    name: 'alert_silences',
    holds: 'Silences that ended',
    lost: 'Who silenced what and why.',
    by: { kind: 'time', column: 'ends_at' },
    only: 'ends_at < now()',
    defaultDays: 400,
    minimumDays: 30,
  },
]

export const alertsSlice: Slice = {
  name: 'alerts',
  floor: 'observe',
  routes: [...inboxRoutes, ...ruleRoutes, ...channelRoutes, ...deliveryRoutes, ...silencePreviewRoutes],
  jobs,
  subscriptions: [],
  retained,
}
