import type { ArbitrationRules, JournalEvent } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gapFor } from './gap.ts'
import { faultsOfRules, governanceOf, overruling } from './governance.ts'
import { readIntake } from './intake.ts'
import { equalLoss } from './loss.ts'
import { refitDue } from './refit.ts'
import { sampleAudit } from './sample.ts'
import { fitFromJson, fitMetricInSteps, fitToJson, type StoredFit, withPriorities } from './stored-fit.ts'
import { decideItem, itemOf, type PresentedVote } from './verdict.ts'
import { type Item, panelOf } from './votes.ts'

const neutral: ArbitrationRules = { version: 1, agents: [], mistakes: [] }
const rulesOf = (...agents: ArbitrationRules['agents']): ArbitrationRules => ({ ...neutral, agents })
const row = (judge: string, priority: number, more: Partial<ArbitrationRules['agents'][number]> = {}) => {
  return { judge, priority, veto: 'none' as const, metrics: null, ...more }
}
const vote = (judge: string, verdict: PresentedVote['verdict'], order: PresentedVote['order'] = null) => {
  return { judge, verdict, order, score: null, confidence: null }
}
const finish = <T>(steps: Generator<void, T>): T => {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
/** Judge A is right on nine of ten, B on seven, C never says anything but pass. */
const history = (items: number): readonly Item[] =>
  Array.from({ length: items }, (_, at) => {
    const gold = at % 2 === 0 ? 'pass' : 'fail'
    const other = gold === 'pass' ? 'fail' : 'pass'
    const votes = [vote('A', at % 10 === 3 ? other : gold), vote('B', at % 10 < 3 ? other : gold), vote('C', 'pass')]
    return itemOf({ itemId: `item ${at}`, votes, gold })
  })
const fitOf = (items: number, policy: StoredFit['fit']['policy'] | null = null, rules = neutral) =>
  finish(
    fitMetricInSteps(panelOf(history(items)), {
      governance: governanceOf(rules, 'm'),
      weights: new Map(),
      policy,
      targetError: 0.2,
    }),
  )

describe('governance', () => {
  test('AR24: a priority is what overruling costs, and a neutral one changes nothing', () => {
    const votes = [
      { judge: 'QA', label: 0, score: null },
      { judge: 'Backend', label: 1, score: null },
    ]
    expect(overruling(equalLoss(2), votes, governanceOf(neutral, 'm'))).toBeNull()
    expect(overruling(equalLoss(2), votes, governanceOf(rulesOf(row('QA', 1), row('Backend', 0.5)), 'm'))).toBeNull()
    expect(overruling(equalLoss(2), votes, governanceOf(rulesOf(row('QA', 1.25)), 'm'))).toEqual([
      [0, 1.25],
      [1, 0.25],
    ])
  })

  test('AR24: it moves the line and not the probability: what it decides against the odds a human is asked about', () => {
    const fit = fitOf(200, 'audited')
    const item = { itemId: 'x', votes: [vote('A', 'pass'), vote('B', 'fail'), vote('C', 'pass')], gold: null }
    const plain = decideItem(item, { fit, governance: governanceOf(neutral, 'm') })
    expect(plain.winner).toBe('pass')
    const governed = decideItem(item, { fit, governance: governanceOf(rulesOf(row('B', 2)), 'm') })
    expect(governed).toMatchObject({ winner: 'fail', outcome: 'escalated' })
    expect(governed.probability).toBeCloseTo(1 - plain.probability, 12)
    expect(governed.gap).toBeLessThan(0)
  })

  test('AR24: costs of mistakes move the line as well, for their metric alone', () => {
    const rules = { ...neutral, mistakes: [{ metric: 'm', passedBad: 50, failedGood: 1 }] }
    const item = { itemId: 'x', votes: [vote('A', 'pass'), vote('B', 'pass'), vote('C', 'pass')], gold: null }
    expect(decideItem(item, { fit: null, governance: governanceOf(rules, 'other') }).winner).toBe('pass')
    const mixed = { ...item, votes: [vote('A', 'pass'), vote('B', 'pass'), vote('C', 'pass'), vote('D', 'fail')] }
    expect(decideItem(mixed, { fit: null, governance: governanceOf(rules, 'm') }).winner).toBe('fail')
    expect(decideItem(mixed, { fit: null, governance: governanceOf(neutral, 'm') }).winner).toBe('pass')
  })

  test('AR11: vetoes stand in the order of priority, and a row for the metric goes before one for all', () => {
    const rules = rulesOf(
      row('Low', 1, { veto: 'pass' }),
      row('High', 2, { veto: 'fail' }),
      row('QA', 1, { veto: 'both' }),
      row('QA', 3, { metrics: ['m'] }),
    )
    expect(governanceOf(rules, 'm').vetoes).toEqual([
      { judge: 'High', label: 0 },
      { judge: 'Low', label: 1 },
    ])
    expect(governanceOf(rules, 'm').priorities.get('QA')).toBe(3)
    expect(governanceOf(rules, 'other').vetoes).toHaveLength(4)
    expect(faultsOfRules(rules)).toEqual([])
    const twice = { ...rulesOf(row('QA', 1), row('QA', 2)), mistakes: [] }
    const costs = { metric: null, passedBad: 1, failedGood: 1 }
    expect(faultsOfRules({ ...twice, mistakes: [costs, costs] })).toEqual([
      'QA is named twice for all metrics: keep one of the rows.',
      'Costs of all metrics are given twice: keep one row.',
    ])
  })
})

describe('a verdict', () => {
  test('AR16: where the truth is known it stands, beside what the judges came to', () => {
    const votes = [vote('A', 'pass'), vote('B', 'pass'), vote('C', 'abstain')]
    const grounds = { fit: fitOf(200, 'audited'), governance: governanceOf(neutral, 'm') }
    const open = decideItem({ itemId: 'x', votes, gold: null }, grounds)
    const known = decideItem({ itemId: 'x', votes, gold: 'fail' }, grounds)
    expect(known).toMatchObject({
      outcome: 'labelled',
      winner: 'fail',
      dissent: ['A', 'B'],
      because: { observed: 'pass' },
    })
    expect(known.probability).toBeCloseTo(1 - open.probability, 12)
    expect(known.gap).toBeCloseTo(-open.gap, 12)
  })

  test('AR17: a fit that does not know the judges is not used, and says so', () => {
    const votes = [vote('X', 'fail'), vote('A', 'pass')]
    const governance = governanceOf(neutral, 'm')
    const item = { itemId: 'x', votes, gold: null }
    expect(decideItem(item, { fit: fitOf(200), governance })).toMatchObject({
      fromFit: true,
      weights: [null, expect.any(Number)],
    })
    expect(decideItem(item, { fit: fitOf(10), governance })).toMatchObject({
      fromFit: false,
      policyBecause: { rule: 'judges-unknown-to-the-fit', observed: 'X' },
    })
    expect(decideItem(item, { fit: null, governance })).toMatchObject({ policy: 'majority', outcome: 'escalated' })
  })

  test.each(['audited', 'best-judge', 'dawid-skene', 'trust-priority', 'majority'] as const)(
    'AR17: a stored fit of %s decides as the one that was made, to the last bit, and weighs each vote',
    (policy) => {
      const fit = fitOf(200, policy)
      const read = fitFromJson(JSON.parse(JSON.stringify(fitToJson(fit))))
      expect(read).toEqual(fit)
      expect(fit).toMatchObject({ fit: { policy }, because: { rule: 'chosen-by-people' }, audits: 200 })
      const item = { itemId: 'x', votes: [vote('A', 'fail'), vote('B', 'pass'), vote('C', 'abstain')], gold: null }
      const governance = governanceOf(neutral, 'm')
      const verdict = decideItem(item, { fit: read, governance })
      expect(verdict).toEqual(decideItem(item, { fit, governance }))
      expect(verdict.weights[2]).toBeNull()
      expect(verdict.weights[0]).toBeGreaterThanOrEqual(verdict.weights[1] ?? 0)
    },
  )

  test('AR17: a fit by other formulas is not read, and other priorities move trust-priority alone', () => {
    const fit = fitOf(40, 'trust-priority', rulesOf(row('B', 2)))
    expect(fitFromJson({ ...(fitToJson(fit) as object), formula: 0 })).toBeNull()
    const plain = fitOf(40, 'trust-priority')
    const [moved, kept] = [withPriorities(fit, new Map()), withPriorities(plain, new Map())].map(({ fit: own }) => own)
    expect(moved).toEqual(kept)
    expect(withPriorities(fitOf(40, 'audited'), new Map([['A', 9]]))).toEqual(fitOf(40, 'audited'))
  })
})

describe('audits', () => {
  const shares = { random: 0.05, disagreement: 0.25 }
  const draw = (key: string, judgesDisagree: boolean) =>
    sampleAudit({ key, isEscalated: false, judgesDisagree }, shares)

  test('AR18: each item is drawn with exactly the probability that stands beside it', () => {
    const keys = Array.from({ length: 20_000 }, (_, at) => `["m","artifact","${at}"]`)
    const agreed = keys.flatMap((key) => draw(key, false) ?? [])
    const disputed = keys.flatMap((key) => draw(key, true) ?? [])
    expect(agreed.length / keys.length).toBeCloseTo(0.05, 2)
    expect(disputed.length / keys.length).toBeCloseTo(0.25, 2)
    expect(new Set(agreed.map(({ kind, probability }) => `${kind} ${probability}`))).toEqual(new Set(['random 0.05']))
    expect(new Set(disputed.map(({ kind, probability }) => `${kind} ${probability}`))).toEqual(
      new Set(['random 0.25', 'disagreement 0.25']),
    )
    expect(sampleAudit({ key: 'x', isEscalated: true, judgesDisagree: false }, shares)).toEqual({
      kind: 'escalation',
      probability: 1,
    })
  })

  test('AR18: weighed by it, figures of a biased draw speak of all items', () => {
    // Of all decisions 90 % are right; where judges disagree half, and these are drawn four times as often.
    const cases = Array.from({ length: 400 }, (_, at) => {
      const disputed = at % 2 === 0
      return { gap: 0.6, right: disputed ? at % 4 === 0 : true, weight: disputed ? 1 : 4 }
    })
    const weighed = gapFor(cases, 0.15)
    expect(weighed).toMatchObject({ gapMin: 0.6, because: { rule: 'audited-risk-coverage' } })
    const plain = cases.map(({ gap, right }) => ({ gap, right }))
    expect(gapFor(plain, 0.15).because.rule).toBe('no-gap-is-safe')
  })

  test('AR17: is fitted when enough is new, and not before', () => {
    const pace = { audits: 50, afterMs: 600_000 }
    const fitted = { fittedAtMs: 0, refitAtMs: null, audits: 60, newGold: 0, isChanged: true, items: 100 }
    const none = { ...fitted, fittedAtMs: null, audits: 0 }
    const cases = [
      [refitDue({ ...none, items: 19 }, 0, pace), null],
      [refitDue(none, 0, pace), 'first'],
      [refitDue({ ...fitted, newGold: 49 }, 599_999, pace), null],
      [refitDue({ ...fitted, newGold: 50 }, 0, pace), 'audits'],
      [refitDue({ ...fitted, newGold: 1 }, 600_000, pace), 'audits-and-age'],
      [refitDue(fitted, 600_000, pace), null],
      [refitDue({ ...fitted, audits: 19 }, 600_000, pace), 'votes-and-age'],
      [refitDue({ ...fitted, audits: 19, isChanged: false }, 600_000, pace), null],
      [refitDue({ ...fitted, refitAtMs: 0 }, 0, pace), 'asked'],
    ]
    for (const [found, expected] of cases) expect(found).toBe(expected)
  })
})

describe('what events say', () => {
  let nextId = 0
  const event = (type: string, said: Readonly<Record<string, unknown>>): JournalEvent => {
    const eventId = `01900000-0000-7000-8000-${(++nextId).toString(16).padStart(12, '0')}`
    const subject = { kind: 'artifact', id: 'a' }
    const common = { subject, executionId: null, actionId: null, metric: 'm', observedAt: '2026-01-01T00:00:00.000Z' }
    const judged = { judgmentId: eventId, score: null, scale: null, confidence: null, order: null, judge: 'A' }
    const label = { labelId: eventId, verdict: 'pass', origin: 'human' }
    const own = type === 'qa_label' ? label : { ...judged, judgeKind: 'model', gold: false, synthetic: false }
    return {
      eventId,
      organizationId: eventId,
      type,
      subject: 's',
      actor: { kind: 'system', id: 'test' },
      correlationId: `story ${nextId}`,
      causationId: null,
      payload: { ...common, ...own, ...said },
      occurredAt: '2026-01-01T00:00:00.000Z',
    }
  }

  test('AR15: the latest observation of each judge and order, a truth that is no vote, and nothing synthetic', () => {
    const events = [
      event('qa_failure', { observedAt: '2026-01-02T00:00:00.000Z' }),
      event('qa_success', {}),
      event('qa_warning', { judge: 'B', score: 3 }),
      event('qa_success', { judge: 'B', order: 'swapped' }),
      event('qa_success', { judge: 'Owner', judgeKind: 'human', gold: true }),
      event('qa_failure', { judge: 'Chaos', synthetic: true }),
      event('qa_drift', {}),
    ]
    const { votes, golds, latest } = readIntake(events)
    expect(votes.map(({ judge, presented, verdict, score }) => [judge, presented, verdict, score])).toEqual([
      ['A', '', 'fail', null],
      ['B', '', null, 3],
      ['B', 'swapped', 'pass', null],
    ])
    expect(golds).toMatchObject([{ gold: 'pass', byPerson: true }])
    expect([...latest.values()].map(({ eventId }) => eventId)).toEqual([events[4]?.eventId])
  })

  test('AR15: in whichever batches events come, the same votes and truths are left', () => {
    const types = ['qa_success', 'qa_failure', 'qa_warning', 'qa_label']
    const drawn = fc.record({
      type: fc.constantFrom(...types),
      judge: fc.constantFrom('A', 'B'),
      second: fc.integer({ min: 0, max: 5 }),
    })
    fc.assert(
      fc.property(fc.array(drawn, { maxLength: 30 }), fc.nat(30), (said, cut) => {
        const events = said.map(({ type, judge, second }) =>
          event(type, { judge, observedAt: `2026-01-01T00:00:0${second}.000Z` }),
        )
        const kept = (batches: readonly (readonly JournalEvent[])[]) => {
          const rows = new Map<string, { readonly observedAt: string; readonly said: unknown }>()
          for (const batch of batches) {
            const { votes, golds } = readIntake(batch)
            for (const { judge, observedAt, verdict } of votes)
              if ((rows.get(judge)?.observedAt ?? '') <= observedAt) rows.set(judge, { observedAt, said: verdict })
            for (const { observedAt, gold } of golds)
              if ((rows.get('gold')?.observedAt ?? '') <= observedAt) rows.set('gold', { observedAt, said: gold })
          }
          return [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
        }
        expect(kept([events.slice(0, cut), events.slice(cut)])).toEqual(kept([events]))
      }),
    )
  })
})
