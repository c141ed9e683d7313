import type { WebhookDelivery, WebhookReceipt } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { addMs } from '../../../../kernel/instant.ts'
import { ok, type Refusal, type Result, refuse } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append } from '../../../govern/journal/index.ts'
import { decideAdmission, decideRepetition } from '../model/admission.ts'
import { deliveryById, deliveryOfMessage, insertDelivery } from '../store/deliveries.ts'
import { countAccepted, countFault, organizationOfSource, type StoredSource, sourceById } from '../store/sources.ts'
import { processDelivery } from './process.ts'
import { digestOf, type Message, type Shown, sealPayload, shownBy } from './secrets.ts'

/** How long a payload that could not be mapped is kept. */
export const keptMs = 7 * 86_400_000

const unknownSource = refuse('source-unknown', 'No webhook source has this address. Check it against the dashboard.')

/**
 * Takes a message from outside: checks its proof, keeps it, and answers when what it says is stored, or when it is sure
 * that it will be or can be replayed. What is refused of a known source is journaled.
 */
export async function receiveDelivery(deps: Deps, sourceId: string, message: Message): Promise<Result<WebhookReceipt>> {
  const organizationId = await deps.store.transaction('deployment', (tx) => organizationOfSource(tx, sourceId))
  if (organizationId === null) return unknownSource
  const scope = { organizationId }
  const admitted = await deps.store.transaction(scope, async (tx) => {
    const source = await sourceById(tx, sourceId)
    if (source === null) return unknownSource
    const result = await admit(deps, tx, source, message)
    return result.ok ? result : await refused(deps, tx, sourceId, result.refusal)
  })
  if (!admitted.ok) return admitted
  const { deliveryId, duplicate } = admitted.value
  if (!duplicate) await processDelivery(deps, organizationId, deliveryId)
  const after = await deps.store.transaction(scope, (tx) => deliveryById(tx, deliveryId))
  assertInvariant(after !== null, 'a delivery that was kept is there')
  return ok(receiptOf(after.delivery, duplicate))
}

interface Admitted {
  readonly deliveryId: string
  readonly duplicate: boolean
}

async function admit(deps: Deps, tx: Tx, source: StoredSource, message: Message): Promise<Result<Admitted>> {
  const now = deps.clock.now()
  const shown = shownBy(deps, tx.organizationId, source, message)
  const admission = decideAdmission(source, shown.proof, now)
  if (!admission.ok) return admission
  const why = whyNotJson(message)
  if (why !== null) return refuse('bad-request', why)
  const deliveryId = deps.ids.uuid()
  const bodyDigest = digestOf(message.body)
  const messageId = messageIdOf(shown, bodyDigest)
  if (messageId.length > 500) return refuse('bad-request', 'The id of the message has more than 500 characters.')
  const fresh = await insertDelivery(tx, {
    deliveryId,
    sourceId: source.source_id,
    messageId,
    proofDigest: shown.proofDigest,
    bodyDigest,
    sealedPayload: sealPayload(deps, tx.organizationId, deliveryId, message.body),
    receivedAt: now,
    keptUntil: addMs(now, keptMs),
  })
  if (!fresh) return await repeated(tx, source, messageId, shown, bodyDigest)
  await countAccepted(tx, source.source_id, now)
  return ok({ deliveryId, duplicate: false })
}

async function repeated(
  tx: Tx,
  source: StoredSource,
  messageId: string,
  shown: Shown,
  bodyDigest: Uint8Array,
): Promise<Result<Admitted>> {
  const earlier = await deliveryOfMessage(tx, source.source_id, messageId)
  assertInvariant(earlier !== null, 'a message whose id is known is there')
  const decided = decideRepetition(source.kind, {
    sameBody: Buffer.compare(earlier.bodyDigest, bodyDigest) === 0,
    sameProof: Buffer.compare(earlier.proofDigest, shown.proofDigest) === 0,
  })
  return decided.ok ? ok({ deliveryId: earlier.delivery.deliveryId, duplicate: true }) : decided
}

/** Messages without an id are known by what they hold. */
function messageIdOf({ messageId }: Shown, bodyDigest: Uint8Array): string {
  return messageId ?? `sha256:${Buffer.from(bodyDigest).toString('hex')}`
}

/** Why a body is not JSON that can be kept; null when it is. The content type is not asked: some senders have none. */
function whyNotJson({ body, headers }: Message): string | null {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') return `Send the body as it is, not with the content encoding ${encoding}.`
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    return null
  } catch {
    return 'The body is not JSON in UTF-8.'
  }
}

async function refused(deps: Deps, tx: Tx, sourceId: string, refusal: Refusal): Promise<Result<never>> {
  const { code, detail } = refusal
  await countFault(tx, sourceId, 'refused', detail, deps.clock.now())
  const actor = { kind: 'source', id: sourceId } as const
  const payload = { sourceId, code, detail }
  await append(deps, tx, [{ type: 'webhooks.delivery.refused', subject: `webhook/${sourceId}`, actor, payload }])
  return { ok: false, refusal }
}

/** What the sender is told about a delivery. */
export function receiptOf(delivery: WebhookDelivery, duplicate: boolean): WebhookReceipt {
  const { deliveryId, state, executions, actions, outcomes, faults } = delivery
  return { deliveryId, state, executions, actions, outcomes, faults, duplicate }
}
