import { type ApprovalRule, type GovernanceRules, Impact } from '../../packages/contract/src/index.ts'

export interface PolicyRequest {
  readonly impact: Impact
  readonly environment: string
}

const environments = Array.from({ length: 40 }, (_, at) => `environment-${at}`)
const outcomes = ['allow', 'allow_and_notify', 'require_approval'] as const

/** So many rows, each for one impact: most name 1 to 6 environments, one in ten is for all that no row names. */
export function randomRules(unit: () => number, rows: number): GovernanceRules {
  const some = () => Array.from({ length: 1 + Math.floor(unit() * 6) }, () => of(environments, unit))
  const approvalMatrix = Array.from({ length: rows }, (_, at): ApprovalRule => {
    const outcome = of(outcomes, unit)
    return {
      impact: Impact.options[at % Impact.options.length] ?? 'HIGH',
      environments: unit() < 0.1 ? null : some(),
      outcome,
      approvers: outcome === 'require_approval' ? 1 + Math.floor(unit() * 3) : 0,
      approverRole: of(['admin', 'developer'], unit),
      requireReview: outcome === 'require_approval' && unit() < 0.5,
    }
  })
  return { version: 1, approvalMatrix }
}

/** One request in eight is in an environment that no rule names. */
export function randomRequest(unit: () => number): PolicyRequest {
  const environment =
    unit() < 1 / 8 ? `elsewhere-${Math.floor(unit() * 1000)}` : of([...environments, 'production'], unit)
  return { impact: of(Impact.options, unit), environment }
}

/** What one of the rivals evaluates: a row that holds for its environments, or where no row of its impact names one. */
export interface FlatRule {
  readonly impact: Impact
  readonly outcome: ApprovalRule['outcome']
  readonly environments: readonly string[]
  /** True: holds everywhere but in these environments. */
  readonly isElsewhere: boolean
}

/** The matrix as independent rules, of which the strictest that holds decides; none: approval. */
export function flatRules({ approvalMatrix }: GovernanceRules): readonly FlatRule[] {
  return approvalMatrix.map(({ impact, outcome, environments: named }): FlatRule => {
    if (named !== null) return { impact, outcome, environments: named, isElsewhere: false }
    const others = approvalMatrix.filter((row) => row.impact === impact).flatMap((row) => row.environments ?? [])
    return { impact, outcome, environments: [...new Set(others)], isElsewhere: true }
  })
}

export const strictestFirst = ['require_approval', 'allow_and_notify', 'allow'] as const

function of<T>(items: readonly T[], unit: () => number): T {
  const item = items[Math.floor(unit() * items.length)]
  if (item === undefined) throw new Error('nothing to choose from')
  return item
}
