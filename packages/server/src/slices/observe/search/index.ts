import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { personal } from './actions/personal.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { findWords } from './actions/find-words.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'embedding_usage',
    holds: 'What vectors of runs cost by day',
    lost: 'What an endpoint was paid for vectors on those days; the vectors stay with their runs.',
    by: { kind: 'date', column: 'day' },
    defaultDays: 400,
    minimumDays: 31,
  },
]

export const searchSlice: Slice = {
  name: 'search',
  floor: 'observe',
  routes,
  jobs,
  subscriptions: [],
  retained,
  personal,
}
