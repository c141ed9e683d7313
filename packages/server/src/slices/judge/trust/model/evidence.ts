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

/**
 * What was known to be right of an audited verdict changed: a label was corrected (`gold`), taken back (`gold` null) or given
 * anew after that (`was` null). `weight` is how much of the verdict still counted then, kept so that replay is exact.
 */
export interface Correction {
  readonly judge: string
  readonly metric: string
  readonly said: Said
  readonly was: Gold | null
  readonly gold: Gold | null
  readonly weight: number
}

/** An entry of the trust journal. */
export type TrustEntry = AuditedVerdict | Correction

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
  /** Audited verdicts ever, abstentions included, nothing forgotten; those whose gold was taken back are not among them. */
  readonly verdicts: number
  /** Half-lives that have gone by: a verdict counts 2^−(those since it was audited), whatever the half-lives were. */
  readonly halvings: number
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
    halvings: (before?.halvings ?? 0) + 1 / verdict.halfLifeVerdicts,
  }
}

/**
 * Evidence with a correction: what is left of the verdict goes from the cell of the old gold to that of the new. What it made
 * others forget when it was audited stays forgotten. Throws on the correction of another judge or metric.
 */
export function withCorrection(before: Evidence, correction: Correction): Evidence {
  assertInvariant(keyOf(before) === keyOf(correction), 'evidence is corrected by its own entries')
  const { was, gold, said, weight } = correction
  const taken = was === null ? before.confusion : moved(before.confusion, cellOf(was, said), -weight)
  return {
    ...before,
    confusion: gold === null ? taken : moved(taken, cellOf(gold, said), weight),
    verdicts: before.verdicts + (gold === null ? 0 : 1) - (was === null ? 0 : 1),
  }
}

/** Evidence with one more entry of the journal, the first of which is an audited verdict. */
export function withEntry(before: Evidence | null, entry: TrustEntry): Evidence {
  if (!('was' in entry)) return withVerdict(before, entry)
  assertInvariant(before !== null, 'what is corrected was audited before')
  return withCorrection(before, entry)
}

/**
 * The state after a journal, or after a snapshot and the rest of it: one verdict after the other by the same additions in
 * the same order, so both ways lead to the same bits.
 */
export function stateOfJournal(journal: readonly TrustEntry[], from: TrustState = noTrust): TrustState {
  const evidence = new Map(from.evidence.map((one) => [keyOf(one), one]))
  for (const entry of journal) {
    const key = keyOf(entry)
    evidence.set(key, withEntry(evidence.get(key) ?? null, entry))
  }
  return { evidence: [...evidence.values()].sort(byJudgeAndMetric) }
}

/** The evidence on a judge on a metric; null where nothing was audited. */
export function evidenceOn({ evidence }: TrustState, judge: string, metric: string): Evidence | null {
  return evidence.find((one) => one.judge === judge && one.metric === metric) ?? null
}

function cellOf(gold: Gold, said: Said): keyof Confusion {
  if (said === 'abstain') return 'abstained'
  if (gold === 'pass') return said === 'pass' ? 'passSaidPass' : 'passSaidFail'
  return said === 'pass' ? 'failSaidPass' : 'failSaidFail'
}

/** Never below 0: what was added and taken again differs by rounding. */
function moved(counts: Confusion, cell: keyof Confusion, by: number): Confusion {
  return { ...counts, [cell]: Math.max(0, counts[cell] + by) }
}

function withCell(counts: Confusion, { said, gold, halfLifeVerdicts }: AuditedVerdict): Confusion {
  if (!(halfLifeVerdicts > 0)) throw new RangeError(`a half-life is above 0 verdicts, not ${halfLifeVerdicts}`)
  const kept = 2 ** (-1 / halfLifeVerdicts)
  const own = cellOf(gold, said)
  const cell = (name: keyof Confusion) => kept * counts[name] + (name === own ? 1 : 0)
  return {
    passSaidPass: cell('passSaidPass'),
    passSaidFail: cell('passSaidFail'),
    failSaidPass: cell('failSaidPass'),
    failSaidFail: cell('failSaidFail'),
    abstained: cell('abstained'),
  }
}

/** Tells a judge on a metric from every other. */
export function keyOf({ judge, metric }: { readonly judge: string; readonly metric: string }): string {
  return JSON.stringify([judge, metric])
}

function byJudgeAndMetric(a: Evidence, b: Evidence): number {
  return compareText(a.judge, b.judge) || compareText(a.metric, b.metric)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
