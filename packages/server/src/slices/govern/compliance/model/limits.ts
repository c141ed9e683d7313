/** What a pack does not say, told in each of them. */
export const packLimits: readonly string[] = [
  'Entries show what was decided through MetaAgent and by whom; what happened beside it leaves none.',
  'A control counts as covered when every kind of evidence that it names was found in the period. Whether that is enough is the auditor’s judgement.',
  'At most 20 entries of each kind stand here with their proofs, spread over the period; all of them are counted and their places told.',
  'Clauses are told in our own short words; the text that binds is the framework’s own.',
  'A period without an occasion leaves a gap: no erasure was asked for, say. A gap is told as one all the same.',
]
