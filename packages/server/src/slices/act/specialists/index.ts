import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice, TunableDefinition } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { foreignCardRoutes } from './routes/foreign-cards.ts'
import { publicRoutes } from './routes/public.ts'
import { specialistRoutes } from './routes/specialists.ts'

export { discoverSpecialists } from './actions/discover.ts'

const tunables: readonly TunableDefinition[] = [
  {
    key: 'specialists.card_check_minutes',
    description: 'How often the cards of others are looked at again.',
    type: 'integer',
    unit: 'minutes',
    minimum: 5,
    maximum: 10_080,
    choices: null,
    defaultValue: 60,
    impact: 'MODERATE',
  },
]

const retained: readonly RetainedTable[] = [
  {
    name: 'specialist_requests',
    holds: 'What was created under which Idempotency-Key',
    lost: 'A creation that is sent again after that time creates once more, or is refused for its name.',
    by: { kind: 'time', column: 'made_at' },
    defaultDays: 7,
    minimumDays: 1,
  },
]

export const specialistsSlice: Slice = {
  name: 'specialists',
  floor: 'act',
  routes: [...specialistRoutes, ...foreignCardRoutes, ...publicRoutes],
  jobs,
  subscriptions: [],
  tunables,
  retained,
}
