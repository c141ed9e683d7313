import type { Job } from '../../../ports/slice.ts'
import { embedWaiting } from './actions/embed.ts'
import { readTexts } from './actions/read-texts.ts'

export const jobs: readonly Job[] = [
  { name: 'search.words', everyMs: 2_000, wokenByJournal: true, exclusive: true, run: readTexts },
  { name: 'search.vectors', everyMs: 10_000, exclusive: true, run: embedWaiting },
]
