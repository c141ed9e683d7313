import { auditedOf, type Panel } from './votes.ts'

/** How often a judge was right where the truth is known. */
export interface TrackRecord {
  readonly right: number
  readonly said: number
}

/** Audited votes of each judge; of one group, or of all (undefined). Judges that only abstained are not in it. */
export function recordsOf(panel: Panel, group?: string | null): ReadonlyMap<string, TrackRecord> {
  const records = new Map<string, TrackRecord>()
  for (const ballot of auditedOf(panel)) {
    if (group !== undefined && ballot.group !== group) continue
    for (const { judge, label } of ballot.votes) {
      if (label === null) continue
      const { right, said } = records.get(judge) ?? { right: 0, said: 0 }
      records.set(judge, { right: right + (label === ballot.gold ? 1 : 0), said: said + 1 })
    }
  }
  return records
}

/** Mean of the Beta(1, 1) posterior of all votes together: how right a judge is of whom nothing else is known. */
export function pooledAccuracy(records: ReadonlyMap<string, TrackRecord>): number {
  let right = 0
  let said = 0
  for (const record of records.values()) {
    right += record.right
    said += record.said
  }
  return (right + 1) / (said + 2)
}

/** As many votes of the average judge are laid beside a judge's own. */
const shrinkage = 4

/** Accuracy of a judge, drawn towards `pooled` while few of its votes are audited. */
export function shrunkAccuracy(record: TrackRecord | undefined, pooled: number): number {
  const { right, said } = record ?? { right: 0, said: 0 }
  return (right + shrinkage * pooled) / (said + shrinkage)
}

/** How far the judges are wrong together, and on how many votes an item rests. */
export interface Dependence {
  /** Mean correlation of the errors of two judges on one item (intraclass, moments), clipped to [0, 1]. */
  readonly rho: number
  readonly votesPerItem: number
}

/**
 * Intraclass correlation of errors about each judge's own accuracy: Σ over pairs on one item of e_a·e_b, per pair, by the
 * mean of e². Works on sparse votes, where no two judges share many items.
 */
export function dependenceOf(panel: Panel): Dependence {
  const audited = auditedOf(panel)
  const records = recordsOf(panel)
  const pooled = pooledAccuracy(records)
  let squares = 0
  let votes = 0
  let products = 0
  let pairs = 0
  for (const ballot of audited) {
    let sum = 0
    let own = 0
    let count = 0
    for (const { judge, label } of ballot.votes) {
      if (label === null) continue
      const error = (label === ballot.gold ? 1 : 0) - shrunkAccuracy(records.get(judge), pooled)
      sum += error
      own += error * error
      count++
    }
    squares += own
    votes += count
    products += (sum * sum - own) / 2
    pairs += (count * (count - 1)) / 2
  }
  const rho = pairs === 0 || squares === 0 ? 0 : products / pairs / (squares / votes)
  return { rho: Math.min(1, Math.max(0, rho)), votesPerItem: audited.length === 0 ? 0 : votes / audited.length }
}

/** Kish: how many independent votes as many dependent ones are worth. */
export function designEffect({ rho, votesPerItem }: Dependence): number {
  return 1 + Math.max(0, votesPerItem - 1) * rho
}

/** The log-odds that a vote of this accuracy adds to its class among `classes`: ln(q(K − 1)/(1 − q)). */
export function logOddsOf(accuracy: number, classes: number): number {
  return Math.log((accuracy * (classes - 1)) / (1 - accuracy))
}
