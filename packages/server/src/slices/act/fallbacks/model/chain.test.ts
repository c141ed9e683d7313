import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Chain, type ChainQuestion, type ChainReason, decideChain } from './chain.ts'
import type { Macro } from './choose.ts'
import { definitionFault, type FallbackDefinition, weighChange } from './definition.ts'
import { becauseOf } from './sentences.ts'

const nothing: Macro = {
  blocked: false,
  failures: null,
  successRate: null,
  latencyP95Ms: null,
  state: null,
  fallbacks: [],
}
const thresholds = { failuresMax: 2, successRateMin: 0.9, latencyP95MsMax: 1000, healthStates: [] }
const bad: Macro = { ...nothing, failures: 3, successRate: 0.5, fallbacks: ['a', 'b', 'c'] }
const well: Macro = { ...nothing, failures: 0, successRate: 1, latencyP95Ms: 10, fallbacks: ['a', 'b', 'c'] }
const nowMs = 1_000_000

const opened: Chain = {
  depth: 1,
  visited: ['a'],
  lastInvokedAtMs: nowMs,
  lastExecution: 'running',
  exhaustedAtMs: null,
}
const ask = (change: Partial<ChainQuestion>, main: Macro = bad) =>
  decideChain({
    chain: null,
    lastInvokedAtMs: null,
    cooldownMs: 60_000,
    depthMax: 5,
    macros: new Map([['main', main], ...['a', 'b', 'c'].map((name) => [name, nothing] as const)]),
    primary: 'main',
    thresholds,
    refused: new Map(),
    nowMs,
    ...change,
  })

test.each<[string, Partial<ChainQuestion>, Macro, object]>([
  ['a primary that is well opens nothing', {}, well, { kind: 'none', because: { rule: 'within-thresholds' } }],
  ['one past a line is left', {}, bad, { kind: 'invoke', macro: 'a', because: { rule: 'failures', observed: 3 } }],
  [
    'a new incident waits for the cooldown of the last',
    { lastInvokedAtMs: nowMs - 59_999 },
    bad,
    { kind: 'wait', because: { rule: 'cooldown', observed: 59_999, limit: 60_000 } },
  ],
  ['and comes with its end', { lastInvokedAtMs: nowMs - 60_000 }, bad, { kind: 'invoke', macro: 'a' }],
  ['a fallback at work is waited for', { chain: opened }, bad, { kind: 'wait', because: { rule: 'at-work' } }],
  [
    'one that succeeded cools down',
    { chain: { ...opened, lastExecution: 'succeeded' } },
    bad,
    { kind: 'wait', because: { rule: 'cooldown' } },
  ],
  [
    'one after which the primary is well ends it',
    { chain: { ...opened, lastExecution: 'succeeded', lastInvokedAtMs: 0 } },
    well,
    { kind: 'settle' },
  ],
  [
    'one after which it is not is followed by the next',
    { chain: { ...opened, lastExecution: 'succeeded', lastInvokedAtMs: 0 } },
    bad,
    { kind: 'invoke', macro: 'b' },
  ],
  [
    'one that failed is followed at once, however the primary looks',
    { chain: { ...opened, lastExecution: 'failed' } },
    well,
    { kind: 'invoke', macro: 'b', because: { rule: 'fallback-failed', observed: 'a' } },
  ],
  [
    'when all were started, none is left',
    { chain: { ...opened, lastExecution: 'failed', visited: ['a', 'b', 'c'], depth: 3 } },
    bad,
    { kind: 'exhausted', because: { rule: 'none-left' } },
  ],
  [
    'the depth is bound',
    { chain: { ...opened, lastExecution: 'failed' }, depthMax: 1 },
    bad,
    { kind: 'exhausted', because: { rule: 'too-deep', observed: 1, limit: 1 } },
  ],
  [
    'an exhausted incident stays',
    { chain: { ...opened, lastExecution: null, exhaustedAtMs: 5 } },
    bad,
    { kind: 'wait', because: { rule: 'stays-exhausted' } },
  ],
  [
    'however silent the primary is, for another cooldown',
    { chain: { ...opened, lastExecution: 'failed', exhaustedAtMs: nowMs - 59_999 } },
    nothing,
    { kind: 'wait', because: { rule: 'stays-exhausted' } },
  ],
  [
    'and ends after it',
    { chain: { ...opened, lastExecution: 'failed', exhaustedAtMs: nowMs - 60_000 } },
    nothing,
    { kind: 'settle', because: { rule: 'unmeasured' } },
  ],
  [
    'until the primary is well',
    { chain: { ...opened, lastExecution: 'failed', exhaustedAtMs: 5 } },
    well,
    { kind: 'settle' },
  ],
])('FB3: %s', (_, change, main, expected) => {
  expect(ask(change, main)).toMatchObject(expected)
})

test('FB3: whatever becomes of fallbacks, an incident starts each macro once, at most depthMax, and ends', () => {
  const fate = fc.constantFrom('succeeded' as const, 'failed' as const)
  fc.assert(
    fc.property(fc.array(fate, { minLength: 6, maxLength: 6 }), fc.integer({ min: 1, max: 6 }), (fates, depthMax) => {
      const started: string[] = []
      let chain: Chain | null = null
      let at = 0
      for (const lastExecution of fates) {
        at += 60_000
        const decision = ask({ chain, depthMax, nowMs: at })
        if (decision.kind !== 'invoke') {
          expect(decision.kind).toBe('exhausted')
          break
        }
        started.push(decision.macro)
        chain = {
          depth: started.length,
          visited: [...started],
          lastInvokedAtMs: at,
          lastExecution,
          exhaustedAtMs: null,
        }
      }
      expect(started).toEqual(['a', 'b', 'c'].slice(0, depthMax))
    }),
  )
})

const definition: FallbackDefinition = {
  name: 'checkout',
  description: null,
  primary: { kind: 'macro', name: 'main' },
  environment: 'production',
  fallbacks: [{ macro: 'a', inputs: {} }],
  thresholds: { windowMinutes: 15, minimumExecutions: 3, ...thresholds, healthStates: [] },
  cooldownMinutes: 15,
  enabled: true,
}

test.each<[string, Partial<FallbackDefinition>, RegExp | null]>([
  ['sound', {}, null],
  ['its own fallback', { fallbacks: [{ macro: 'main', inputs: {} }] }, /its own fallback/],
  ['twice', { fallbacks: [...definition.fallbacks, ...definition.fallbacks] }, /stands twice/],
  [
    'no line',
    {
      thresholds: { ...definition.thresholds, failuresMax: null, successRateMin: null, latencyP95MsMax: null },
    },
    /at least one line/,
  ],
  ['a macro with states', { thresholds: { ...definition.thresholds, healthStates: ['failing'] } }, /no health state/],
  [
    'an agent with states',
    {
      primary: { kind: 'agent', agentId: '01900000-0000-7000-8000-000000000001' },
      thresholds: {
        ...definition.thresholds,
        failuresMax: null,
        successRateMin: null,
        latencyP95MsMax: null,
        healthStates: ['failing'],
      },
    },
    null,
  ],
])('a definition is refused where it contradicts itself: %s', (_, change, fault) => {
  const said = definitionFault({ ...definition, ...change })
  if (fault === null) expect(said).toBeNull()
  else expect(said).toMatch(fault)
})

test.each([
  [null, { ...definition, enabled: false }, 'LOW'],
  [null, definition, 'MODERATE'],
  [{ ...definition, enabled: false }, definition, 'MODERATE'],
  [definition, { ...definition, cooldownMinutes: 1 }, 'HIGH'],
  [definition, { ...definition, enabled: false }, 'HIGH'],
  [definition, null, 'HIGH'],
  [{ ...definition, enabled: false }, null, 'LOW'],
] as const)('FB6: what a change may do says who must agree', (before, after, impact) => {
  expect(weighChange(before, after).impact).toBe(impact)
})

test('every reason has a sentence', () => {
  const rules: readonly ChainReason['rule'][] = [
    'blocked',
    'failures',
    'success-rate',
    'latency-p95',
    'health-state',
    'taken-before',
    'not-defined',
    'not-startable',
    'fallback-failed',
    'none-left',
    'too-deep',
    'within-thresholds',
    'unmeasured',
    'at-work',
    'cooldown',
    'stays-exhausted',
  ]
  for (const rule of rules) expect(becauseOf('main', { rule, observed: 1, limit: 2 }).text).toMatch(/\.$|: 1$/)
})
