import { expect, test } from 'vitest'
import {
  arbitrate,
  arbitrationSlice,
  auditedOf,
  autoOpinion,
  balancedLoss,
  ballotOf,
  equalLoss,
  evenLoss,
  fitAuto,
  fitPolicy,
  gapFor,
  type Item,
  opinionOf,
  panelOf,
  policyNames,
  startGap,
  type Verdict,
} from './index.ts'

const item = (at: number, verdicts: Readonly<Record<string, Verdict>>, gold: Item['gold']): Item => ({
  itemId: `run ${at}`,
  group: null,
  votes: Object.entries(verdicts).map(([judge, verdict]) => ({ judge, verdict, score: null, confidence: null })),
  gold,
})

/** QA is always right, Frontend always says pass, Backend is right on two of three. */
const history = Array.from({ length: 60 }, (_, at) => {
  const gold = at % 2 === 0 ? 'pass' : 'fail'
  const backend = at % 3 === 0 ? (at % 2 === 0 ? 'fail' : 'pass') : gold
  return item(at, { QA: gold, Frontend: 'pass', Backend: backend }, gold)
})

test('AR9, AR10, AR14: through the door, history decides a new run against the majority and says why', () => {
  const panel = panelOf(history)
  const loss = evenLoss(auditedOf(panel), 2)
  const losses = [loss, balancedLoss(auditedOf(panel), 2)]
  const auto = fitAuto(panel, { loss, losses, priorities: new Map(), seed: 1, folds: 10 })
  expect(auto.because.text).toMatch(/^audited is right in at least/)
  const run = ballotOf(item(61, { QA: 'fail', Frontend: 'pass', Backend: 'pass' }, null))
  const rules = { loss: auto.loss, vetoes: [], gapMin: startGap }
  expect(arbitrate(autoOpinion(auto, run), run, rules)).toMatchObject({ winner: 0, dissent: ['Backend', 'Frontend'] })
  const majority = fitPolicy('majority', panel, { loss: equalLoss(2), priorities: new Map(), seed: 1 })
  expect(arbitrate(opinionOf(majority, run), run, rules)).toMatchObject({ outcome: 'escalated', winner: 1 })
  expect(gapFor([], 0.05).gapMin).toBe(startGap)
  expect(auto.standings).toHaveLength(policyNames.length)
  expect(arbitrationSlice).toMatchObject({ name: 'arbitration', floor: 'judge' })
})
