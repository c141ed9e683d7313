import type { WebhookKind } from '@metaagent/contract'
import { type Instant, instantFromEpochMs } from '../../../../kernel/instant.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'

/** How far the time stamp of a signed message may lie from now, either way (Standard Webhooks, "Verifying timestamps"). */
export const replayWindowMs = 300_000

/** What a message shows for itself. */
export type Proof =
  | { readonly kind: 'secret'; readonly state: 'absent' | 'wrong' | 'right' }
  | {
      readonly kind: 'signature'
      readonly state: 'absent' | 'wrong' | 'right'
      readonly sentAt: Instant | null
    }

/** Whether a message of a source may come in. */
export function decideAdmission(
  source: { readonly name: string; readonly kind: WebhookKind; readonly enabled: boolean },
  proof: Proof,
  now: Instant,
): Result<null> {
  if (!source.enabled)
    return refuse('source-unknown', `The source ${source.name} is switched off. An admin can switch it on again.`)
  if (proof.kind === 'secret') {
    if (proof.state === 'right') return ok(null)
    return refuse(
      'signature-refused',
      proof.state === 'absent'
        ? 'Send the secret of this source as the last part of the path, in X-Webhook-Secret, or as a bearer token.'
        : 'The secret is not that of this source. An admin can make a new one.',
    )
  }
  if (proof.state === 'absent')
    return refuse(
      'signature-refused',
      'Sign the message: webhook-id, webhook-timestamp and webhook-signature, or x-timestamp and x-signature.',
    )
  if (proof.state === 'wrong')
    return refuse('signature-refused', 'The signature does not fit the secret of this source and these bytes.')
  if (proof.sentAt === null)
    return refuse('timestamp-stale', 'Send the time stamp as whole seconds since 1970, and sign it with the body.')
  if (Math.abs(now - proof.sentAt) > replayWindowMs)
    return refuse(
      'timestamp-stale',
      `The message was signed ${Math.round(Math.abs(now - proof.sentAt) / 1000)} s from now; the window is ${replayWindowMs / 1000} s. Check the clock of the sender.`,
    )
  return ok(null)
}

type Headers = Readonly<Record<string, string | undefined>>

/** A signature as it was sent: what the signed text begins with, and each candidate. */
export interface SentSignature {
  readonly scheme: 'standard' | 'plain'
  /** The sender's own id of the message. */
  readonly messageId: string | null
  readonly timestamp: string
  readonly candidates: readonly string[]
}

/** Reads the headers of Standard Webhooks, else the plain pair `x-timestamp` and `x-signature`; null without either. */
export function sentSignature(headers: Headers): SentSignature | null {
  const messageId = headers['webhook-id'] ?? null
  const standard = headers['webhook-signature']
  if (standard !== undefined && messageId !== null)
    return {
      scheme: 'standard',
      messageId,
      timestamp: headers['webhook-timestamp'] ?? '',
      candidates: standard
        .split(' ')
        .filter((part) => part.startsWith('v1,'))
        .map((part) => part.slice(3)),
    }
  const plain = headers['x-signature']
  if (plain === undefined) return null
  return {
    scheme: 'plain',
    messageId: messageId ?? headers['x-message-id'] ?? null,
    timestamp: headers['x-timestamp'] ?? '',
    candidates: [plain.trim().replace(/^sha256=/, '')],
  }
}

/** Seconds since 1970 as a time; null for any other text. */
export function readTimestamp(text: string): Instant | null {
  return /^\d{9,11}$/.test(text) ? instantFromEpochMs(Number(text) * 1000) : null
}

/** The secret in the path, in `x-webhook-secret` or as a bearer token. */
export function sentSecret(headers: Headers, inPath: string | null): string | null {
  if (inPath !== null) return inPath
  const bearer = /^Bearer (.+)$/i.exec(headers['authorization'] ?? '')?.[1]
  return headers['x-webhook-secret'] ?? bearer ?? null
}

/** What came under the id of an earlier message. */
export interface Earlier {
  readonly sameBody: boolean
  readonly sameProof: boolean
}

/**
 * A message whose id is known: the same content sent again, with a signature of its own, is a retry and counts once.
 * A copy of the whole message, or other content under the same id, is refused. Without signatures every repetition of
 * the same content is a retry.
 */
export function decideRepetition(kind: WebhookKind, { sameBody, sameProof }: Earlier): Result<'retry'> {
  if (sameBody && (kind !== 'signed' || !sameProof)) return ok('retry')
  return refuse(
    'message-replayed',
    sameBody
      ? 'This very message was received before. To send it again, sign it anew.'
      : 'A message with this id and other content was received before. Give each message an id of its own.',
  )
}
