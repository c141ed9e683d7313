import { adwin } from './adwin.ts'
import { cusum, pageHinkley } from './control-charts.ts'
import { eDetector } from './e-detector.ts'
import { ddm, repeatedFailures, windowedCounts } from './failures.ts'
import { surprise } from './surprise.ts'
import { coverageLoss, hardEvents } from './test-suite.ts'

/** Every way to watch a stream, by the name under which it is chosen. The e-detector is the default for rates. */
export const driftMethods = {
  'e-detector': eDetector,
  surprise,
  'repeated-failures': repeatedFailures,
  'hard-events': hardEvents,
  'coverage-loss': coverageLoss,
  adwin,
  'page-hinkley': pageHinkley,
  cusum,
  ddm,
  'windowed-counts': windowedCounts,
} as const

export type DriftMethodName = keyof typeof driftMethods
export const defaultDriftMethod: DriftMethodName = 'e-detector'
