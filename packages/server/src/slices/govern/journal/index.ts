import type { Slice } from '../../../ports/slice.ts'
import { routes } from './routes.ts'

export { actorOf, append, appendAtCommit, appendDecision, appendDecisions, journalHints } from './actions/append.ts'
export { type LiveEvent, type LivePicture, watchPicture } from './actions/live.ts'
export { readSubscribers } from './actions/subscribers.ts'
export { createJournalWorker, type JournalWorker, type JournalWorkerOptions } from './jobs/worker.ts'
// For a reader that keeps a cursor of its own, in its own tables: the ledger's sequencer.
export { comparePositions, journalStart, type PlacedEvent, type Position } from './model/delivery.ts'
export type { Decided, DecidedEvent, NewEvent } from './model/event.ts'
export { typePattern } from './model/pattern.ts'
export { eventById, listEvents } from './store/events.ts'
export { countBehind, hasForeignXids, hasUnreadable, readStretch, type Stretch } from './store/reading.ts'
export { recentEvents } from './store/recent.ts'
export { type Delivery, deliveriesOf } from './store/status.ts'

export const journalSlice: Slice = { name: 'journal', floor: 'govern', routes, jobs: [], subscriptions: [] }
