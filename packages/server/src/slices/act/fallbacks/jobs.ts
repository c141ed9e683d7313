import type { Job } from '../../../ports/slice.ts'
import { FallbackManager } from './actions/fallback-manager.ts'

export const jobs: readonly Job[] = [
  {
    name: 'fallbacks.watch',
    everyMs: 5_000,
    wokenByJournal: true,
    exclusive: true,
    run: (deps) => new FallbackManager(deps).watch(),
  },
]
