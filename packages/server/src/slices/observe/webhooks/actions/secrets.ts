import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { WebhookKind } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { type Proof, readTimestamp, sentSecret, sentSignature } from '../model/admission.ts'
import type { SourceFields, StoredSource } from '../store/sources.ts'

/** Bytes of a secret: as many as the digest has (RFC 2104, section 3). */
const secretBytes = 32
const signingPrefix = 'whsec_'

function contextOf(what: 'secret' | 'api-key' | 'payload', organizationId: string, id: string): string {
  return `webhooks/${what}/${organizationId}/${id}`
}

/** A new secret as it is shown once, and as it is kept: sealed where it signs, as a keyed digest where it is compared. */
export function newSecret(
  deps: Deps,
  organizationId: string,
  sourceId: string,
  kind: WebhookKind,
): { readonly shown: string; readonly kept: Pick<SourceFields, 'sealed_secret' | 'secret_mac'> } {
  const bytes = deps.random.bytes(secretBytes)
  const context = contextOf('secret', organizationId, sourceId)
  if (kind === 'signed')
    return {
      shown: `${signingPrefix}${Buffer.from(bytes).toString('base64')}`,
      kept: { sealed_secret: deps.secrets.seal(bytes, context), secret_mac: null },
    }
  const shown = Buffer.from(bytes).toString('base64url')
  return { shown, kept: { sealed_secret: null, secret_mac: deps.secrets.mac(Buffer.from(shown), context) } }
}

/** What a message shows, and the digest of it by which a copy is known. */
export interface Shown {
  readonly proof: Proof
  readonly proofDigest: Uint8Array
  /** The sender's own id of the message; null when it has none. */
  readonly messageId: string | null
}

export interface Message {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly pathSecret: string | null
  readonly body: Uint8Array
}

/** Checks what a message shows against what is kept of its source's secret, in constant time. */
export function shownBy(deps: Deps, organizationId: string, source: StoredSource, message: Message): Shown {
  const context = contextOf('secret', organizationId, source.source_id)
  if (source.sealed_secret === null) {
    const secret = sentSecret(message.headers, message.pathSecret)
    const state = secret === null ? 'absent' : isSecret(deps, source, secret, context) ? 'right' : 'wrong'
    return { proof: { kind: 'secret', state }, proofDigest: digestOf(secret ?? ''), messageId: null }
  }
  const sent = sentSignature(message.headers)
  if (sent === null)
    return {
      proof: { kind: 'signature', state: 'absent', sentAt: null },
      proofDigest: digestOf(''),
      messageId: null,
    }
  const secret = deps.secrets.open(source.sealed_secret, context)
  const head = sent.scheme === 'standard' ? `${sent.messageId}.${sent.timestamp}.` : `${sent.timestamp}.`
  const right = expectedSignatures(secret, Buffer.concat([Buffer.from(head), message.body]))
  const fits = sent.candidates.some((candidate) => right.some((expected) => isSame(bytesOf(candidate), expected)))
  const sentAt: Instant | null = readTimestamp(sent.timestamp)
  return {
    proof: { kind: 'signature', state: fits ? 'right' : 'wrong', sentAt },
    proofDigest: digestOf(JSON.stringify([sent.timestamp, ...sent.candidates])),
    messageId: sent.messageId,
  }
}

function isSecret(deps: Deps, source: StoredSource, secret: string, context: string): boolean {
  return source.secret_mac !== null && isSame(deps.secrets.mac(Buffer.from(secret), context), source.secret_mac)
}

/** Senders key the HMAC with the secret's bytes (Standard Webhooks) or with its text as shown; both prove that they know it. */
function expectedSignatures(secret: Uint8Array, signed: Uint8Array): readonly Uint8Array[] {
  const shown = `${signingPrefix}${Buffer.from(secret).toString('base64')}`
  return [secret, Buffer.from(shown)].map((key) => createHmac('sha256', key).update(signed).digest())
}

/** A signature in hex or base64. */
function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64')
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

export function digestOf(data: string | Uint8Array): Uint8Array {
  return createHash('sha256').update(data).digest()
}

export function sealPayload(deps: Deps, organizationId: string, deliveryId: string, body: Uint8Array): Uint8Array {
  return deps.secrets.seal(body, contextOf('payload', organizationId, deliveryId))
}

export function openPayload(deps: Deps, organizationId: string, deliveryId: string, sealed: Uint8Array): Uint8Array {
  return deps.secrets.open(sealed, contextOf('payload', organizationId, deliveryId))
}

export function sealApiKey(deps: Deps, organizationId: string, sourceId: string, apiKey: string): Uint8Array {
  return deps.secrets.seal(Buffer.from(apiKey), contextOf('api-key', organizationId, sourceId))
}

export function openApiKey(deps: Deps, organizationId: string, sourceId: string, sealed: Uint8Array): string {
  return Buffer.from(deps.secrets.open(sealed, contextOf('api-key', organizationId, sourceId))).toString('utf8')
}
