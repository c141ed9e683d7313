import type { Job } from '../../../ports/slice.ts'
import { embedSpecialists } from './actions/embed.ts'
import { lookAtDueCards } from './actions/look-again.ts'

export const jobs: readonly Job[] = [
  { name: 'specialists.vectors', everyMs: 10_000, exclusive: true, run: embedSpecialists },
  { name: 'specialists.cards', everyMs: 60_000, exclusive: true, run: lookAtDueCards },
]
