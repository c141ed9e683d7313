import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { tunables } from './actions/policy.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { DriftDetector } from './actions/drift-detector.ts'
export { type AlarmJudgement, judgeAlarm } from './actions/judge.ts'
export { alarmById, openAlarms } from './actions/read.ts'
export { type ChangePoints, changePointsOf } from './model/change-points.ts'
export { eBenjaminiHochberg, runLengthFor } from './model/e-detector.ts'
export type { DriftMethod, DriftReason, DriftStep, Reading } from './model/method.ts'
export { type DriftMethodName, defaultDriftMethod, driftMethods } from './model/methods.ts'
export { surprise } from './model/surprise.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'drift_readings',
    holds: 'Readings of the streams that are watched for drift',
    lost: 'Charts and change points of that time; what streams learned and their alarms stay.',
    by: { kind: 'time', column: 'at' },
    defaultDays: 90,
    minimumDays: 7,
  },
  {
    name: 'drift_alarms',
    holds: 'Drift alarms that are closed',
    lost: 'When streams drifted and how right their methods were; events of it stay.',
    by: { kind: 'time', column: 'opened_at' },
    only: 'closed_at is not null',
    defaultDays: 1_095,
    minimumDays: 30,
  },
]

export const driftSlice: Slice = {
  name: 'drift',
  floor: 'judge',
  routes,
  jobs,
  subscriptions: [],
  tunables,
  retained,
}
