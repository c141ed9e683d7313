import type { Because, JsonValue } from '@metaagent/contract'
import { auditsForRidge } from './audited.ts'
import { type AutoFit, type AutoOptions, fitAutoInSteps } from './auto.ts'
import { type Calibration, calibrated } from './calibration.ts'
import { type AuditedGap, gapFor } from './gap.ts'
import type { Governance } from './governance.ts'
import { balancedLoss, evenLoss, type LossMatrix } from './loss.ts'
import type { Fit, PolicyName } from './policy.ts'
import type { AuditWeights, HeldOutCase, Standing } from './standings.ts'
import { auditedOf, judgesOf, type Panel } from './votes.ts'

/** All that a decision needs of what was learnt about a metric. Plain data: it is stored as JSON. */
export interface StoredFit {
  /** Of this program's formulas; a fit by others is made anew. */
  readonly formula: typeof fitFormula
  readonly fit: Fit
  readonly loss: LossMatrix
  readonly calibration: Calibration | null
  readonly because: Because
  readonly standings: readonly Omit<Standing, 'cases' | 'loss'>[]
  readonly gapMin: number
  readonly gapBecause: Because
  readonly judges: readonly string[]
  readonly audits: number
  readonly items: number
  /** Which it was fitted with: `trust-priority` holds them in its weights. */
  readonly priorities: ReadonlyMap<string, number>
}

export const fitFormula = 1

export interface MetricFitOptions {
  readonly governance: Pick<Governance, 'priorities' | 'mistakes'>
  readonly weights: AuditWeights
  /** Null: `auto`. */
  readonly policy: PolicyName | null
  /** Share of wrong decisions that is borne without asking a human. */
  readonly targetError: number
}

/** Held-out parts: ten are usual; every policy is fitted on each. */
const folds = 10
/** Published: decides how audited items fall into folds. */
const foldSeed = 1

/** Learns all about one metric from its window of items; pauses after each fit. */
export function* fitMetricInSteps(panel: Panel, options: MetricFitOptions): Generator<void, StoredFit> {
  const { governance, weights, policy, targetError } = options
  const audited = auditedOf(panel)
  const classes = panel.classes.length
  const loss = governance.mistakes ?? evenLoss(audited, classes)
  const losses = governance.mistakes === null ? [loss, balancedLoss(audited, classes)] : [loss]
  const auto = yield* fitAutoInSteps(panel, {
    loss,
    losses,
    priorities: governance.priorities,
    seed: foldSeed,
    folds,
    weights,
    ...(policy === null ? {} : { policy }),
  } satisfies AutoOptions)
  const { gapMin, because } = gapFor(gapsOf(auto), targetError)
  return {
    formula: fitFormula,
    fit: auto.fit,
    loss: auto.loss,
    calibration: auto.calibration,
    because: auto.because,
    standings: auto.standings.map(({ cases: _cases, loss: _loss, ...standing }) => standing),
    gapMin,
    gapBecause: because,
    judges: judgesOf(panel),
    audits: audited.length,
    items: panel.ballots.length,
    priorities: governance.priorities,
  }
}

/** What the policy said of audited items that it had not seen, each with the gap it would have been decided by. */
function gapsOf({ fit, standings, calibration }: AutoFit): readonly AuditedGap[] {
  const own = standings.find(({ policy }) => policy === fit.policy)
  return (own?.cases ?? []).map(({ probabilities, said, truth, weight }: HeldOutCase) => {
    const sure = calibration === null ? probabilities : calibrated(calibration, probabilities)
    const other = Math.max(...sure.filter((_, label) => label !== said))
    return { gap: (sure[said] ?? 0) - other, right: said === truth, weight }
  })
}

/**
 * Whether the fit may speak of these judges: without audits it must know all of them, for it would pass over a voice that
 * nobody knows to be worse; with audits one known voice is worth more than counting.
 */
export function knowsEnough(stored: StoredFit, judges: readonly string[]): boolean {
  const known = judges.filter((judge) => stored.judges.includes(judge)).length
  return stored.audits < auditsForRidge ? known === judges.length : known > 0
}

/** The same fit under other priorities; only the weights of `trust-priority` hold them. */
export function withPriorities(stored: StoredFit, priorities: ReadonlyMap<string, number>): StoredFit {
  if (stored.fit.policy !== 'trust-priority') return stored
  const weights = [...stored.fit.weights].map(([judge, weight]) => {
    return [judge, (weight / (stored.priorities.get(judge) ?? 1)) * (priorities.get(judge) ?? 1)] as const
  })
  return { ...stored, fit: { ...stored.fit, weights: new Map(weights) }, priorities }
}

/** Maps become `{"$map": [[key, value], …]}`; numbers stay what they are to the last bit. */
export function fitToJson(stored: StoredFit): JsonValue {
  return toJson(stored)
}

/** Null for a fit that other formulas made. */
export function fitFromJson(json: JsonValue): StoredFit | null {
  const read = fromJson(json) as StoredFit
  return read.formula === fitFormula ? read : null
}

function toJson(value: unknown): JsonValue {
  if (value instanceof Map) return { $map: [...value].map(([key, one]) => [key, toJson(one)]) }
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, toJson(one)]))
  return value as JsonValue
}

function fromJson(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(fromJson)
  if (typeof value !== 'object' || value === null) return value
  const entries = value['$map']
  if (Array.isArray(entries))
    return new Map(entries.map((entry) => (Array.isArray(entry) ? [entry[0], fromJson(entry[1] ?? null)] : [])) as [])
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, fromJson(one)]))
}
