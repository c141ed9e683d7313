import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../testkit/seeded-random.ts'
import { dependenceOf, designEffect, logOddsOf } from './accuracy.ts'
import { fitAudited, weightOf } from './audited.ts'
import { fitAuto } from './auto.ts'
import { bestJudgeOpinion, fitBestJudge } from './best-judge.ts'
import { calibrated, fitCalibration } from './calibration.ts'
import { fitConditionalLogit } from './conditional-logit.ts'
import { dawidSkeneOpinion, fitDawidSkene } from './dawid-skene.ts'
import { foldsOf } from './folds.ts'
import { equalLoss } from './loss.ts'
import { majorityOpinion } from './majority.ts'
import { fitPolicy, opinionOf } from './policy.ts'
import { auditedOf, type Item, panelOf, panelOfAnswers, type Verdict } from './votes.ts'

const vote = (judge: string, verdict: Verdict, score: number | null = null) => {
  return { judge, verdict, score, confidence: null }
}
const label = (judge: string, said: number | null) => ({ judge, label: said, score: null })

/** Two judges: the first is good in group a and a coin in b, the second the other way round. */
function mixedItems(count: number): readonly Item[] {
  const random = seededRandom(4)
  return Array.from({ length: count }, (_, at): Item => {
    const truth: Verdict = at % 2 === 0 ? 'pass' : 'fail'
    const wrong: Verdict = at % 2 === 0 ? 'fail' : 'pass'
    const group = at % 4 < 2 ? 'a' : 'b'
    const first = random.unit() < (group === 'a' ? 0.95 : 0.5) ? truth : wrong
    const second = random.unit() < (group === 'a' ? 0.5 : 0.95) ? truth : wrong
    return { itemId: `${at}`, group, votes: [vote('first', first), vote('second', second)], gold: truth }
  })
}

describe('majority', () => {
  test.each([
    [[1, 1, 0], 1],
    [[1, 0], 0],
    [[1, null, null], 1],
    [[null], 0],
    [[], 0],
  ] as const)('AR9: of %j it says %d: abstentions do not count and a tie is not a pass', (labels, said) => {
    expect(majorityOpinion({ votes: labels.map((one, at) => label(`${at}`, one)) }, 2).named).toBe(said)
  })

  test('AR9: among answers of a crowd a tie goes to the more usual label', () => {
    const answer = (itemId: string, judge: string, said: string) => ({ itemId, judge, label: said })
    const answers = [answer('1', 'x', 'cat'), answer('1', 'y', 'dog'), answer('2', 'x', 'dog')]
    const panel = panelOfAnswers(answers, new Map([['2', 'bird']]))
    expect(panel.classes).toEqual(['dog', 'cat', 'bird'])
    expect(panel.ballots.map((ballot) => majorityOpinion(ballot, 3).named)).toEqual([0, 0])
    expect(panel.ballots.map(({ gold }) => gold)).toEqual([null, 2])
  })
})

describe('trust-priority', () => {
  test('weighs a vote by trust × priority', () => {
    const panel = panelOf(mixedItems(8))
    const votes = [label('first', 1), label('second', 0)]
    const said = (priorities: readonly (readonly [string, number])[]) => {
      const fit = fitPolicy('trust-priority', panel, { loss: equalLoss(2), priorities: new Map(priorities), seed: 1 })
      return opinionOf(fit, { group: null, votes }).named
    }
    expect(said([['first', 3]])).toBe(1)
    expect(said([['second', 3]])).toBe(0)
  })
})

describe('best-judge', () => {
  test('believes in each group the judge that is best there, and the next where that one is silent', () => {
    const fit = fitBestJudge(panelOf(mixedItems(120)), equalLoss(2))
    const votes = [label('first', 1), label('second', 0)]
    expect(bestJudgeOpinion(fit, { group: 'a', votes }).named).toBe(1)
    expect(bestJudgeOpinion(fit, { group: 'b', votes }).named).toBe(0)
    expect(bestJudgeOpinion(fit, { group: 'a', votes: [label('first', null), label('second', 0)] }).named).toBe(0)
    expect(bestJudgeOpinion(fit, { group: 'a', votes }).probabilities[1]).toBeGreaterThan(0.8)
  })
})

describe('dawid-skene', () => {
  test('finds that one judge’s pass means fail, from the votes of the others alone', () => {
    const random = seededRandom(2)
    const items = Array.from({ length: 300 }, (_, at): Item => {
      const truth = random.unit() < 0.5
      const said = (accuracy: number): Verdict => (random.unit() < accuracy === truth ? 'pass' : 'fail')
      const votes = [vote('a', said(0.9)), vote('b', said(0.85)), vote('c', said(0.8)), vote('liar', said(0.1))]
      return { itemId: `${at}`, group: null, votes, gold: null }
    })
    const fit = fitDawidSkene(panelOf(items))
    const said = (votes: readonly ReturnType<typeof label>[]) => dawidSkeneOpinion(fit, { votes }).probabilities[1] ?? 0
    expect(said([label('a', 1), label('liar', 0)])).toBeGreaterThan(0.95)
    expect(said([label('a', 1), label('liar', 1)])).toBeLessThan(said([label('a', 1)]))
    expect(said([label('a', 1), label('nobody knows', 0)])).toBe(said([label('a', 1)]))
    expect(fit.iterations).toBeLessThan(100)
  })
})

describe('audited', () => {
  test('AR12: below 20 audited items the weights are Beta log-odds by the design effect, from there they are fitted', () => {
    expect(fitAudited(panelOf(mixedItems(19)), 1)).toMatchObject({ basis: 'prior', audited: 19 })
    expect(fitAudited(panelOf(mixedItems(20)), 1)).toMatchObject({ basis: 'ridge', audited: 20, calibration: null })
    expect(fitAudited(panelOf(mixedItems(60)), 1).calibration).not.toBeNull()
    const unaudited = fitAudited(panelOf(mixedItems(30).map((item) => ({ ...item, gold: null }))), 1)
    expect(weightOf(unaudited, 'first')).toBeCloseTo(logOddsOf(0.7, 2), 12)
  })

  test('each group has its own weights, and a group that was never audited those of all', () => {
    const fit = fitAudited(panelOf(mixedItems(200)), 1)
    expect(weightOf(fit, 'first', 'a')).toBeGreaterThan(weightOf(fit, 'first', 'b') + 0.5)
    expect(weightOf(fit, 'first', 'new')).toBe(weightOf(fit, 'first'))
  })

  test('a score decides where verdicts do not', () => {
    const random = seededRandom(8)
    const items = Array.from({ length: 100 }, (_, at): Item => {
      const truth = at % 2 === 0 ? 'pass' : 'fail'
      const score = (truth === 'pass' ? 1 : -1) + 2 * (random.unit() - 0.5)
      return { itemId: `${at}`, group: null, votes: [vote('witness', 'abstain', 1000 + score)], gold: truth }
    })
    const fit = fitAudited(panelOf(items), 1)
    const passOf = (score: number | null) =>
      opinionOf(fit, { group: null, votes: [{ judge: 'witness', label: null, score }] }).probabilities[1] ?? 0
    expect(passOf(1001)).toBeGreaterThan(0.8)
    expect(passOf(999)).toBeLessThan(0.2)
    expect(passOf(1e9)).toBeLessThan(1)
    expect(passOf(null)).toBeCloseTo(0.5, 1)
  })

  test('judges who err together have a design effect, independent ones none', () => {
    const random = seededRandom(6)
    const items = (together: boolean) =>
      Array.from({ length: 400 }, (_, at): Item => {
        const common = random.unit() < 0.8
        const votes = ['a', 'b', 'c'].map((judge) => {
          return vote(judge, (together ? common : random.unit() < 0.8) ? 'pass' : 'fail')
        })
        return { itemId: `${at}`, group: null, votes, gold: 'pass' }
      })
    expect(designEffect(dependenceOf(panelOf(items(true))))).toBeCloseTo(3, 6)
    expect(designEffect(dependenceOf(panelOf(items(false))))).toBeLessThan(1.2)
  })
})

describe('fitting', () => {
  test('the ridge logistic regression stands where its gradient is 0', () => {
    // Three of four right under one weight w: 4σ(w) − 3 + 5(w − .3) = 0.
    const example = (right: boolean) => ({
      rows: [
        { at: [], values: [] },
        { at: [0], values: [1] },
      ],
      truth: right ? 1 : 0,
    })
    const examples = [example(true), example(true), example(true), example(false)]
    const [weight = 0] = fitConditionalLogit(examples, { centre: [0.3], ridge: [5] })
    const sigmoid = 1 / (1 + Math.exp(-weight))
    expect(4 * sigmoid - 3 + 5 * (weight - 0.3)).toBeCloseTo(0, 7)
  })

  test('AR13: calibration leaves right probabilities nearly alone and tempers overconfident ones', () => {
    const cases = (said: number, right: number, count: number) =>
      Array.from({ length: count }, (_, at) => ({ probabilities: [1 - said, said], truth: at < right * count ? 1 : 0 }))
    const shares = [0.5, 0.5]
    const honest = fitCalibration([...cases(0.8, 0.8, 500), ...cases(0.2, 0.2, 500)], shares)
    expect(calibrated(honest, [0.2, 0.8])[1]).toBeCloseTo(0.8, 2)
    const loud = fitCalibration([...cases(0.99, 0.8, 500), ...cases(0.01, 0.2, 500)], shares)
    expect(calibrated(loud, [0.01, 0.99])[1]).toBeCloseTo(0.8, 2)
    expect(calibrated(fitCalibration(cases(0.99, 0.5, 2), shares), [0.01, 0.99])[1]).toBeGreaterThan(0.8)
  })

  test('folds are stratified, disjoint and of one size, and depend on ids and seed alone', () => {
    const audited = auditedOf(panelOf(mixedItems(103)))
    const folds = foldsOf(audited, 10, 5)
    expect(folds.map(({ size }) => size).sort((a, b) => a - b)).toEqual([10, 10, 10, 10, 10, 10, 10, 11, 11, 11])
    expect(new Set(folds.flatMap((fold) => [...fold])).size).toBe(103)
    const passes = folds.map((fold) => audited.filter(({ itemId, gold }) => fold.has(itemId) && gold === 1).length)
    expect(Math.max(...passes) - Math.min(...passes)).toBeLessThanOrEqual(2)
    expect(foldsOf([...audited].reverse(), 10, 5)).toEqual(folds)
    expect(foldsOf(audited, 10, 6)).not.toEqual(folds)
  })
})

describe('auto', () => {
  const loss = equalLoss(2)
  const options = { loss, losses: [loss], priorities: new Map<string, number>(), seed: 1, folds: 10 }

  test('AR14: says which policy it uses and why, with every other’s audited lower bound beside it', () => {
    const auto = fitAuto(panelOf(mixedItems(160)), options)
    expect(auto.standings.map(({ policy }) => policy).sort()).toEqual(
      ['audited', 'best-judge', 'dawid-skene', 'majority', 'trust-priority'].sort(),
    )
    const own = auto.standings.find(({ policy }) => policy === auto.fit.policy)
    expect(auto.because.observed).toBe(own?.lowerBound)
    expect(['audited', 'best-judge']).toContain(auto.fit.policy)
    const majority = auto.standings.find(({ policy }) => policy === 'majority')
    expect(own?.lowerBound).toBeGreaterThan(majority?.lowerBound ?? 1)
  })

  test('AR14: without 20 audits it says so and takes no policy that only audits could justify', () => {
    const few = fitAuto(panelOf(mixedItems(19)), options)
    expect(few).toMatchObject({ standings: [], because: { rule: 'too-few-audits', observed: 19, limit: 20 } })
    expect(few.fit.policy).toBe('majority')
    const three = mixedItems(19).map((item) => ({ ...item, votes: [...item.votes, vote('third', 'pass')] }))
    expect(fitAuto(panelOf(three), options).fit.policy).toBe('dawid-skene')
  })
})
