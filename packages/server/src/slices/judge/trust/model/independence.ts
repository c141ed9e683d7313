import { type JudgedItem, pairsOf, type SharedItem } from './panel.ts'

/** How many independent votes the judges of a metric are worth. */
export interface Independence {
  /** `audited-errors`: from where they are wrong together. `agreement`: no gold; shared truth counts as dependence. */
  readonly basis: 'audited-errors' | 'agreement'
  readonly judges: number
  readonly pairs: number
  /** Mean correlation over the pairs that can be compared, clipped to [0, 1]. */
  readonly meanCorrelation: number
  /** Kish 1965: K/(1 + (K − 1)ρ̄). */
  readonly effectiveVotes: number
}

/** Fewer shared items than this say nothing about two judges. */
const sharedMin = 10

/**
 * Effective number of independent votes, from audited errors where enough items are audited, else from agreement; which of
 * the two, the answer says. From agreement it is a lower bound, as judges who are both right agree too. Null where no two
 * judges share ten items on which either varies.
 */
export function independenceOf(items: readonly JudgedItem[]): Independence | null {
  return auditedIndependence(items) ?? agreementIndependence(items)
}

/** From correlations of being wrong on audited items. */
export function auditedIndependence(items: readonly JudgedItem[]): Independence | null {
  return independence('audited-errors', items, (shared) =>
    shared.flatMap(({ first, second, gold }) =>
      gold === null ? [] : [[Number(first !== gold), Number(second !== gold)] as const],
    ),
  )
}

/** From correlations of the verdicts themselves, which needs no gold. */
export function agreementIndependence(items: readonly JudgedItem[]): Independence | null {
  return independence('agreement', items, (shared) =>
    shared.map(({ first, second }) => [Number(first === 'pass'), Number(second === 'pass')] as const),
  )
}

function independence(
  basis: Independence['basis'],
  items: readonly JudgedItem[],
  compared: (shared: readonly SharedItem[]) => readonly (readonly [number, number])[],
): Independence | null {
  const judges = new Set(items.filter(({ said }) => said !== 'abstain').map(({ judge }) => judge)).size
  const correlations = pairsOf(items).flatMap(({ shared }) => {
    const values = compared(shared)
    const correlation = values.length < sharedMin ? null : correlationOf(values)
    return correlation === null ? [] : [correlation]
  })
  if (correlations.length === 0) return null
  const mean = correlations.reduce((sum, correlation) => sum + correlation, 0) / correlations.length
  const meanCorrelation = Math.min(1, Math.max(0, mean))
  const effectiveVotes = judges / (1 + (judges - 1) * meanCorrelation)
  return { basis, judges, pairs: correlations.length, meanCorrelation, effectiveVotes }
}

/** Pearson; null where one of the two never varies. */
function correlationOf(values: readonly (readonly [number, number])[]): number | null {
  const count = values.length
  const firstMean = values.reduce((sum, [a]) => sum + a, 0) / count
  const secondMean = values.reduce((sum, [, b]) => sum + b, 0) / count
  let both = 0
  let first = 0
  let second = 0
  for (const [a, b] of values) {
    both += (a - firstMean) * (b - secondMean)
    first += (a - firstMean) ** 2
    second += (b - secondMean) ** 2
  }
  return first === 0 || second === 0 ? null : both / Math.sqrt(first * second)
}
