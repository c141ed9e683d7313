import type { Because, CardSignatureState, Impact, Sensitivity } from '@metaagent/contract'

export interface Weighed {
  readonly impact: Impact
  readonly because: Because
}

/** What activating a version may do: whoever is found may be given data up to its ceiling. */
export function weighActivation(ceiling: Sensitivity, score: number | null): Weighed {
  const evaluated = score === null ? 'no score was measured' : `its score is ${score}`
  const impact = ceiling === 'CRITICAL' ? 'CRITICAL' : 'HIGH'
  const text = `It will be found for work on data up to ${ceiling}; ${evaluated}.`
  return { impact, because: { rule: 'sensitivity-ceiling', observed: ceiling, limit: 'SENSITIVE', text } }
}

/** What approving somebody else's card may do: whose it is, and what data it may be given. */
export function weighCardApproval(signature: CardSignatureState, ceiling: Sensitivity): Weighed {
  const isSigned = signature === 'verified'
  const impact = ceiling === 'CRITICAL' ? 'CRITICAL' : isSigned && ceiling !== 'SENSITIVE' ? 'MODERATE' : 'HIGH'
  const whose = isSigned
    ? 'Its signature fits a key that is trusted for it'
    : `Its signature is ${signature}, so nothing but its address says whose it is`
  const text = `${whose}; it may be given data up to ${ceiling}.`
  return { impact, because: { rule: 'card-signature', observed: signature, limit: 'verified', text } }
}

/** What showing cards to the world may do; taking them back needs nobody's leave. */
export function weighListing(before: boolean, after: boolean): Weighed {
  const opens = after && !before
  const text = opens
    ? 'Cards of active specialists can be read without a credential.'
    : after
      ? 'They are public already; what names the publisher changes.'
      : 'Nobody reads the cards without a credential.'
  const because = { rule: 'public-listing', observed: String(after), limit: String(before), text }
  return { impact: opens ? 'HIGH' : after ? 'MODERATE' : 'LOW', because }
}
