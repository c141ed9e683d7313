import type { Because, ChaosLine } from '@metaagent/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ChaosDefinition, definitionFault, plannedInjections, weighRun, weighSave } from './definition.ts'
import { dueSlots, lateMs, type Pace, slotAtMs } from './pace.ts'
import { percentile, readingOf, seenExactly, seenLatency, seenRate } from './readings.ts'
import { abortingReading, decideOutcome, missingOf } from './verdict.ts'

const definition: ChaosDefinition = {
  name: 'checkout fails',
  hypothesis: 'The spare takes over.',
  target: { kind: 'agent', agentId: '01900000-0000-7000-8000-000000000001' },
  environment: 'production',
  injection: { kind: 'executions', outcome: 'failure', latencyMs: 1000, errorType: 'chaos' },
  ratePerMinute: 60,
  durationSeconds: 60,
  settleSeconds: 60,
  steadyState: [{ kind: 'open-alerts', max: 0 }],
  abortWhen: [],
  expectedFallback: null,
  live: false,
  schedule: null,
  timeZone: 'UTC',
  enabled: true,
}
const macro = { kind: 'macro', name: 'main' } as const
const change = { kind: 'dependency-change', dependency: 'orders', version: '2.0.0', schema: true } as const
const receiver = { kind: 'receiver-fault', fault: 'throw', faultMs: 100 } as const
const delivery = { kind: 'delivery-p95', maxMs: 1000 } as const

test.each<[string, Partial<ChaosDefinition>, RegExp | null]>([
  ['sound', {}, null],
  ['executions of a macro', { target: macro }, /of an agent/],
  ['a dependency of an agent', { injection: change }, /for a macro/],
  ['a dependency of a macro', { target: macro, injection: change }, null],
  ['a fallback of a receiver', { injection: receiver, expectedFallback: { withinMs: 1, macro: null } }, /No fallback/],
  ['delivery without signals', { abortWhen: [delivery] }, /delivery-p95 out/],
  ['delivery of signals', { injection: receiver, steadyState: [delivery] }, null],
  ['too many', { ratePerMinute: 6000, durationSeconds: 21_600 }, /2160000 injections/],
])('an experiment is refused where it contradicts itself: %s', (_, changed, fault) => {
  const said = definitionFault({ ...definition, ...changed })
  if (fault === null) expect(said).toBeNull()
  else expect(said).toMatch(fault)
})

test('CH5: what a run may do says who must agree; to keep what starts by hand is LOW', () => {
  expect(weighRun(definition).impact).toBe('MODERATE')
  expect(weighRun({ ...definition, live: true }).impact).toBe('HIGH')
  expect(weighRun({ ...definition, target: macro, injection: change }).impact).toBe('LOW')
  expect(weighSave({ ...definition, live: true }).impact).toBe('LOW')
  expect(weighSave({ ...definition, live: true, schedule: '0 3 * * *' }).impact).toBe('HIGH')
  expect(weighSave({ ...definition, live: true, schedule: '0 3 * * *', enabled: false }).impact).toBe('LOW')
})

test('a run injects at its rate, once for a publication', () => {
  expect(plannedInjections(definition)).toBe(60)
  expect(plannedInjections({ ...definition, ratePerMinute: 0.1 })).toBe(1)
  expect(plannedInjections({ ...definition, target: macro, injection: change })).toBe(1)
})

test('CH2: whenever it is looked at, every slot is injected or skipped once, none before its time and none too late', () => {
  const looks = fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 40 })
  const paces = fc.record({
    startedAtMs: fc.constant(1_000_000),
    ratePerMinute: fc.constantFrom(0.1, 1, 60, 600, 6000),
    planned: fc.integer({ min: 1, max: 500 }),
  })
  fc.assert(
    fc.property(paces, looks, (pace: Pace, waits) => {
      let nextSlot = 0
      let nowMs = pace.startedAtMs
      let injected = 0
      let skipped = 0
      for (const wait of waits) {
        nowMs += wait
        const due = dueSlots(pace, nextSlot, nowMs)
        expect(due.from).toBe(nextSlot + due.skipped)
        for (let slot = due.from; slot < due.until; slot++) {
          expect(slotAtMs(pace, slot)).toBeLessThanOrEqual(nowMs)
          expect(slotAtMs(pace, slot)).toBeGreaterThanOrEqual(nowMs - lateMs - 1)
        }
        injected += due.until - due.from
        skipped += due.skipped
        nextSlot = due.until
      }
      expect(injected + skipped).toBe(nextSlot)
      expect(nextSlot).toBeLessThanOrEqual(pace.planned)
    }),
  )
})

test('CH2: a run that is looked at every second injects its whole count', () => {
  const pace = { startedAtMs: 0, ratePerMinute: 60, planned: 60 }
  let nextSlot = 0
  for (let nowMs = 0; nowMs <= 60_000; nowMs += 1000) {
    const due = dueSlots(pace, nextSlot, nowMs)
    expect(due.skipped).toBe(0)
    nextSlot = due.until
  }
  expect(nextSlot).toBe(60)
})

const rate: ChaosLine = { kind: 'success-rate', agentId: null, min: 0.9 }
const latency: ChaosLine = { kind: 'latency-p95', agentId: null, maxMs: 1000 }
const budget: ChaosLine = { kind: 'error-budget', slaId: null, minShare: 0.5 }

test.each([
  ['a rate that keeps its line', rate, seenRate(9, 1), true, /90 % \(59\.6 % to 98\.2 %\) of 10 executions/],
  ['a rate under it', rate, seenRate(8, 2), false, /80 %/],
  ['too few', rate, seenRate(2, 0), null, /Too few executions ended .* 2/],
  ['a latency', latency, seenLatency(new Map([[100, 10]])), true, /within 7 ms \(7 ms to 7 ms\)/],
  ['too few latencies', latency, seenLatency(new Map([[1, 2]])), null, /Too few/],
  ['alerts', { kind: 'open-alerts', max: 0 } as const, seenExactly(1), false, /1 alerts fire/],
  ['a budget', budget, seenExactly(0.5), true, /50 % of the error budget/],
  ['no budget', budget, seenExactly(null), null, /No service level/],
  ['delivery', delivery, seenExactly(1001, 4), false, /of 4 signals were received within 1001 ms/],
  ['no delivery', delivery, seenExactly(null), null, /No signal/],
])(
  'CH6: a line is held against what was seen, and unknown neither holds nor breaks: %s',
  (_, line, seen, holds, text) => {
    const reading = readingOf(line, seen)
    expect(reading.holds).toBe(holds)
    expect(reading.because.text).toMatch(text)
  },
)

test('percentiles are of what is there', () => {
  expect([percentile([], 0.5), percentile([3], 0.95), percentile([4, 1, 3, 2], 0.5)]).toEqual([null, 3, 2])
})

const stopped: Because = { rule: 'by-hand', observed: null, limit: null, text: 'Enough.' }
const holding = readingOf(rate, seenRate(10, 0))
const broken = readingOf(rate, seenRate(0, 10))
const open = readingOf(rate, seenRate(0, 0))
const run = { abortedBecause: null, planned: 10, injected: 10, during: [holding], after: [holding], missing: [] }

test.each([
  ['held', run, 'steady-state-held'],
  ['aborted', { ...run, abortedBecause: stopped, during: [broken] }, 'by-hand'],
  ['aborted', { ...run, injected: 4 }, 'interrupted'],
  ['failed', { ...run, after: [broken], missing: ['x'] }, 'success-rate-broken'],
  ['failed', { ...run, missing: ['No fallback.'] }, 'expected-did-not-happen'],
  ['inconclusive', { ...run, during: [open] }, 'success-rate-unknown'],
] as const)('CH6: a run is %s by the first rule that speaks', (verdict, of, rule) => {
  expect(decideOutcome(of)).toMatchObject({ verdict, because: { rule } })
})

test('CH4: a broken line ends a run, an unknown one does not', () => {
  expect(abortingReading([holding, open])).toBeNull()
  expect(abortingReading([holding, broken])).toMatchObject({ rule: 'success-rate-broken' })
})

test('CH6: what was expected and did not happen is told', () => {
  const invoked = (name: string, afterMs: number) => ({
    invocationId: name,
    policyId: name,
    outcome: 'invoked' as const,
    macro: name,
    macroExecutionId: null,
    afterMs,
    because: stopped,
  })
  const expected = (withinMs: number, name: string | null) => ({
    ...definition,
    expectedFallback: { withinMs, macro: name },
  })
  const of = (fallbacks: ReturnType<typeof invoked>[]) => ({ fallbacks, delivery: null })
  expect(missingOf(definition, of([]))).toEqual([])
  expect(missingOf(expected(1000, null), of([invoked('spare', 900)]))).toEqual([])
  expect(missingOf(expected(1000, null), of([invoked('spare', 1001)]))).toEqual([
    'Expected a fallback within 1000 ms; it was invoked after 1001 ms.',
  ])
  expect(missingOf(expected(1000, 'other'), of([invoked('spare', 1)]))).toEqual([
    'Expected other to be invoked; it was not.',
  ])
  const lost = { sent: 3, received: 2, p50Ms: 1, p95Ms: 1, delayed: 0 }
  expect(missingOf(definition, { fallbacks: [], delivery: lost })).toEqual(['1 of 3 signals were not received.'])
})
