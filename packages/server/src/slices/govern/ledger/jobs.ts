import type { Job } from '../../../ports/slice.ts'
import { sequence } from './actions/sequence.ts'

/** Checkpoints are at most this far apart while there is something to sign (DESIGN section 4). */
const everyMs = 1_000

export const jobs: readonly Job[] = [
  // The sequencer's row lock keeps two processes apart, so no lease is needed.
  { name: 'ledger.sequence', everyMs, wokenByJournal: true, run: sequence },
]
