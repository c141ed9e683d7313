import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { privilegedRateTunable } from './actions/privileged-rate.ts'
import { internalRoutes } from './routes/internal.ts'
import { routingRoutes } from './routes/routing.ts'

export { privilegedRateFactor } from './actions/privileged-rate.ts'
export { type RoutedPayload, routePayload } from './actions/route.ts'
export { SecureGateway } from './actions/secure-gateway.ts'
export { type Placeholder, restorePlaceholders } from './model/payload.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'gateway_routes',
    holds: 'Where payloads were let go, and why; no text',
    lost: 'What other gateway rules can be tried on; the decisions themselves stay in the ledger.',
    by: { kind: 'time', column: 'routed_at' },
    defaultDays: 90,
    minimumDays: 1,
  },
]

export const gatewaySlice: Slice = {
  name: 'gateway',
  floor: 'act',
  routes: [...routingRoutes, ...internalRoutes],
  jobs: [],
  subscriptions: [],
  tunables: [privilegedRateTunable],
  retained,
}
