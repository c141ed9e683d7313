import { assertInvariant } from '../../../../kernel/assert.ts'

/** What a judge said of a subject; `abstain` is no opinion. */
export type Said = 'pass' | 'fail' | 'abstain'
export type Gold = 'pass' | 'fail'

/** One audited verdict: a judge's word on a metric beside what is known to be right. The unit of the trust journal. */
export interface AuditedVerdict {
  readonly judge: string
  readonly metric: string
  readonly said: Said
  readonly gold: Gold
  /** After so many verdicts of the judge on the metric this one counts half; kept with it, so that replay is exact. */
  readonly halfLifeVerdicts: number
}

/** Forgetting half-life unless a tunable says otherwise. */
export const defaultHalfLifeVerdicts = 200

/** Gold × said with forgetting; abstentions are counted apart and are evidence for neither side. */
export interface Confusion {
  readonly passSaidPass: number
  readonly passSaidFail: number
  readonly failSaidPass: number
  readonly failSaidFail: number
  readonly abstained: number
}

/** Evidence on one judge on one metric. */
export interface Evidence {
  readonly judge: string
  readonly metric: string
  readonly confusion: Confusion
  /** Audited verdicts ever, abstentions included, nothing forgotten. */
  readonly verdicts: number
}

/** All evidence, sorted by judge and metric. Plain JSON: written and read back it is the same to the last bit. */
export interface TrustState {
  readonly evidence: readonly Evidence[]
}

export const noTrust: TrustState = { evidence: [] }

const nothing: Confusion = { passSaidPass: 0, passSaidFail: 0, failSaidPass: 0, failSaidFail: 0, abstained: 0 }

/**
 * Evidence on a judge and metric (null none yet) with one more of its audited verdicts: every count times
 * λ = 2^(−1/half-life), then one more in its cell (Jøsang & Ismail 2002: r ← λr + x). Throws on a half-life that is not a
 * positive number, and on the verdict of another judge or metric.
 */
export function withVerdict(before: Evidence | null, verdict: AuditedVerdict): Evidence {
  const { judge, metric } = verdict
  assertInvariant(before === null || keyOf(before) === keyOf(verdict), 'evidence grows by its own verdicts')
  return {
    judge,
    metric,
    confusion: withCell(before?.confusion ?? nothing, verdict),
    verdicts: (before?.verdicts ?? 0) + 1,
  }
}

/**
 * The state after a journal, or after a snapshot and the rest of it: one verdict after the other by the same additions in
 * the same order, so both ways lead to the same bits.
 */
export function stateOfVerdicts(journal: readonly AuditedVerdict[], from: TrustState = noTrust): TrustState {
  const evidence = new Map(from.evidence.map((one) => [keyOf(one), one]))
  for (const verdict of journal) {
    const key = keyOf(verdict)
    evidence.set(key, withVerdict(evidence.get(key) ?? null, verdict))
  }
  return { evidence: [...evidence.values()].sort(byJudgeAndMetric) }
}

/** The evidence on a judge on a metric; null where nothing was audited. */
export function evidenceOn({ evidence }: TrustState, judge: string, metric: string): Evidence | null {
  return evidence.find((one) => one.judge === judge && one.metric === metric) ?? null
}

function withCell(counts: Confusion, { said, gold, halfLifeVerdicts }: AuditedVerdict): Confusion {
  if (!(halfLifeVerdicts > 0)) throw new RangeError(`a half-life is above 0 verdicts, not ${halfLifeVerdicts}`)
  const kept = 2 ** (-1 / halfLifeVerdicts)
  const cell = (isThis: boolean, count: number) => kept * count + (isThis ? 1 : 0)
  return {
    passSaidPass: cell(gold === 'pass' && said === 'pass', counts.passSaidPass),
    passSaidFail: cell(gold === 'pass' && said === 'fail', counts.passSaidFail),
    failSaidPass: cell(gold === 'fail' && said === 'pass', counts.failSaidPass),
    failSaidFail: cell(gold === 'fail' && said === 'fail', counts.failSaidFail),
    abstained: cell(said === 'abstain', counts.abstained),
  }
}

function keyOf({ judge, metric }: { readonly judge: string; readonly metric: string }): string {
  return JSON.stringify([judge, metric])
}

function byJudgeAndMetric(a: Evidence, b: Evidence): number {
  return compareText(a.judge, b.judge) || compareText(a.metric, b.metric)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
