import type { Gold, Said } from './evidence.ts'

/** One judge's word on one item of a metric. */
export interface JudgedItem {
  readonly itemId: string
  readonly judge: string
  readonly said: Said
  /** Null where the item was not audited. */
  readonly gold: Gold | null
}

/** Two judges' words, that are no abstentions, on the items that both judged. */
export interface SharedItem {
  readonly first: Gold
  readonly second: Gold
  readonly gold: Gold | null
}

/** Every pair of judges, by name, with the items that both gave a verdict on, by item. */
export function pairsOf(items: readonly JudgedItem[]) {
  const byJudge = new Map<string, Map<string, JudgedItem & { readonly said: Gold }>>()
  for (const item of items) {
    if (item.said === 'abstain') continue
    const own = byJudge.get(item.judge) ?? new Map()
    own.set(item.itemId, item)
    byJudge.set(item.judge, own)
  }
  const judges = [...byJudge.keys()].sort()
  return judges.flatMap((first, at) =>
    judges.slice(at + 1).map((second) => {
      const theirs = byJudge.get(second)
      const own = [...(byJudge.get(first)?.values() ?? [])].sort((a, b) => (a.itemId < b.itemId ? -1 : 1))
      const shared = own.flatMap(({ itemId, said, gold }): SharedItem[] => {
        const other = theirs?.get(itemId)
        return other === undefined ? [] : [{ first: said, second: other.said, gold }]
      })
      return { first, second, shared }
    }),
  )
}
