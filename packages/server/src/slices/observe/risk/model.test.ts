import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../kernel/instant.ts'
import { agreementOf, meansSameUnits, sharesChange } from './model/agreement.ts'
import { featuresOf, type RiskFeatures, type TraceStep } from './model/features.ts'
import { judgeJudge } from './model/judges.ts'
import { judgeCost, judgeSuccess } from './model/plausibility.ts'
import { explainReasons, keptReason, scoreRisk } from './model/score.ts'
import { judgeSameAnswers, judgeSilence, probabilityOfAll, publishedSpread } from './model/silence.ts'
import { riskTerms } from './model/terms.ts'
import { changesState, handsOver } from './model/tools.ts'
import { usualOf } from './model/usual.ts'
import { riskIntercept, riskWeights } from './model/weights.ts'

const at = (second: number) => instantFromEpochMs(Date.UTC(2026, 0, 4) + 1000 * second)

function step(second: number, change: Partial<TraceStep> = {}): TraceStep {
  const output = change.output ?? '"done"'
  return {
    own: true,
    kind: 'llm',
    name: 'reply',
    status: 'success',
    startedAt: at(second),
    endedAt: at(second + 1),
    input: null,
    output,
    outputChars: output.length,
    ...change,
  }
}

const tool = (second: number, name: string, input: string, change: Partial<TraceStep> = {}) =>
  step(second, { kind: 'tool', name, input, ...change })

const featuresAt = (steps: readonly TraceStep[]) =>
  featuresOf(steps, { startedAt: at(0), endedAt: at(60) }, (text) => text)

const quiet = featuresAt([step(0), tool(1, 'get_order', '{"id":1}'), step(2)])

const anyFeatures = fc
  .record({
    steps: fc.nat(500),
    modelCalls: fc.nat(200),
    toolCalls: fc.nat(200),
    outputChars: fc.nat(100_000),
    durationMs: fc.nat(1_000_000),
    longestGapMs: fc.nat(100_000),
    toolErrors: fc.nat(50),
    lateToolErrors: fc.nat(20),
    repeatedCalls: fc.nat(50),
    loopedCalls: fc.nat(50),
    unfinished: fc.boolean(),
    handedOver: fc.boolean(),
    apologies: fc.nat(20),
    refusals: fc.nat(20),
    doubts: fc.nat(20),
    changes: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd')),
    changedBy: fc.array(fc.constantFrom('book', 'cancel')),
  })
  .map((features): RiskFeatures => features)

test.each([
  ['cancel_reservation', true],
  ['getOrderDetails', false],
  ['mcp__crm__search_people', false],
  ['sendEmail', true],
  ['frobnicate', true],
  ['transfer_to_human_agents', false],
])('the verb of %s tells whether it changes something: %s', (name, expected) => {
  expect(changesState(name)).toBe(expected)
  expect(handsOver('transfer_to_human_agents')).toBe(true)
})

test('a trace is counted: errors, late errors, repetition, loops, gaps, phrases', () => {
  const seen = featuresAt([
    step(0, { output: '{"content":"Sorry, I am unable to do that."}' }),
    tool(1, 'get_order', '{"id":1,"deep":{"a":1,"b":2}}'),
    tool(2, 'get_order', '{"deep":{"b":2,"a":1},"id":1}'),
    tool(12, 'cancel_order', '{"id":1}', { output: '"Error: not found"' }),
    step(14, { own: false, output: '"I apologise"' }),
  ])
  expect(seen).toMatchObject({
    steps: 5,
    modelCalls: 1,
    toolCalls: 3,
    durationMs: 60_000,
    longestGapMs: 10_000,
    toolErrors: 1,
    lateToolErrors: 1,
    repeatedCalls: 1,
    loopedCalls: 1,
    apologies: 1,
    refusals: 1,
    handedOver: false,
    unfinished: false,
    changes: [],
  })
})

test('a trace that ends in a call is unfinished, and a call that changed something is kept by its arguments', () => {
  const seen = featuresAt([step(0), tool(1, 'book_flight', '{"b":1,"a":2}')])
  expect(seen).toMatchObject({ unfinished: true, changes: ['book_flight {"a":2,"b":1}'], changedBy: ['book_flight'] })
  const asked = featuresAt([step(0, { output: '{"toolCalls":[{"name":"x"}]}' })])
  expect(asked.unfinished).toBe(true)
})

test('a reason of a formula that is gone is shown in its numbers', () => {
  expect(explainReasons([['a-term-of-old', 3, null, 0.5]])).toEqual([
    { rule: 'a-term-of-old', observed: 3, limit: null, contribution: 0.5, text: 'A term of an earlier formula.' },
  ])
})

test('RK1: the contributions sum to the log-odds of the score', () => {
  fc.assert(
    fc.property(
      anyFeatures,
      fc.array(anyFeatures, { maxLength: 6 }),
      fc.array(anyFeatures, { maxLength: 6 }),
      (run, own, peers) => {
        const { score, because } = scoreRisk(run, usualOf(own), agreementOf(run, peers))
        expect(explainReasons(because.map(keptReason))).toEqual(because)
        const logOdds = because.reduce((sum, { contribution }) => sum + contribution, 0)
        expect(Math.abs(score - 100 / (1 + Math.exp(-logOdds)))).toBeLessThanOrEqual(0.051)
        expect(because.map(({ rule }) => rule).toSorted()).toEqual(['start', ...riskTerms].toSorted())
      },
    ),
  )
})

test('RK3: what is unknown adds nothing', () => {
  const { because } = scoreRisk(quiet, usualOf([quiet, quiet, quiet]), agreementOf(quiet, [quiet]))
  const unknown = because.filter(({ rule }) => rule.endsWith('usual') || rule.endsWith('peers') || rule === 'long-unit')
  expect(unknown.map(({ contribution }) => contribution)).toEqual(unknown.map(() => 0))
  expect(unknown.every(({ limit }) => limit === null)).toBe(true)
  expect(because[0]).toMatchObject({ rule: 'start', observed: 'alone', contribution: riskIntercept.alone })
})

test('no weight is negative: a term never speaks against its meaning', () => {
  for (const set of [riskWeights.amongPeers, riskWeights.alone])
    for (const weight of Object.values(set)) expect(weight).toBeGreaterThanOrEqual(0)
})

test('who changes what its peers change is less at risk than who changes something else', () => {
  const peers = [1, 2, 3].map(() => featuresAt([step(0), tool(1, 'cancel_order', '{"id":1}'), step(2)]))
  const like = featuresAt([step(0), tool(1, 'cancel_order', '{"id":1}'), step(2)])
  const unlike = featuresAt([step(0), tool(1, 'cancel_order', '{"id":2}'), step(2)])
  const risk = (run: RiskFeatures) => scoreRisk(run, null, agreementOf(run, peers)).score
  expect(risk(like)).toBeLessThan(risk(unlike))
})

test('RK5: ten changing runs that never share a change with a peer mean other work by their units', () => {
  expect(sharesChange({ changes: ['a'] }, [{ changes: ['b'] }])).toBe(false)
  expect(sharesChange({ changes: ['a', 'b'] }, [{ changes: ['b'] }])).toBe(true)
  expect(sharesChange({ changes: [] }, [{ changes: ['b'] }])).toBeNull()
  expect(sharesChange({ changes: ['a'] }, [{ changes: [] }])).toBeNull()
  expect(meansSameUnits({ runs: 9, sharing: 0 })).toBe(true)
  expect(meansSameUnits({ runs: 10, sharing: 0 })).toBe(false)
  expect(meansSameUnits({ runs: 50, sharing: 1 })).toBe(true)
})

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)

test('RK7: outcomes that are all alike are told with their probability, from enough of them on', () => {
  expect(judgeSilence(times(19, false), [])).toBeNull()
  expect(judgeSilence(times(50, false), [])).toBeNull()
  const silent = judgeSilence(times(115, false), [])
  expect(silent?.probability).toBeCloseTo(8.3e-5, 6)
  expect(silent?.because.map(({ rule }) => rule)).toEqual(['all-failed', 'probability-under-peers'])
  expect(judgeSilence(times(400, true), [])?.because[0]?.rule).toBe('all-passed')
})

test('RK7: an own past is what counts, where there is one', () => {
  const past = Array.from({ length: 60 }, (_, index) => index % 2 === 0)
  expect(judgeSilence([...times(30, false), ...past], [])?.because[1]?.rule).toBe('probability-under-own-past')
  // Nearly always right before: 30 more are no news.
  expect(judgeSilence([...times(30, true), false, ...times(59, true)], [])).toBeNull()
  // Blocks of 20 before: a block of 25 is no news, though a coin would not do it.
  const blocks = [...times(20, true), ...times(20, false), ...times(20, true), ...times(20, false)]
  expect(judgeSilence([...times(25, true), ...times(15, false), ...blocks], [])).toBeNull()
})

test('the probability of all alike is a product, and falls with every further run', () => {
  expect(probabilityOfAll(true, 2, { a: 1, b: 1 })).toBeCloseTo(1 / 3, 12)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.boolean(), (runs, outcome) => {
      expect(probabilityOfAll(outcome, runs + 1, publishedSpread)).toBeLessThan(
        probabilityOfAll(outcome, runs, publishedSpread),
      )
    }),
  )
})

test('RK9: one answer to all questions is strange only where answers varied', () => {
  const varied = Array.from({ length: 40 }, (_, index) => ({ input: `q${index}`, output: `a${index}` }))
  const same = Array.from({ length: 30 }, (_, index) => ({ input: `n${index}`, output: 'none' }))
  expect(judgeSameAnswers([...same, ...varied], [])?.because[0]).toMatchObject({ rule: 'same-answer', observed: 30 })
  expect(judgeSameAnswers(same, varied)?.probability).toBeLessThan(1e-6)
  expect(judgeSameAnswers(same, [])).toBeNull()
  expect(judgeSameAnswers([...same, ...varied.map(({ input }) => ({ input, output: 'none' }))], [])).toBeNull()
  const asked = same.map(({ output }) => ({ input: 'always the same', output }))
  expect(judgeSameAnswers([...asked, ...varied], [])).toBeNull()
})

const unitsOf = (successes: number, runs: number) =>
  new Map(Array.from({ length: runs }, (_, unit) => [`u${unit}`, { runs: 1, successes: unit < successes ? 1 : 0 }]))

test('RK8: of two impossible agents among honest ones both are found, and none of the honest', () => {
  const all = [49, 49, 38, 36, 28, 28, 25, 23, 19, 9].map((successes) => unitsOf(successes, 50))
  const found = all.map((own) =>
    judgeSuccess(
      own,
      all.filter((other) => other !== own),
    ),
  )
  expect(found.map((finding) => finding !== null)).toEqual([true, true, ...times(8, false)])
  const [first] = all
  expect(first && judgeSuccess(first, all.slice(2, 6))).toBeNull()
})

test.each([
  [0.02, 'cost-under-tokens'],
  [0.06, null],
  [1, null],
  [9, null],
  [11, 'cost-over-tokens'],
])('a reported cost of %s times the list price: %s', (ratio, rule) => {
  const runs = times(10, { reportedNanoUsd: 1e6 * ratio, computedNanoUsd: 1e6 })
  expect(judgeCost(runs)?.because[0]?.rule ?? null).toBe(rule)
  expect(judgeCost(runs.slice(1))).toBeNull()
})

describe('judges', () => {
  const said = (verdicts: readonly (boolean | null)[], scores: readonly (number | null)[] = []) =>
    verdicts.map((isSuccess, index) => ({ executionId: String(index), isSuccess, score: scores[index] ?? null }))
  const varied = Array.from({ length: 40 }, (_, index) => index % 3 !== 0)
  const passes = Array.from({ length: 60 }, () => true)

  test.each([
    ['a model that passes everything after it had objected', 'model', [...passes, ...varied], 'all-passed'],
    ['a model that never accepts', 'model', passes.map(() => false), 'all-failed'],
    ['a model that never objects, while nobody else judges', 'model', [...passes, ...passes], undefined],
    ['a check that begins to pass everything', 'code', [...passes, ...varied], 'all-passed'],
    ['a check that always passed', 'code', [...passes, ...passes, ...passes], undefined],
    ['deliveries that always arrive', 'outcome', [...passes, ...passes, ...passes], undefined],
    ['a judge who objects now and then', 'human', varied, undefined],
  ] as const)('RK11: %s', (_, judgeKind, verdicts, rule) => {
    expect(judgeJudge({ judgeKind, said: said(verdicts) }, [])?.because[0]?.rule).toBe(rule)
  })

  test('RK11: a model that never objects is flagged where others object under the same metric', () => {
    const others = Array.from({ length: 6 }, () => ({ judgeKind: 'model' as const, said: said(varied) }))
    expect(judgeJudge({ judgeKind: 'model', said: said(passes) }, others)?.because[0]?.rule).toBe('all-passed')
    expect(judgeJudge({ judgeKind: 'code', said: said(passes) }, others)).toBeNull()
  })

  test('RK11: scores that become one and the same number are flagged, by the rule for answers', () => {
    const scores = [
      ...Array.from({ length: 30 }, () => 0),
      ...Array.from({ length: 40 }, (_, index) => (index + 1) / 41),
    ]
    const none = scores.map(() => null)
    const finding = judgeJudge({ judgeKind: 'model', said: said(none, scores) }, [])
    expect(finding?.because[0]).toMatchObject({ rule: 'same-answer', observed: 30 })
    expect(finding?.because[0]?.text).toContain('executions got one and the same score')
    expect(judgeJudge({ judgeKind: 'model', said: said(none.slice(40), scores.slice(40)) }, [])).toBeNull()
  })
})
