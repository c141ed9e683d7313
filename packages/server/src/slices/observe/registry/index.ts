import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

export {
  agentById,
  allAgents,
  countExecutions,
  ensureSeen,
  listAgents,
  namesOf,
  releaseByName,
  releaseIdsByName,
  releasesOf,
  type SeenIds,
} from './actions.ts'
export type { Sighting } from './model.ts'

export const registrySlice: Slice = { name: 'registry', floor: 'observe', routes, jobs: [], subscriptions: [] }
