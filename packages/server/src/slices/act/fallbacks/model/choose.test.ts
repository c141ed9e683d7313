import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chooseFallback, type Macro } from './choose.ts'

const thresholds = { failuresMax: 5, successRateMin: 0.9, latencyP95MsMax: 1000, healthStates: ['failing'] }
const nothing = { blocked: false, failures: null, successRate: null, latencyP95Ms: null, state: null, fallbacks: [] }
const good: Macro = { ...nothing, successRate: 0.99, latencyP95Ms: 200 }
const unmeasured: Macro = nothing

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as const
const name = fc.constantFrom(...names)
const macro: fc.Arbitrary<Macro> = fc.record({
  blocked: fc.boolean(),
  failures: fc.constantFrom(null, 0, 5, 6),
  state: fc.constantFrom(null, 'healthy', 'failing'),
  successRate: fc.constantFrom(null, 0, 0.5, 0.9, 1),
  latencyP95Ms: fc.constantFrom(null, 10, 1000, 5000),
  fallbacks: fc.array(name, { maxLength: 4 }),
})
const graphs = fc.dictionary(name, macro).map((all) => new Map(Object.entries(all)))

test.each<[string, Partial<Macro>, string]>([
  ['blocked', { blocked: true }, 'blocked'],
  ['in a state that is named', { state: 'failing' }, 'health-state'],
  ['failing once too often', { failures: 6 }, 'failures'],
  ['failing too often', { successRate: 0.89 }, 'success-rate'],
  ['too slow', { latencyP95Ms: 1001 }, 'latency-p95'],
])('FB1: a primary that is %s gives way to its first fallback that runs, and says why', (_, state, rule) => {
  const macros = new Map<string, Macro>([
    ['main', { ...good, ...state, fallbacks: ['gone', 'slow', 'spare', 'last'] }],
    ['slow', { ...good, latencyP95Ms: 3000, fallbacks: ['deep'] }],
    ['spare', unmeasured],
    ['last', good],
    ['deep', good],
  ])
  const question = { macros, primary: 'main', thresholds, left: [] }
  const first = chooseFallback(question)
  expect(first).toMatchObject({ kind: 'fall-back', macro: 'spare', because: { rule: 'unmeasured' } })
  expect(first).toMatchObject({
    passedOver: [
      { macro: 'main', because: { rule } },
      { macro: 'gone', because: { rule: 'not-defined' } },
      { macro: 'slow', because: { rule: 'latency-p95', observed: 3000, limit: 1000 } },
    ],
  })
  expect(chooseFallback({ ...question, left: ['spare'] })).toMatchObject({ macro: 'last' })
  expect(chooseFallback({ ...question, left: ['spare', 'last'] })).toMatchObject({ macro: 'deep' })
  expect(chooseFallback({ ...question, left: ['spare', 'last', 'deep'] })).toMatchObject({ kind: 'exhausted' })
})

test.each([
  ['at its thresholds', { ...good, failures: 5, successRate: 0.9, latencyP95Ms: 1000 }, 'within-thresholds'],
  ['in a state that is not named', { ...good, state: 'degraded' }, 'within-thresholds'],
  ['without a measurement', unmeasured, 'unmeasured'],
])('FB1: a primary %s stays', (_, main, rule) => {
  const macros = new Map([['main', { ...main, fallbacks: ['spare'] }]])
  expect(chooseFallback({ macros, primary: 'main', thresholds, left: [] })).toMatchObject({
    kind: 'stay',
    because: { rule },
  })
})

test('FB1: a line that is not drawn is passed by nobody', () => {
  const none = { failuresMax: null, successRateMin: null, latencyP95MsMax: null, healthStates: [] }
  const worst = { ...nothing, failures: 99, successRate: 0, latencyP95Ms: 99_999, state: 'failing' }
  expect(chooseFallback({ macros: new Map([['main', worst]]), primary: 'main', thresholds: none, left: [] })).toEqual({
    kind: 'stay',
    because: { rule: 'within-thresholds', observed: 0, limit: null },
  })
})

test('FB1: what refused to start is passed over with what it said, and a settled reason is not looked up', () => {
  const macros = new Map([
    ['main', { ...good, fallbacks: ['spare', 'last'] }],
    ['spare', good],
    ['last', good],
  ])
  const decision = chooseFallback({
    macros,
    primary: 'main',
    thresholds,
    left: [],
    refused: new Map([['spare', 'The inputs do not fit.']]),
    settled: { rule: 'fallback-failed', observed: 'other', limit: null },
  })
  expect(decision).toMatchObject({
    kind: 'fall-back',
    macro: 'last',
    passedOver: [
      { macro: 'main', because: { rule: 'fallback-failed' } },
      { macro: 'spare', because: { rule: 'not-startable', observed: 'The inputs do not fit.' } },
    ],
  })
})

test('FB2: fallbacks never loop: over any graph nobody is looked at twice, and a chain ends', () => {
  fc.assert(
    fc.property(graphs, name, (macros, primary) => {
      const left: string[] = []
      for (;;) {
        const decision = chooseFallback({ macros, primary, thresholds, left })
        if (decision.kind === 'stay') break
        const looked = decision.passedOver.map((one) => one.macro)
        expect(new Set(looked).size).toBe(looked.length)
        if (decision.kind === 'exhausted') break
        expect([...looked, ...left]).toContain(primary)
        expect(looked).not.toContain(decision.macro)
        expect(left).not.toContain(decision.macro)
        left.push(decision.macro)
      }
      expect(left.length).toBeLessThan(names.length)
    }),
    { numRuns: 500 },
  )
})

test('FB2: what is taken can be reached, runs, and no fallback before it did', () => {
  fc.assert(
    fc.property(graphs, name, (macros, primary) => {
      const decision = chooseFallback({ macros, primary, thresholds, left: [] })
      if (decision.kind !== 'fall-back') return
      const before = decision.passedOver.map((one) => one.macro)
      expect(before.some((one) => macros.get(one)?.fallbacks.includes(decision.macro))).toBe(true)
      const alone = (one: string) => chooseFallback({ macros, primary: one, thresholds, left: [] }).kind
      expect(alone(decision.macro)).toBe('stay')
      expect(before.map(alone)).not.toContain('stay')
    }),
    { numRuns: 500 },
  )
})
