import type { RetainedTable } from '../../../ports/retention.ts'
import type { Slice } from '../../../ports/slice.ts'
import { governanceMode } from './actions/governance-mode.ts'
import { artifactRoutes, conflictRoutes } from './routes/artifacts.ts'
import { projectRoutes, taskRoutes } from './routes/projects.ts'

export { autoResolve } from './actions/auto-resolve.ts'

const retained: readonly RetainedTable[] = [
  {
    name: 'artifacts',
    holds: 'Artifacts that were archived or superseded, with their versions',
    lost: 'Their contents and the older end of lineages; that they were made, and what became of them, stays in the journal.',
    by: { kind: 'time', column: 'changed_at' },
    only: `state in ('ARCHIVED', 'SUPERSEDED')`,
    goesWith: [
      {
        table: 'conflicts',
        // What lets two artifacts stand together counts as long as they do.
        only: `state = 'gone' or (state = 'resolved' and not is_waived)`,
      },
      { table: 'tasks', only: `status in ('completed', 'failed', 'cancelled') or removed_at is not null` },
    ],
    defaultDays: 400,
    minimumDays: 31,
  },
  {
    name: 'idempotency_keys',
    holds: 'Idempotency-Keys of creations with what they were answered',
    lost: 'A request that is sent again after this time creates once more.',
    by: { kind: 'time', column: 'created_at' },
    defaultDays: 7,
    minimumDays: 1,
  },
]

export const artifactsSlice: Slice = {
  name: 'artifacts',
  floor: 'act',
  routes: [...projectRoutes, ...taskRoutes, ...artifactRoutes, ...conflictRoutes],
  jobs: [],
  subscriptions: [],
  tunables: [governanceMode],
  retained,
}
