import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

export { registerTunables } from './actions/declared.ts'
export {
  changeTunable,
  revertTunable,
  tunableNumber,
  tunableValue,
  tunableValues,
  tunableVersion,
} from './actions/values.ts'

export const tunablesSlice: Slice = { name: 'tunables', floor: 'govern', routes, jobs: [], subscriptions: [] }
