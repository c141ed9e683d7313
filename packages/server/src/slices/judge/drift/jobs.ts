import type { Job } from '../../../ports/slice.ts'
import { compareAlarms } from './actions/compare.ts'
import { followFigures } from './actions/figures.ts'

export const jobs: readonly Job[] = [
  { name: 'drift.figures', everyMs: 60_000, exclusive: true, run: followFigures },
  { name: 'drift.compare', everyMs: 60_000, exclusive: true, run: compareAlarms },
]
