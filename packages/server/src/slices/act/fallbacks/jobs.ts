import type { Job } from '../../../ports/slice.ts'
import { FallbackManager } from './actions/fallback-manager.ts'

// Not exclusive: a policy is locked before anything is started, and the lease of a process that died would hold recovery
// up for a minute.
export const jobs: readonly Job[] = [
  {
    name: 'fallbacks.watch',
    everyMs: 5_000,
    wokenByJournal: true,
    run: (deps) => new FallbackManager(deps).watch(),
  },
]
