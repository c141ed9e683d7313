import type { PersonalTable } from '../../../ports/personal.ts'
import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

export { receiveLabels } from './actions/labels.ts'
export { receiveQaEvents } from './actions/receive.ts'
export { recordJudgments } from './actions/record.ts'
export { readLatestVerdicts, readVerdicts } from './store/judgments.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'qa_events',
    holds: 'Judgments of runs with their explanations',
    lost: 'Verdicts of that time and how right a judge was; their events stay in the ledger without the texts.',
    by: { kind: 'time', column: 'recorded_at' },
    defaultDays: 3_650,
    minimumDays: 30,
  },
  {
    name: 'qa_labels',
    holds: 'What verdicts ought to be, with notes',
    lost: 'Which verdicts of that time were right; what trust learnt of them stays.',
    by: { kind: 'time', column: 'recorded_at' },
    defaultDays: 3_650,
    minimumDays: 30,
  },
]

const personal: readonly PersonalTable[] = [
  {
    table: 'qa_events',
    holds: 'Explanations and labels of judgments',
    erase: { blank: { explanation: null, label: null } },
  },
  { table: 'qa_labels', holds: 'Notes on labels', erase: { blank: { note: null } } },
]

export const judgmentsSlice: Slice = {
  name: 'judgments',
  floor: 'judge',
  routes,
  jobs: [],
  subscriptions: [],
  retained,
  personal,
}
