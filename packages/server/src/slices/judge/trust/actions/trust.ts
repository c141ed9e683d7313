import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { type Bench, goldOfTruth } from '../model/auditing.ts'
import type { Gold } from '../model/evidence.ts'
import { type Item, itemKeyOf } from '../model/facts.ts'
import { type Figures, noFigures, type TrustModel } from '../model/trust-model.ts'
import { truthsOf } from '../store/known.ts'
import { benchesOfMetric } from '../store/reading.ts'
import { trustSettings } from './settings.ts'

/** A judge on a metric with what the model in use says of it. */
export interface TrustedJudge extends Bench {
  readonly figures: Figures
}

/** Every judge that gave a verdict on a metric, by name. */
export async function trustOf(deps: Deps, tx: Tx, metric: string): Promise<readonly TrustedJudge[]> {
  const { model } = await trustSettings(deps, tx)
  return (await benchesOfMetric(tx, metric)).map((bench) => ({ ...bench, figures: figuresOfBench(model, bench) }))
}

/** What the model says of a judge; nothing is known of one that was never audited. */
export function figuresOfBench(model: TrustModel, { evidence }: Bench): Figures {
  return evidence === null ? noFigures : model.figuresOf(evidence.confusion)
}

/** What is known to be right of an item, and who said so. */
export interface ItemGold {
  readonly item: Item
  readonly verdict: Gold
  readonly from: 'label' | 'judgment'
  /** Of the label or judgment. */
  readonly id: string
  /** Its judge, or the person who labelled as judges are named; null where nobody of ours did. */
  readonly author: string | null
}

/** The gold of those of these items that have one, by `itemKeyOf`. */
export async function goldOf(tx: Tx, items: readonly Item[]): Promise<ReadonlyMap<string, ItemGold>> {
  const truths = await truthsOf(tx, items)
  return new Map(
    truths.flatMap((truth) => {
      const gold = goldOfTruth(truth)
      return gold === null ? [] : [[itemKeyOf(truth.item), { item: truth.item, ...gold }] as const]
    }),
  )
}
