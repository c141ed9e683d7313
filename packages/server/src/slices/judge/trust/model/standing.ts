import type { Because, TrustStanding } from '@metaagent/contract'
import type { Figures } from './trust-model.ts'

/** What becomes of a judge's standing on a metric. */
export type StandingChange =
  | { readonly kind: 'none' }
  | { readonly kind: 'earned' }
  | { readonly kind: 'suspended'; readonly because: Because }
  | { readonly kind: 'restored'; readonly because: Because }

/** A judge has standing while it has authority; one that had it and lost it is suspended until its performance is back. */
export function decideStanding(standing: TrustStanding, after: Figures): StandingChange {
  const hasAuthority = after.authority > 0
  if (standing === 'unproven') return hasAuthority ? { kind: 'earned' } : { kind: 'none' }
  if (standing === 'trusted' && !hasAuthority) return { kind: 'suspended', because: becauseOf(after, 'authority-lost') }
  if (standing === 'suspended' && hasAuthority) return { kind: 'restored', because: becauseOf(after, 'authority-back') }
  return { kind: 'none' }
}

/** The standing that a change leads to. */
export function standingAfter(standing: TrustStanding, change: StandingChange): TrustStanding {
  switch (change.kind) {
    case 'none':
      return standing
    case 'suspended':
      return 'suspended'
    case 'earned':
    case 'restored':
      return 'trusted'
  }
}

/** A coin is right half of the time: who is not surely better than that decides nothing. */
const limit = 0.5

function becauseOf({ lowerBound, reliability }: Figures, rule: string): Because {
  const bound = lowerBound === null ? 'unknown' : lowerBound.toFixed(3)
  const text =
    rule === 'authority-lost'
      ? `Its reliability is at least ${bound}, no longer surely above ${limit}.`
      : `Its reliability is at least ${bound}, surely above ${limit} again.`
  return { rule, observed: lowerBound ?? reliability, limit, text }
}
