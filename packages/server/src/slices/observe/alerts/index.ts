import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { channelRoutes } from './routes/channels.ts'
import { inboxRoutes } from './routes/inbox.ts'
import { ruleRoutes } from './routes/rules.ts'

export const alertsSlice: Slice = {
  name: 'alerts',
  floor: 'observe',
  routes: [...inboxRoutes, ...ruleRoutes, ...channelRoutes],
  jobs,
  subscriptions: [],
}
