import { AgentCard, type ForeignCard, type ForeignCardApproval, type ForeignCardOrder } from '@metaagent/contract'
import { etagOf, idempotencyKeyOf, matchesVersion } from '../../../../kernel/preconditions.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, RouteResult } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { passGate } from '../../../govern/approvals/index.ts'
import { actorOf, append, appendDecision } from '../../../govern/journal/index.ts'
import { tunableNumber } from '../../../govern/tunables/index.ts'
import { approvedBecause, firstLook, jsonFault } from '../model/foreign-card.ts'
import { weighCardApproval } from '../model/weigh.ts'
import { cardById, deleteCard, insertCard, type StoredCard, updateCard } from '../store/foreign-cards.ts'
import { cardDigest } from './digests.ts'
import { fetchJson } from './fetch-json.ts'
import { makeOnce } from './once.ts'
import { noSuchCard, shownCard } from './shown.ts'
import type { RequestHeaders } from './specialists.ts'
import { type SignatureFound, verifyCard } from './verify-card.ts'

/** What a card says of itself and what its signature is worth. */
export interface SeenCard extends SignatureFound {
  readonly card: AgentCard
  readonly digest: string
}

type Source = Pick<StoredCard, 'url' | 'jwksUrl' | 'pinnedKey'>

/** Looks at a card where it is served, or as it was pasted. Refuses with the reason what is no card of A2A 1.0. */
export async function lookAt(deps: Deps, source: Source, pasted: unknown): Promise<Result<SeenCard>> {
  const fetched = source.url === null ? ({ kind: 'json', value: pasted } as const) : await fetchJson(deps, source.url)
  if (fetched.kind === 'failed') return refuse('not-processable', `The card cannot be fetched: ${fetched.detail}`)
  const fault = jsonFault(fetched.value)
  if (fault !== null) return refuse('not-processable', `The card cannot be read. ${fault}`)
  const read = AgentCard.safeParse(fetched.value)
  if (!read.success) {
    const [issue] = read.error.issues
    const where = `/${(issue?.path ?? []).join('/')}`
    return refuse('not-processable', `That is no AgentCard of A2A 1.0: ${where}: ${issue?.message ?? 'does not fit'}.`)
  }
  const card = read.data
  const found = await verifyCard(deps, { card, ...source })
  return ok({ card, digest: cardDigest(card), ...found })
}

/**
 * Takes in somebody else's card, by its address or as it is. It is found by nobody until it is approved. Refused: an
 * address in a private network, what is no card, and a card whose signature is wrong.
 */
export async function importCard(
  deps: Deps,
  caller: Caller,
  order: ForeignCardOrder,
  headers: RequestHeaders,
): Promise<RouteResult<ForeignCard>> {
  const key = idempotencyKeyOf(headers)
  if (!key.ok) return key
  const { url, jwksUrl, pinnedKey, reason } = order
  const seen = await lookAt(deps, { url, jwksUrl, pinnedKey }, order.card)
  if (!seen.ok) return seen
  if (seen.value.signature === 'invalid')
    return refuse('signature-refused', `${seen.value.detail ?? 'The signature is wrong.'} The card was not taken in.`)
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const made = await makeOnce(deps, tx, caller, { key: key.value, order }, async () => {
      const card = await newCard(deps, tx, { url, jwksUrl, pinnedKey }, seen.value)
      if (!(await insertCard(tx, card)))
        return refuse('already-exists', 'A card of this address is here already. GET /api/v1/foreign-cards lists them.')
      const payload = { ...payloadOf(card), reason }
      const subject = `foreign-card/${card.cardId}`
      await append(deps, tx, [{ type: 'specialist.card.imported', subject, actor: actorOf(caller), payload }])
      return ok(card.cardId)
    })
    return made.ok ? await answerCard(tx, made.value.id, made.value.isRepeated) : made
  })
}

async function newCard(deps: Deps, tx: Tx, source: Source, seen: SeenCard): Promise<StoredCard> {
  const at = new Date(deps.clock.now())
  return {
    ...source,
    cardId: deps.ids.uuid(),
    state: 'needs-approval',
    because: firstLook,
    pinnedCard: null,
    pinnedDigest: null,
    seenCard: seen.card,
    seenDigest: seen.digest,
    signature: seen.signature,
    signatureDetail: seen.detail,
    lastCheckedAt: at,
    nextCheckAt: source.url === null ? null : await nextCheck(deps, tx),
    problem: null,
    sensitivityCeiling: null,
    approvalId: null,
    revision: 1,
    createdAt: at,
    changedAt: at,
  }
}

/** When a card is looked at again. */
export async function nextCheck(deps: Deps, tx: Tx): Promise<Date> {
  const minutes = await tunableNumber(deps, tx, 'specialists.card_check_minutes')
  return new Date(deps.clock.now() + minutes * 60_000)
}

/** Pins a card as it was looked at, through the approval gate; from then on discovery finds it. */
export async function approveCard(
  deps: Deps,
  caller: Caller,
  cardId: string,
  approval: ForeignCardApproval,
  headers: RequestHeaders,
): Promise<RouteResult<ForeignCard>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await matchingCard(tx, cardId, headers)
    if (!found.ok) return found
    const card = found.value
    const { digest, sensitivityCeiling, reason } = approval
    if (digest !== card.seenDigest)
      return refuse('precondition-failed', 'The card is another one by now. Look at what has changed.', {
        seenDigest: card.seenDigest,
      })
    if (card.signature === 'invalid')
      return refuse('conflict', 'Its signature is wrong. Ask who publishes it; it cannot be approved like this.')
    if (card.state === 'approved' && card.sensitivityCeiling === sensitivityCeiling)
      return refuse('conflict', 'The card is approved like this already.')
    const { impact, because } = weighCardApproval(card.signature, sensitivityCeiling)
    const { name } = card.seenCard
    const facts = { cardId, name, url: card.url, digest, sensitivityCeiling, signature: card.signature }
    const action = {
      operation: 'specialists.approve-card',
      subject: `foreign-card/${cardId}`,
      environment: 'production',
      impact,
      parameters: { ...facts, because: because.text },
    }
    const passed = await passGate(deps, tx, caller, action, approval.approvalId ?? null)
    if (!passed.ok) return passed
    const { approvalId } = passed.value
    const approved: StoredCard = {
      ...card,
      state: 'approved',
      because: approvedBecause(digest, card.signature),
      pinnedCard: card.seenCard,
      pinnedDigest: card.seenDigest,
      sensitivityCeiling,
      approvalId,
      revision: card.revision + 1,
      changedAt: new Date(deps.clock.now()),
    }
    await updateCard(tx, approved)
    const event = {
      type: 'specialist.card.approved' as const,
      subject: `foreign-card/${cardId}`,
      actor: actorOf(caller),
      ...(approvalId === null ? {} : { correlationId: approvalId }),
      payload: { ...payloadOf(approved), reason, approvalId },
    }
    await appendDecision(deps, tx, event, { verdict: 'approved', because })
    return await answerCard(tx, cardId)
  })
}

/** Lets a card go. */
export async function removeCard(
  deps: Deps,
  caller: Caller,
  cardId: string,
  reason: string,
  headers: RequestHeaders,
): Promise<Result<null>> {
  return await deps.store.transaction({ organizationId: caller.organizationId }, async (tx) => {
    const found = await matchingCard(tx, cardId, headers)
    if (!found.ok) return found
    await deleteCard(tx, cardId)
    const payload = { ...payloadOf(found.value), reason }
    const subject = `foreign-card/${cardId}`
    await append(deps, tx, [{ type: 'specialist.card.removed', subject, actor: actorOf(caller), payload }])
    return ok(null)
  })
}

async function matchingCard(tx: Tx, cardId: string, headers: RequestHeaders): Promise<Result<StoredCard>> {
  const card = await cardById(tx, cardId, true)
  if (card === null) return noSuchCard
  const matches = matchesVersion(headers, card.revision)
  return matches.ok ? ok(card) : matches
}

/** A card as it is now, with its ETag. */
export async function answerCard(tx: Tx, cardId: string, isRepeated = false): Promise<RouteResult<ForeignCard>> {
  const card = await cardById(tx, cardId)
  if (card === null) return noSuchCard
  const headers = { etag: etagOf(card.revision), ...(isRepeated ? { 'idempotency-replayed': 'true' } : {}) }
  return { ...ok(shownCard(card)), headers }
}

/** What events tell of a card. */
export function payloadOf(card: StoredCard) {
  const { cardId, url, pinnedDigest, seenDigest, signature, because, seenCard } = card
  return { cardId, name: seenCard.name, url, pinnedDigest, seenDigest, signature, because }
}
