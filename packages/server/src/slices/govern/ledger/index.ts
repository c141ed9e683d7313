import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { type AuditHead, auditHead, auditStart, inclusionProofsOf } from './actions/audit.ts'
export { proofFileOf } from './actions/proofs.ts'
export { entryOfEvent } from './actions/read.ts'
export { sequenceNow } from './actions/sequence.ts'
// For an auditor's reader, which asks for stretches of entries and proves them against one head.
export { type AuditFilter, anyEntry, entriesAt, entriesWithin, type Stretch } from './store/audit.ts'
export type { EntryRow } from './store/entries.ts'

export const ledgerSlice: Slice = { name: 'ledger', floor: 'govern', routes, jobs, subscriptions: [] }
