import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

export { actorOf, append, appendDecision, journalHints } from './actions/append.ts'
export { createJournalWorker, type JournalWorker, type JournalWorkerOptions } from './jobs/worker.ts'
export type { Decided, DecidedEvent, NewEvent } from './model/event.ts'

export const journalSlice: Slice = { name: 'journal', floor: 'govern', routes, jobs: [], subscriptions: [] }
