/** One tested decision. */
export interface Judged {
  readonly truth: number
  readonly said: number
  /** Probability that the policy gave to what it said. */
  readonly confidence: number
}

export interface ArbitrationFigures {
  readonly accuracy: number | null
  /** Mean over the classes that occur of the share of each that was found. */
  readonly balancedAccuracy: number | null
  /** Expected calibration error: |accuracy − mean confidence| in ten equal bins of confidence, weighted by their items. */
  readonly ece: number | null
  /** Largest share of items, the most confident first, of which at least 90 % are right; items as confident go together. */
  readonly coverageAt90: number | null
}

/** Null where there is nothing to count. */
export function figuresOf(judged: readonly Judged[]): ArbitrationFigures {
  if (judged.length === 0) return { accuracy: null, balancedAccuracy: null, ece: null, coverageAt90: null }
  const classes = [...Map.groupBy(judged, ({ truth }) => truth).values()]
  return {
    accuracy: shareRight(judged),
    balancedAccuracy: classes.reduce((sum, own) => sum + shareRight(own), 0) / classes.length,
    ece: calibrationError(judged),
    coverageAt90: coverageAt(judged, 0.9),
  }
}

function shareRight(judged: readonly Judged[]): number {
  return judged.filter(({ truth, said }) => truth === said).length / judged.length
}

const bins = 10

function calibrationError(judged: readonly Judged[]): number {
  const binOf = ({ confidence }: Judged) => Math.min(bins - 1, Math.floor(confidence * bins))
  return [...Map.groupBy(judged, binOf).values()].reduce((sum, own) => {
    const confidence = own.reduce((total, one) => total + one.confidence, 0) / own.length
    return sum + (own.length / judged.length) * Math.abs(shareRight(own) - confidence)
  }, 0)
}

function coverageAt(judged: readonly Judged[], precision: number): number {
  const steps = riskCoverage(
    judged.map(({ truth, said, confidence }) => ({ certainty: confidence, right: truth === said })),
  )
  return steps.reduce((most, { covered, right }) => (right / covered >= precision ? covered / judged.length : most), 0)
}

export interface RiskCoverageStep {
  /** Items at least as certain as this are decided. */
  readonly certainty: number
  readonly covered: number
  readonly right: number
  readonly items: number
  /** Of as many equally weighted items it tells as much (Kish). */
  readonly effectiveCount: number
}

/** The risk–coverage curve, from the most certain on; a step takes all items that are equally certain. */
export function riskCoverage(
  cases: readonly { readonly certainty: number; readonly right: boolean; readonly weight?: number }[],
): readonly RiskCoverageStep[] {
  const byCertainty = [...Map.groupBy(cases, ({ certainty }) => certainty)].sort(([a], [b]) => b - a)
  let covered = 0
  let right = 0
  let squares = 0
  let items = 0
  return byCertainty.map(([certainty, own]) => {
    for (const one of own) {
      const weight = one.weight ?? 1
      covered += weight
      squares += weight * weight
      if (one.right) right += weight
    }
    items += own.length
    return { certainty, covered, right, items, effectiveCount: (covered * covered) / squares }
  })
}
