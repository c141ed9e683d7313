import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { proofFileOf } from './actions/proofs.ts'
export { entryOfEvent } from './actions/read.ts'
export { sequenceNow } from './actions/sequence.ts'

export const ledgerSlice: Slice = { name: 'ledger', floor: 'govern', routes, jobs, subscriptions: [] }
