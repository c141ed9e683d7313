/**
 * Every expected refusal: the stable code that clients may switch on, the HTTP status and a title.
 * The sentence that says what to do is written where the refusal is made.
 */
export const refusals = {
  'bad-request': { status: 400, title: 'The request cannot be read' },
  'invalid-body': { status: 400, title: 'The body does not fit the schema' },
  'invalid-query': { status: 400, title: 'A query parameter does not fit the schema' },
  'invalid-path': { status: 400, title: 'A path parameter does not fit the schema' },
  'invalid-cursor': { status: 400, title: 'The cursor is not one that this list gave out' },
  'not-authenticated': { status: 401, title: 'No valid credential was sent' },
  'credential-expired': { status: 401, title: 'The credential has expired' },
  'not-allowed': { status: 403, title: 'The credential lacks the right for this' },
  'csrf-refused': { status: 403, title: 'A browser session may not do this from another site' },
  'not-found': { status: 404, title: 'There is no such thing, or not in your organization' },
  'method-not-allowed': { status: 405, title: 'This address does not take this method' },
  'not-acceptable': { status: 406, title: 'This address cannot answer in a type that the client accepts' },
  conflict: { status: 409, title: 'The thing is not in a state that allows this' },
  'already-exists': { status: 409, title: 'A thing with this name exists already' },
  'approval-required': { status: 409, title: 'This action needs an approval first' },
  'approval-self': { status: 403, title: 'The author of an action cannot approve it' },
  'approval-finished': { status: 409, title: 'This approval request has been decided already' },
  'approval-expired': { status: 410, title: 'This approval request has expired' },
  'approval-digest-mismatch': { status: 409, title: 'The approval was given for another action' },
  'link-used': { status: 410, title: 'This one-time link was used or has expired' },
  'precondition-failed': { status: 412, title: 'The thing has changed since you read it' },
  'payload-too-large': { status: 413, title: 'The body is larger than this address takes' },
  'unsupported-media-type': { status: 415, title: 'The content type or encoding is not supported' },
  'not-processable': { status: 422, title: 'The values contradict each other' },
  'signature-refused': { status: 401, title: 'The signature of the event does not fit its source' },
  'timestamp-stale': { status: 401, title: 'The time stamp of the message lies outside the window' },
  'message-replayed': { status: 409, title: 'This message was received before' },
  'source-unknown': { status: 404, title: 'No event source of this name is registered' },
  'tunable-out-of-range': { status: 422, title: 'The value lies outside the range of this tunable' },
  'tunable-unknown': { status: 404, title: 'No tunable of this key is registered' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  'queue-full': { status: 429, title: 'The ingest queue is full' },
  'too-many-partitions': { status: 422, title: 'The times in this batch would need too many day partitions' },
  'evidence-missing': { status: 422, title: 'There are no executions to compare' },
  'evidence-erased': { status: 410, title: 'The personal data of this entry was erased' },
  'not-sequenced-yet': { status: 409, title: 'The entry is not in the tree yet' },
  'tree-size-unknown': { status: 404, title: 'The tree has never had this size' },
  'internal-error': { status: 500, title: 'MetaAgent made a mistake' },
  'store-unavailable': { status: 503, title: 'The database does not answer' },
  'shutting-down': { status: 503, title: 'This process is shutting down' },
} as const satisfies Record<string, { status: number; title: string }>

export type RefusalCode = keyof typeof refusals
export const refusalCodes = Object.keys(refusals) as readonly RefusalCode[]
