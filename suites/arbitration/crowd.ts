import { figuresOf, type Judged } from '../../packages/server/src/slices/judge/arbitration/model/figures.ts'
import { hashOf } from '../../packages/server/src/slices/judge/arbitration/model/folds.ts'
import { equalLoss } from '../../packages/server/src/slices/judge/arbitration/model/loss.ts'
import {
  auditedOf,
  canonicalPanel,
  type Panel,
  panelOfAnswers,
  withoutGold,
} from '../../packages/server/src/slices/judge/arbitration/model/votes.ts'
import { parseCsv } from '../../tools/csv.ts'
import { type Answer, type CellPrior, plainDawidSkene } from './plain-dawid-skene.ts'
import { type Contestant, judge } from './policies.ts'

export interface Crowd {
  readonly answers: readonly Answer[]
  readonly truth: ReadonlyMap<string, string>
}

/** `question,worker,answer` and `question,truth`. */
export function crowdOf(answerCsv: string, truthCsv: string): Crowd {
  return {
    answers: parseCsv(answerCsv).map(({ question, worker, answer }) => ({
      itemId: field(question),
      judge: field(worker),
      label: field(answer),
    })),
    truth: new Map(parseCsv(truthCsv).map(({ question, truth }) => [field(question), field(truth)])),
  }
}

function field(value: string | undefined): string {
  if (value === undefined) throw new Error('answer.csv holds question,worker,answer; truth.csv holds question,truth')
  return value.trim()
}

/** Folds inside `auto`: every one costs a Dawid–Skene fit over all answers. */
const folds = 5

/** The answers as a panel with all gold, of the items that somebody answered. */
export function panelOfCrowd({ answers, truth }: Crowd): Panel {
  return panelOfAnswers(answers, truth)
}

/** What a contestant says of every item whose truth is known, without having seen any of it; and how long it took. */
export function judgeWithoutGold(panel: Panel, contestant: Contestant, seed: number) {
  const tested = auditedOf(panel)
  const shown = withoutGold(panel, new Set(tested.map(({ itemId }) => itemId)))
  const startedAt = performance.now()
  const { judged, chosen } = judge(contestant, { ...lossesFor(panel), shown, tested, seed, folds })
  return { judged, chosen, seconds: (performance.now() - startedAt) / 1000 }
}

/** The same with the gold of `goldItems` items drawn by the seed, tested on the others; null where too few are known. */
export function judgeWithGold(panel: Panel, contestant: Contestant, goldItems: number, seed: number) {
  const drawn = auditedOf(panel)
    .map((ballot) => ({ ballot, key: hashOf(ballot.itemId, seed) }))
    .sort((a, b) => a.key - b.key)
    .map(({ ballot }) => ballot)
  const tested = drawn.slice(goldItems)
  if (tested.length === 0) return null
  const shown = withoutGold(panel, new Set(tested.map(({ itemId }) => itemId)))
  return judge(contestant, { ...lossesFor(panel), shown, tested, seed, folds })
}

function lossesFor({ classes }: Panel) {
  const loss = equalLoss(classes.length)
  return { loss, losses: [loss] }
}

/** Accuracy of the plain reference on the items whose truth is known. */
export function plainAccuracy({ answers, truth }: Crowd, prior: CellPrior): number {
  const said = plainDawidSkene(answers, prior)
  const known = [...truth].filter(([itemId]) => said.has(itemId))
  return known.filter(([itemId, label]) => said.get(itemId) === label).length / known.length
}

/**
 * The best worker among those who answered at least half of the items whose truth is known, on what they answered; null
 * where nobody did: a worker with three lucky answers is no rival.
 */
export function bestWorker(panel: Panel): readonly Judged[] | null {
  const audited = auditedOf(panel)
  const byWorker = new Map<string, Judged[]>()
  for (const { gold, votes } of audited)
    for (const { judge: worker, label } of votes) {
      if (label === null) continue
      byWorker.set(worker, [...(byWorker.get(worker) ?? []), { truth: gold, said: label, confidence: 1 }])
    }
  const rivals = [...byWorker.values()].filter((judged) => judged.length >= audited.length / 2)
  const accuracy = (judged: readonly Judged[]) => figuresOf(judged).accuracy ?? 0
  const best = rivals.reduce<readonly Judged[] | null>(
    (top, other) => (top === null || accuracy(other) > accuracy(top) ? other : top),
    null,
  )
  if (best === null) return null
  const confidence = (accuracy(best) * best.length + 1) / (best.length + panel.classes.length)
  return best.map((one) => ({ ...one, confidence }))
}

/** The panel of the first items that hold `answers` answers, to time a fixed amount of work. */
export function panelOfFirst(panel: Panel, answers: number): Panel {
  let left = answers
  return canonicalPanel(
    panel.classes,
    panel.ballots.filter(({ votes }) => {
      left -= votes.length
      return left >= 0
    }),
  )
}
