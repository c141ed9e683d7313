import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { routes } from './routes.ts'

export { type AuditHead, auditHead, auditStart, inclusionProofsOf } from './actions/audit.ts'
export { consistencyHashes, proofFileOf } from './actions/proofs.ts'
export { entryOfEvent } from './actions/read.ts'
export { type Rotation, readKeys, rotateKey } from './actions/rotate.ts'
export { sequenceNow } from './actions/sequence.ts'
export { type HeadToAnchor, headToAnchor } from './actions/tree.ts'
// For an auditor's reader, which asks for stretches of entries and proves them against one head.
export { type AuditFilter, anyEntry, entriesAt, entriesWithin, type Stretch } from './store/audit.ts'
export type { EntryRow } from './store/entries.ts'
export { listKeys as ledgerKeys } from './store/keys.ts'
// Witnesses' lines come to a checkpoint after it was signed.
export { insertSignature } from './store/tree.ts'

export const ledgerSlice: Slice = { name: 'ledger', floor: 'govern', routes, jobs, subscriptions: [] }
