import type { Slice } from '../../../ports/slice.ts'
import { ArbitrationEngine } from '../arbitration/index.ts'
import { DriftDetector } from '../drift/index.ts'
import { TrustEngine } from '../trust/index.ts'
import { MetaAgent } from './actions/meta-agent.ts'
import { routesWith } from './routes.ts'

export { type Engines, MetaAgent } from './actions/meta-agent.ts'

const metaAgent = new MetaAgent({
  trust: new TrustEngine(),
  arbitration: new ArbitrationEngine(),
  drift: new DriftDetector(),
})

export const coordinationSlice: Slice = {
  name: 'coordination',
  floor: 'judge',
  routes: routesWith(metaAgent.subscriptions.map(({ name }) => name)),
  jobs: [],
  subscriptions: metaAgent.subscriptions,
}
