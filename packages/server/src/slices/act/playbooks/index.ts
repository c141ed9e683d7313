import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { hearPublication } from './actions/dependencies.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { compareDependencies } from './actions/compare.ts'
export { MacroDependencyManager } from './actions/dependency-manager.ts'
export { registerStepExecutors } from './actions/executors.ts'
export { type MacroHealth, macroHealth } from './actions/health.ts'
export { blocksIfPublished } from './actions/hypothetical.ts'
export { cancelExecution } from './actions/record.ts'
export { type MacroStart, startMacro } from './actions/start.ts'
export type { Dependency, DependencyDifference } from './model/compatibility.ts'
export { statesOf as macroStates } from './store/macros.ts'
export { type MacroRuns, macroExecutionStatuses, macroRunsSince } from './store/runs.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'macro_executions',
    holds: 'Executions of macros that ended',
    lost: 'What each step was asked and answered; that it ran and how it ended stays in the journal.',
    by: { kind: 'time', column: 'ended_at' },
    goesWith: [{ table: 'macro_execution_events', column: 'at' }],
    defaultDays: 400,
    minimumDays: 31,
  },
]

export const playbooksSlice: Slice = {
  name: 'playbooks',
  floor: 'act',
  routes,
  jobs,
  subscriptions: [
    {
      name: 'playbooks.publications',
      pattern: 'macro_dependency.published',
      handle: (deps, tx, event) => hearPublication(deps, tx, event),
    },
  ],
  retained,
}
