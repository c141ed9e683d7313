import type { ApprovalNeed, GovernanceRules, Impact, RulesTrialChange } from '@metaagent/contract'
import { decideNeed, type Need, type Outcome } from './matrix.ts'

/** Actions of one kind that were asked for, or ran by themselves. */
export interface PastActions {
  readonly operation: string
  readonly environment: string
  readonly impact: Impact
  readonly actions: number
}

export type Effect = RulesTrialChange['effect']

/** What other rules would have asked for the same. */
export interface TriedActions<Past extends PastActions> {
  readonly past: Past
  readonly effect: Effect
  readonly from: ApprovalNeed
  readonly to: ApprovalNeed
}

/**
 * Decides every past action under both rules and tells those that they treat otherwise, the most frequent first. The same
 * function decides as at the gate, so what is told is what would have been.
 */
export function tryRules<Past extends PastActions>(asked: {
  readonly present: GovernanceRules
  readonly proposed: GovernanceRules
  readonly past: readonly Past[]
}): readonly TriedActions<Past>[] {
  return asked.past
    .flatMap((past): TriedActions<Past>[] => {
      const { impact, environment } = past
      const from = decideNeed({ rules: asked.present, impact, environment })
      const to = decideNeed({ rules: asked.proposed, impact, environment })
      const effect = compareNeeds(from, to)
      return effect === 'same' ? [] : [{ past, effect, from, to }]
    })
    .toSorted((a, b) => b.past.actions - a.past.actions)
}

const strictness: Readonly<Record<Outcome, number>> = { allow: 0, allow_and_notify: 1, require_approval: 2 }

/** How a need compares with another: by outcome, people, their role and the review. */
export function compareNeeds(from: Need, to: Need): Effect | 'same' {
  const steps = [
    strictness[to.outcome] - strictness[from.outcome],
    to.approvers - from.approvers,
    // Whose word counts matters only where somebody is asked.
    from.outcome === 'require_approval' && to.outcome === 'require_approval' ? roleOf(to) - roleOf(from) : 0,
    Number(to.requireReview) - Number(from.requireReview),
  ]
  const up = steps.some((step) => step > 0)
  const down = steps.some((step) => step < 0)
  if (up && down) return 'otherwise'
  return up ? 'stricter' : down ? 'looser' : 'same'
}

const roleOf = ({ approverRole }: Need) => (approverRole === 'admin' ? 1 : 0)
