import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../testkit/seeded-random.ts'
import { fitAudited, weightOf } from './audited.ts'
import { autoOpinion, fitAuto } from './auto.ts'
import { fitConditionalLogit } from './conditional-logit.ts'
import { fitDawidSkene } from './dawid-skene.ts'
import { equalLoss, evenLoss } from './loss.ts'
import type { Opinion } from './opinion.ts'
import { fitPolicy, opinionOf, type PolicyName, policyNames } from './policy.ts'
import { auditedOf, canonicalPanel, type Item, type Panel, panelOf, type Verdict, type Vote } from './votes.ts'

const contestants = [...policyNames, 'auto'] as const
type Contestant = (typeof contestants)[number]

interface Shape {
  readonly items: number
  readonly audited: number
  /** Accuracy of each judge. */
  readonly judges: readonly number[]
  readonly seed: number
}

/** Judges who err independently, in two groups, a tenth of them silent now and then. */
function itemsOf({ items, audited, judges, seed }: Shape): Item[] {
  const random = seededRandom(seed)
  return Array.from({ length: items }, (_, at) => {
    const truth = random.unit() < 0.5 ? 'pass' : 'fail'
    const other = truth === 'pass' ? 'fail' : 'pass'
    const votes = judges.map((accuracy, judge): Vote => {
      const verdict: Verdict = random.unit() < accuracy ? truth : other
      return vote(`judge ${judge}`, random.unit() < 0.1 ? 'abstain' : verdict)
    })
    return { itemId: `item ${at}`, group: at % 3 === 0 ? 'a' : 'b', votes, gold: at < audited ? truth : null }
  })
}

function vote(judge: string, verdict: Verdict): Vote {
  return { judge, verdict, score: null, confidence: null }
}

const shapes = fc.record({
  items: fc.integer({ min: 25, max: 70 }),
  audited: fc.integer({ min: 0, max: 60 }),
  judges: fc.array(fc.double({ min: 0.3, max: 0.95, noNaN: true }), { minLength: 2, maxLength: 5 }),
  seed: fc.nat(),
})
const few = { numRuns: 25 }

function opinionsOf(name: Contestant, panel: Panel): readonly Opinion[] {
  const loss = equalLoss(panel.classes.length)
  const options = { loss, losses: [loss], priorities: new Map<string, number>(), seed: 7, folds: 5 }
  if (name === 'auto') {
    const auto = fitAuto(panel, options)
    return panel.ballots.map((ballot) => autoOpinion(auto, ballot))
  }
  const fit = fitPolicy(name, panel, options)
  return panel.ballots.map((ballot) => opinionOf(fit, ballot))
}

function shuffled<Value>(values: readonly Value[], seed: number): Value[] {
  const random = seededRandom(seed)
  return values
    .map((value) => ({ value, key: random.unit() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value)
}

describe.each(contestants)('%s', (name) => {
  test('AR1: the order of judges and items changes nothing, to the last bit', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, seed) => {
        const items = itemsOf(shape)
        const other = shuffled(items, seed).map((item) => ({ ...item, votes: shuffled(item.votes, seed + 1) }))
        expect(opinionsOf(name, panelOf(other))).toEqual(opinionsOf(name, panelOf(items)))
      }),
      few,
    )
  })

  test('AR2: a judge that always abstains changes nothing', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const items = itemsOf(shape)
        const more = items.map((item) => ({ ...item, votes: [...item.votes, vote('a silent one', 'abstain')] }))
        expect(opinionsOf(name, panelOf(more))).toEqual(opinionsOf(name, panelOf(items)))
      }),
      few,
    )
  })

  test('AR3: probabilities lie in [0, 1] and sum to 1', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        for (const { probabilities } of opinionsOf(name, panelOf(itemsOf(shape)))) {
          expect(Math.min(...probabilities)).toBeGreaterThanOrEqual(0)
          expect(probabilities.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 12)
        }
      }),
      few,
    )
  })

  test('AR4: an item on which nobody votes is not a pass by itself', () => {
    const items = itemsOf({ items: 60, audited: 40, judges: [0.9, 0.8, 0.7], seed: 5 })
    const silent: Item = { itemId: 'silent', group: 'a', votes: [], gold: null }
    const panel = panelOf([...items, silent])
    const at = panel.ballots.findIndex(({ itemId }) => itemId === 'silent')
    const opinion = opinionsOf(name, panel)[at]
    expect(opinion?.probabilities[1]).toBeLessThan(0.75)
    expect(opinion?.probabilities[1]).toBeGreaterThan(0.25)
  })
})

describe('more good judges', () => {
  const growing = ['audited', 'dawid-skene', 'trust-priority', 'majority'] as const satisfies readonly PolicyName[]
  test.each(growing)('AR5: %s never lowers a class when one more judge that is usually right says it', (name) => {
    const judges = [0.85, 0.8, 0.9, 0.75, 0.85]
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), (seed, passes) => {
        const panel = panelOf(itemsOf({ items: 120, audited: 60, judges, seed }))
        const fit = fitPolicy(name, panel, { loss: equalLoss(2), priorities: new Map(), seed: 1 })
        // With few audits chance may give a judge a negative weight: then its pass speaks for a fail, and should.
        const isGood = (judge: string) => fit.policy !== 'audited' || weightOf(fit, judge, 'b') > 0
        const said = passes
          .flatMap((pass, at) => (pass ? [{ judge: `judge ${at}`, label: 1, score: null }] : []))
          .filter(({ judge }) => isGood(judge))
        const against = { judge: 'judge 0', label: 0, score: null }
        let before = 0
        for (let count = 0; count <= said.length; count++) {
          const votes = said.some(({ judge }) => judge === 'judge 0') ? [] : [against]
          const now = opinionOf(fit, { group: 'b', votes: [...votes, ...said.slice(0, count)] }).probabilities[1] ?? 0
          if (count > 0) expect(now).toBeGreaterThanOrEqual(before - 1e-12)
          before = now
        }
      }),
      few,
    )
  })
})

test('AR5: to audited, judges that are usually right have positive weights once enough is audited', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const fit = fitAudited(panelOf(itemsOf({ items: 600, audited: 600, judges: [0.85, 0.8, 0.75], seed })), 1)
      for (const group of ['a', 'b'])
        for (const judge of ['judge 0', 'judge 1', 'judge 2']) expect(weightOf(fit, judge, group)).toBeGreaterThan(0)
    }),
    { numRuns: 8 },
  )
})

describe('copies', () => {
  const copied = (items: readonly Item[]) =>
    items.map((item) => {
      const own = item.votes.filter(({ judge }) => judge === 'judge 0')
      return { ...item, votes: [...item.votes, ...own.map((one) => ({ ...one, judge: 'copy of judge 0' }))] }
    })

  test('AR6: under one prior a judge and its copy weigh together what it would alone at half the ridge, at most twice', () => {
    const votes = fc.array(
      fc.record({ said: fc.constantFrom(-1, 1, 0), other: fc.constantFrom(-1, 1), right: fc.boolean() }),
      {
        minLength: 20,
        maxLength: 80,
      },
    )
    fc.assert(
      fc.property(votes, (said) => {
        const fit = (copies: number, ridge: number) => {
          const examples = said.map((one) => ({
            rows: [
              { at: [], values: [] },
              { at: [2, ...(copies === 2 ? [0, 1] : [0])], values: [one.other, one.said, one.said] },
            ],
            truth: one.right ? 1 : 0,
          }))
          const [first = 0, second = 0] = fitConditionalLogit(examples, { centre: [0, 0, 0], ridge: [ridge, ridge, 5] })
          return copies === 2 ? first + second : first
        }
        expect(fit(2, 5)).toBeCloseTo(fit(1, 2.5), 6)
        expect(Math.abs(fit(2, 5))).toBeLessThanOrEqual(2 * Math.abs(fit(1, 5)) + 1e-6)
      }),
      { numRuns: 60 },
    )
  })

  test('AR6: with 800 audits a judge and its copy weigh within 5 % of what it weighed', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const items = itemsOf({ items: 800, audited: 800, judges: [0.85, 0.8, 0.75], seed })
        const alone = weightOf(fitAudited(panelOf(items), 1), 'judge 0', 'b')
        const fit = fitAudited(panelOf(copied(items)), 1)
        const together = weightOf(fit, 'judge 0', 'b') + weightOf(fit, 'copy of judge 0', 'b')
        expect(Math.abs(together / alone - 1)).toBeLessThanOrEqual(0.05)
      }),
      { numRuns: 8 },
    )
  })

  test('AR6: to Dawid–Skene a copy is a witness of its own: where the truth is known its evidence doubles, no more', () => {
    const items = itemsOf({ items: 200, audited: 200, judges: [0.85, 0.8, 0.75], seed: 3 })
    const evidence = (judge: string, panel: Panel) => {
      const table = fitDawidSkene(panel).logConfusion.get(judge) ?? []
      return (table[3] ?? 0) - (table[1] ?? 0)
    }
    const panel = panelOf(copied(items))
    const together = evidence('judge 0', panel) + evidence('copy of judge 0', panel)
    expect(together).toBeCloseTo(2 * evidence('judge 0', panelOf(items)), 9)
  })
})

describe('a herd', () => {
  test('AR7: where most judges are wrong together, auto believes the audits and not the herd', () => {
    const random = seededRandom(11)
    const items = Array.from({ length: 200 }, (_, at): Item => {
      const truth: Verdict = random.unit() < 0.5 ? 'pass' : 'fail'
      const wrong: Verdict = truth === 'pass' ? 'fail' : 'pass'
      const herd = random.unit() < 0.6 ? wrong : truth
      const good = random.unit() < 0.85 ? truth : wrong
      const votes = [vote('good', good), ...Array.from({ length: 6 }, (_, j) => vote(`herd ${j}`, herd))]
      return { itemId: `${at}`, group: null, votes, gold: truth }
    })
    const right = (name: Contestant) => {
      const panel = panelOf(items.map((item, at) => ({ ...item, gold: at < 60 ? item.gold : null })))
      const opinions = opinionsOf(name, panel)
      const said = new Map(panel.ballots.map(({ itemId }, at) => [itemId, opinions[at]]))
      const tested = items.slice(60)
      return tested.filter(({ itemId, gold }) => {
        const [fail = 0, pass = 0] = said.get(itemId)?.probabilities ?? []
        return (pass > fail ? 'pass' : 'fail') === gold
      }).length
    }
    expect(right('majority') / 140).toBeLessThan(0.5)
    expect(right('dawid-skene') / 140).toBeLessThan(0.55)
    expect(right('auto') / 140).toBeGreaterThan(0.75)
  })
})

describe('what is seen', () => {
  test('AR8: an opinion on an item does not look at the item’s own gold', () => {
    const panel = panelOf(itemsOf({ items: 80, audited: 60, judges: [0.9, 0.7, 0.8], seed: 9 }))
    const loss = evenLoss(auditedOf(panel), 2)
    const auto = fitAuto(panel, { loss, losses: [loss], priorities: new Map(), seed: 1, folds: 10 })
    const turned = canonicalPanel(
      panel.classes,
      panel.ballots.map((ballot) => ({ ...ballot, gold: ballot.gold === null ? null : 1 - ballot.gold })),
    )
    expect(turned.ballots.map((ballot) => autoOpinion(auto, ballot))).toEqual(
      panel.ballots.map((ballot) => autoOpinion(auto, ballot)),
    )
  })
})
