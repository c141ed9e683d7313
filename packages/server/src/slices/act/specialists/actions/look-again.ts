import type { ForeignCard } from '@metaagent/contract'
import { type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps, RouteResult } from '../../../../ports/slice.ts'
import { listOrganizationIds } from '../../../govern/identity/index.ts'
import { appendDecision } from '../../../govern/journal/index.ts'
import { decideLook } from '../model/foreign-card.ts'
import { cardById, dueCards, type StoredCard, updateCard } from '../store/foreign-cards.ts'
import { answerCard, lookAt, nextCheck, payloadOf, type SeenCard } from './foreign-cards.ts'
import { noSuchCard } from './shown.ts'

const cardsPerTurn = 50

/** Looks again at cards that are due. Their servers are asked while no transaction is open. */
export async function lookAtDueCards(deps: Deps): Promise<void> {
  for (const organizationId of await listOrganizationIds(deps)) {
    const now = new Date(deps.clock.now())
    const due = await deps.store.transaction({ organizationId }, (tx) => dueCards(tx, now, cardsPerTurn))
    for (const card of due) await lookAgain(deps, organizationId, card)
  }
}

/** Looks at one card now, whether it is due or not. */
export async function checkCard(deps: Deps, caller: Caller, cardId: string): Promise<RouteResult<ForeignCard>> {
  const { organizationId } = caller
  const card = await deps.store.transaction({ organizationId }, (tx) => cardById(tx, cardId))
  if (card === null) return noSuchCard
  if (card.url === null) return refuse('conflict', 'The card was pasted: there is no address to look at again.')
  await lookAgain(deps, organizationId, card)
  return await deps.store.transaction({ organizationId }, (tx) => answerCard(tx, cardId))
}

async function lookAgain(deps: Deps, organizationId: string, known: StoredCard): Promise<void> {
  const look = await lookAt(deps, known, null)
  await deps.store.transaction({ organizationId }, async (tx) => {
    // It may have been approved, removed or looked at since.
    const card = await cardById(tx, known.cardId, true)
    if (card === null || card.revision !== known.revision) return
    const nextCheckAt = await nextCheck(deps, tx)
    const after = afterLook(card, look, new Date(deps.clock.now()), nextCheckAt)
    await updateCard(tx, after)
    if (after.revision === card.revision) return
    const event = {
      type: 'specialist.card.changed' as const,
      subject: `foreign-card/${card.cardId}`,
      actor: { kind: 'system', id: 'specialists' } as const,
      payload: payloadOf(after),
    }
    await appendDecision(deps, tx, event, { verdict: after.state, because: after.because })
  })
}

function afterLook(card: StoredCard, look: Result<SeenCard>, at: Date, nextCheckAt: Date): StoredCard {
  const looked = { ...card, lastCheckedAt: at, nextCheckAt }
  if (!look.ok) return { ...looked, problem: look.refusal.detail }
  const { card: seenCard, digest, signature, detail } = look.value
  const verdict = decideLook(card, { kind: 'seen', digest, signature })
  if (verdict.kind === 'unchanged') {
    // A key set that is away for a while says nothing about what was verified before.
    const isAway = card.signature === 'verified' && signature === 'unverifiable'
    return isAway ? { ...looked, problem: detail } : { ...looked, problem: null, signature, signatureDetail: detail }
  }
  return {
    ...looked,
    state: 'needs-approval',
    because: verdict.because,
    problem: null,
    seenCard,
    seenDigest: digest,
    signature,
    signatureDetail: detail,
    revision: card.revision + 1,
    changedAt: at,
  }
}
