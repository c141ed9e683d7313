import type { Slice } from '../../../ports/slice.ts'
import { personal } from './actions/persons.ts'
import { retained } from './actions/retention.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export {
  type EndedExecution,
  type EndedStep,
  executionOwner,
  type JudgedRun,
  latestJudgedRuns,
  takeEndedExecutions,
} from './actions/ended.ts'
export { type AttributedExecution, findByAttribute } from './actions/find-by-attribute.ts'
export { createIngest, type Ingest, type IngestOptions } from './actions/ingest.ts'
export { storeMetricPoints } from './actions/metrics.ts'
export {
  type OtlpBatch,
  type OtlpEncoding,
  otlpReply,
  readOtlpLogs,
  readOtlpMetrics,
  readOtlpTraces,
} from './actions/otlp-intake.ts'
export { type OutcomeBringer, receiveOutcomes } from './actions/outcomes.ts'
export { needsReading, personMatch } from './actions/persons.ts'
export { type ComparisonRow, executionsForComparison, openCounts } from './actions/read.ts'
export { receiveSpanEvents } from './actions/receive-logs.ts'
export { type RemapDays, type RemapPosition, type RemapStep, remapNext, remapWork } from './actions/remap.ts'
export { type CallScope, type RepricingPosition, type RepricingStep, repriceNext } from './actions/reprice.ts'
export {
  countForSearch,
  executionsByKey,
  executionsForSearch,
  leaveSearchQueue,
  type SearchedExecution,
  textsOfExecutions,
} from './actions/search-texts.ts'
export { storeTelemetry } from './actions/store-telemetry.ts'
export { syntheticAmong } from './actions/synthetic.ts'
export { type ReadBatch, readTelemetryBatch } from './model/reports.ts'
export { type WholeCosts, wholeCosts } from './store/cost-pairs.ts'
export { type ExecutionOwner, ownersOfExecutions } from './store/owners.ts'
export {
  dayBehind,
  executionsByIndex,
  executionsOnDay,
  extentOf,
  heldAmong,
  type PersonMatch,
  tokensInTexts,
} from './store/persons.ts'
export { type CountedRows, countRowsOfRange } from './store/recount.ts'

export const telemetrySlice: Slice = {
  name: 'telemetry',
  floor: 'observe',
  routes,
  jobs,
  subscriptions: [],
  retained,
  personal,
}
