import { figuresOf, type Judged } from '../../packages/server/src/slices/judge/arbitration/model/figures.ts'
import { foldsOf } from '../../packages/server/src/slices/judge/arbitration/model/folds.ts'
import { balancedLoss, evenLoss } from '../../packages/server/src/slices/judge/arbitration/model/loss.ts'
import {
  type AuditedBallot,
  auditedOf,
  judgesOf,
  type Panel,
  withoutGold,
} from '../../packages/server/src/slices/judge/arbitration/model/votes.ts'
import { type Contestant, judge } from './policies.ts'

const folds = 10

/** What each contestant says of every item, by a fit that has not seen the item's gold: one stratified 10-fold division. */
export function crossValidate(panel: Panel, contestants: readonly Contestant[], seed: number) {
  const audited = auditedOf(panel)
  const judged = new Map<Contestant, Judged[]>(contestants.map((name) => [name, []]))
  const chosen = new Map<string, number>()
  for (const fold of foldsOf(audited, folds, seed)) {
    const shown = withoutGold(panel, fold)
    const tested = audited.filter(({ itemId }) => fold.has(itemId))
    // The base rates behind the costs of mistakes are those of the shown items, too.
    const known = auditedOf(shown)
    const loss = evenLoss(known, panel.classes.length)
    const losses = [loss, balancedLoss(known, panel.classes.length)]
    for (const name of contestants) {
      const own = judge(name, { shown, tested, loss, losses, seed, folds })
      judged.get(name)?.push(...own.judged)
      if (name === 'auto') chosen.set(own.chosen, (chosen.get(own.chosen) ?? 0) + 1)
    }
  }
  return { judged, chosen }
}

/**
 * The best judge by itself, picked with all gold in view, so by more than any policy may know. Who abstains says the
 * first class: no pass. Its confidence in a word is how often that word was right in the other folds.
 */
export function bestSingleJudge(
  panel: Panel,
  seed: number,
): { readonly name: string; readonly judged: readonly Judged[] } {
  const candidates = judgesOf(panel).map((name) => ({ name, judged: judgedAlone(panel, name, seed) }))
  const [best] = candidates.sort((a, b) => byFigures(b.judged) - byFigures(a.judged))
  return best ?? { name: 'none', judged: [] }
}

/** Accuracy first, balanced accuracy where that is equal. */
function byFigures(judged: readonly Judged[]): number {
  const { accuracy, balancedAccuracy } = figuresOf(judged)
  return (accuracy ?? 0) + 1e-6 * (balancedAccuracy ?? 0)
}

function judgedAlone(panel: Panel, name: string, seed: number): readonly Judged[] {
  const audited = auditedOf(panel)
  const saidOf = ({ votes }: AuditedBallot) => votes.find((vote) => vote.judge === name)?.label ?? 0
  return foldsOf(audited, folds, seed).flatMap((fold) => {
    const others = audited.filter(({ itemId }) => !fold.has(itemId))
    return audited
      .filter(({ itemId }) => fold.has(itemId))
      .map((ballot) => {
        const said = saidOf(ballot)
        const alike = others.filter((other) => saidOf(other) === said)
        const right = alike.filter(({ gold }) => gold === said).length
        return { truth: ballot.gold, said, confidence: (right + 1) / (alike.length + panel.classes.length) }
      })
  })
}
