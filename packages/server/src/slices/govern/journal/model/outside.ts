import { type ExternalEvent, eventCatalogue, eventTypes, type JsonValue } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'

/** A registered producer outside MetaAgent. */
export interface EventSource {
  readonly name: string
  readonly algorithm: 'none' | 'hmac-sha256' | 'ed25519'
  readonly revoked: boolean
}

/** What a check of the signature came to; `absent` when the event carries none. */
export type SignatureCheck = 'valid' | 'invalid' | 'absent'

/** First words of our own types (`journal.…`) and of the decisions' mirrors: nobody outside may speak as they do. */
const ownWords: ReadonlySet<string> = new Set(
  eventTypes.filter((type) => type.split('.').length >= 3).map((type) => type.split('.', 1)[0] ?? ''),
)

/** Whether a type belongs to MetaAgent itself. */
export function isOwnType(type: string): boolean {
  return Object.hasOwn(eventCatalogue, type) || ownWords.has(type.split('.', 1)[0] ?? '')
}

/** Whether an event from outside may be appended; why not, else. */
export function decideExternal(event: ExternalEvent, source: EventSource, signature: SignatureCheck): Result<null> {
  if (source.revoked) {
    return refuse('source-unknown', `The source ${source.name} was revoked. Register a new one.`)
  }
  if (isOwnType(event.type)) {
    const instead = event.type.startsWith('qa_')
      ? 'Report a judgment by POST /api/v1/outcomes.'
      : 'Choose another first word.'
    return refuse('not-allowed', `${event.type} is a type that only MetaAgent writes. ${instead}`)
  }
  if (source.algorithm === 'none') {
    return signature === 'absent'
      ? ok(null)
      : refuse('signature-refused', `${source.name} was registered without a key, so a signature cannot be checked.`)
  }
  if (signature === 'absent') {
    return refuse('signature-refused', `Events of ${source.name} must be signed (${source.algorithm}).`)
  }
  if (signature === 'invalid') {
    const what = 'Sign the canonical JSON (RFC 8785) of the event without its signature'
    return refuse('signature-refused', `The signature does not fit the key of ${source.name}. ${what}.`)
  }
  return ok(null)
}

/** JSON that goes deeper than this is refused: no honest event does, and readers recurse. */
const mostDepth = 100

/** Why a value cannot be kept, or null. The database has no NUL character and no half of a surrogate pair. */
export function whyNotStorable(value: JsonValue, depth = 0): string | null {
  if (depth > mostDepth) return `the payload is nested deeper than ${mostDepth}`
  if (typeof value === 'string') return whyNotStorableText(value)
  if (typeof value !== 'object' || value === null) return null
  const members = Array.isArray(value) ? value : Object.values(value)
  const keys = Array.isArray(value) ? [] : Object.keys(value)
  for (const key of keys) {
    const why = whyNotStorableText(key)
    if (why !== null) return why
  }
  for (const member of members) {
    const why = whyNotStorable(member, depth + 1)
    if (why !== null) return why
  }
  return null
}

function whyNotStorableText(text: string): string | null {
  if (text.includes('\0')) return 'a text holds the character U+0000'
  return text.isWellFormed() ? null : 'a text holds half of a surrogate pair'
}
