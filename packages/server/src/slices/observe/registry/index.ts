import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

export {
  agentById,
  allAgents,
  environmentNames,
  listAgents,
  releaseByName,
  releaseIdsByName,
  releasesOf,
  setPaused,
} from './actions/agents.ts'
export { countExecutions, ensureSeen, type SeenIds } from './actions/ensure-seen.ts'
export { namesOf } from './actions/known-names.ts'
export type { Sighting } from './model.ts'

export const registrySlice: Slice = { name: 'registry', floor: 'observe', routes, jobs: [], subscriptions: [] }
