import { exactMcNemar } from '../../../../kernel/statistics/binomial.ts'
import type { Said } from './evidence.ts'

/** A verdict whose vote tells in which order the judge saw what it compared. */
export interface OrderedVerdict {
  readonly itemId: string
  readonly judge: string
  readonly order: 'as-given' | 'swapped'
  /** Of the same thing in either order. */
  readonly said: Said
}

/** How far a judge's verdict depends on the order of presentation. */
export interface OrderEffect {
  readonly judge: string
  /** Items judged in both orders with no abstention. */
  readonly pairs: number
  readonly passOnlyAsGiven: number
  readonly passOnlySwapped: number
  /** Share of the pairs whose verdict flips; null without a pair. High without a direction is noise, not preference. */
  readonly flipRate: number | null
  /** Exact McNemar, two-sided: that neither order is favoured. */
  readonly pValue: number
  /** p < .01. */
  readonly favoursAnOrder: boolean
}

const alpha = 0.01

/** Each judge's order effect, by name. Where a judge saw an item twice in one order, its last verdict counts. */
export function orderEffectsOf(verdicts: readonly OrderedVerdict[]): readonly OrderEffect[] {
  return [...Map.groupBy(verdicts, ({ judge }) => judge)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([judge, own]) => effectOf(judge, own))
}

function effectOf(judge: string, own: readonly OrderedVerdict[]): OrderEffect {
  const saidIn = (order: OrderedVerdict['order']) =>
    new Map(own.filter((verdict) => verdict.order === order).map(({ itemId, said }) => [itemId, said]))
  const swapped = saidIn('swapped')
  let pairs = 0
  let passOnlyAsGiven = 0
  let passOnlySwapped = 0
  for (const [itemId, said] of saidIn('as-given')) {
    const other = swapped.get(itemId)
    if (other === undefined || other === 'abstain' || said === 'abstain') continue
    pairs++
    if (said === 'pass' && other === 'fail') passOnlyAsGiven++
    if (said === 'fail' && other === 'pass') passOnlySwapped++
  }
  const pValue = exactMcNemar(passOnlyAsGiven, passOnlySwapped)
  return {
    judge,
    pairs,
    passOnlyAsGiven,
    passOnlySwapped,
    flipRate: pairs === 0 ? null : (passOnlyAsGiven + passOnlySwapped) / pairs,
    pValue,
    favoursAnOrder: pValue < alpha,
  }
}
