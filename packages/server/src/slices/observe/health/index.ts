import type { RetainedTable } from '../../../ports/retention.ts'
import type { RollupWriter } from '../../../ports/rollups.ts'
import type { Slice, TunableDefinition } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { defaultHealthPolicy } from './model/score.ts'
import { routes } from './routes.ts'
import { addToRollups } from './store.ts'

export { agentHealth, type FleetPicture, fleetHealth, fleetPicture } from './actions/judge.ts'
export {
  figuresOfSums,
  healthPolicyOf,
  heardAt,
  judgeWindow,
  sumsByAgent,
  sumsByAgentInSteps,
} from './actions/windows.ts'
export { addSums, noSums, type RollupSums } from './model/figures.ts'
export { type ChangedHour, changedHours } from './store/changes.ts'
export { type RangeSums, type SlotSums, sumsBySlot, sumsOfRange } from './store/ranges.ts'
export { type AgentSpan, sumsOfSpans } from './store/spans.ts'

/** Adds what a stored batch counts to the rollups, in the batch's own transaction. */
export const writeRollups: RollupWriter = async (tx, deltas) => addToRollups(tx, deltas)

const tunables: readonly TunableDefinition[] = [
  {
    key: 'health.success_target',
    description: 'Success rate that an agent should reach.',
    type: 'number',
    unit: null,
    minimum: 0.51,
    maximum: 1,
    choices: null,
    defaultValue: defaultHealthPolicy.successTarget,
    impact: 'LOW',
  },
  {
    key: 'health.latency_p95_target_ms',
    description: 'Duration within which 95 % of the executions should end.',
    type: 'integer',
    unit: 'ms',
    minimum: 1,
    maximum: 86_400_000,
    choices: null,
    defaultValue: defaultHealthPolicy.latencyP95TargetMs,
    impact: 'LOW',
  },
  {
    key: 'health.cost_per_success_target_nano_usd',
    description: 'What one successful execution should cost at most.',
    type: 'integer',
    unit: 'nano-USD',
    minimum: 1,
    maximum: 1_000_000_000_000,
    choices: null,
    defaultValue: defaultHealthPolicy.costPerSuccessTargetNanoUsd,
    impact: 'LOW',
  },
  {
    key: 'health.silent_after_minutes',
    description: 'How long an agent may say nothing before it counts as silent.',
    type: 'integer',
    unit: 'min',
    minimum: 1,
    maximum: 525_600,
    choices: null,
    defaultValue: defaultHealthPolicy.silentAfterMs / 60_000,
    impact: 'LOW',
  },
]

const retained: readonly RetainedTable[] = [
  {
    name: 'agent_rollups_by_minute',
    table: 'agent_rollups',
    holds: 'Sums and latencies per agent and minute',
    lost: 'Charts finer than an hour, and the broken hours at the edges of old windows. A time zone that is not whole hours from UTC reads the edges of its days here.',
    by: { kind: 'time', column: 'start_at' },
    only: "grain = 'minute'",
    goesWith: [{ table: 'agent_rollup_latencies', only: "grain = 'minute'" }],
    defaultDays: 400,
    minimumDays: 35,
  },
  {
    name: 'agent_rollups_by_hour',
    table: 'agent_rollups',
    holds: 'Sums and latencies per agent and hour or day',
    lost: 'Health and figures of that time. A report that arrives later for such a day counts alone when the day is computed again.',
    by: { kind: 'time', column: 'start_at' },
    only: "grain in ('hour', 'day')",
    goesWith: [
      { table: 'agent_rollup_latencies', only: "grain in ('hour', 'day')" },
      { table: 'agent_rollup_changes', column: 'hour_at' },
    ],
    defaultDays: 3_650,
    minimumDays: 400,
  },
]

export const healthSlice: Slice = {
  name: 'health',
  floor: 'observe',
  routes,
  jobs,
  subscriptions: [],
  tunables,
  retained,
}
