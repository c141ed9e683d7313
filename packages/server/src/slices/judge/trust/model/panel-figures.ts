import type { MetricTrust } from '@metaagent/contract'
import { wilsonInterval } from '../../../../kernel/statistics/proportions.ts'
import { copiesAmong } from './copies.ts'
import type { Gold, Said } from './evidence.ts'
import { independenceOf } from './independence.ts'
import { orderEffectsOf } from './order-effects.ts'
import type { JudgedItem } from './panel.ts'

/** A judge's word on an item in one order, with what is right of it where that may be held against the judge. */
export interface PanelVerdict {
  readonly itemId: string
  readonly judge: string
  readonly order: 'as-given' | 'swapped' | null
  readonly said: Said
  readonly gold: Gold | null
}

/** Items that are looked at, the newest. */
export const panelItemsMax = 1_000
/** Judges that are compared with each other, those with the most verdicts: pairs grow with their square. */
const judgesMax = 30
const pairsShown = 100

/** What the latest verdicts on a metric, newest first, say of its judges together. */
export function panelFigures(latest: readonly PanelVerdict[]): Omit<MetricTrust, 'metric' | 'measuredAt'> {
  const newest = new Set([...new Set(latest.map(({ itemId }) => itemId))].slice(0, panelItemsMax))
  const verdicts = latest.filter(({ itemId }) => newest.has(itemId))
  const compared = comparedOf(verdicts)
  const audited = verdicts.filter(({ said, gold }) => said !== 'abstain' && gold !== null)
  const right = audited.filter(({ said, gold }) => said === gold).length
  const inOrders = verdicts.flatMap(({ order, ...rest }) => (order === null ? [] : [{ ...rest, order }]))
  return {
    items: newest.size,
    auditedItems: new Set(verdicts.flatMap(({ itemId, gold }) => (gold === null ? [] : [itemId]))).size,
    judges: new Set(verdicts.map(({ judge }) => judge)).size,
    auditedVerdicts: audited.length,
    accuracy:
      audited.length === 0
        ? null
        : {
            estimate: right / audited.length,
            ...wilsonInterval({ successes: right, trials: audited.length }, 0.95),
          },
    independence: independenceOf(compared),
    pairs: copiesAmong(compared).slice(0, pairsShown),
    orderEffects: orderEffectsOf(inOrders).filter(({ pairs }) => pairs > 0),
  }
}

/** One word of a judge on an item: in the order that was given, where it judged both. Of the judges with most verdicts. */
function comparedOf(verdicts: readonly PanelVerdict[]): readonly JudgedItem[] {
  const words = new Map<string, PanelVerdict>()
  for (const verdict of verdicts) {
    const key = JSON.stringify([verdict.itemId, verdict.judge])
    if (verdict.order !== 'swapped' || !words.has(key)) words.set(key, verdict)
  }
  const byJudge = [...Map.groupBy(words.values(), ({ judge }) => judge)]
  return byJudge
    .toSorted(([a, own], [b, others]) => others.length - own.length || (a < b ? -1 : 1))
    .slice(0, judgesMax)
    .flatMap(([, own]) => own.map(({ itemId, judge, said, gold }) => ({ itemId, judge, said, gold })))
}
