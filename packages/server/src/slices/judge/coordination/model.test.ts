import type { JournalEvent } from '@metaagent/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isQaEvent, newsSince, stageOf, traceOf, typesOfNews } from './model.ts'

const id = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`

function event(n: number, cause: number | null, type = 'qa_failure'): JournalEvent {
  return {
    eventId: id(n),
    organizationId: id(0),
    type,
    subject: `judgment/${n}`,
    actor: { kind: 'system', id: 'test' },
    correlationId: 'story',
    causationId: cause === null ? null : id(cause),
    payload: {},
    occurredAt: new Date(1_700_000_000_000 + n * 100).toISOString(),
  }
}

test.each([
  ['qa_success', 'judgment', true],
  ['qa_disabled', 'judgment', true],
  ['qa_label', 'judgment', true],
  ['qa_arbitration', 'arbitration', false],
  ['qa_arbitration_log_error', 'arbitration', false],
  ['qa_drift', 'drift', false],
  ['decision.qa_drift', 'drift', false],
  ['decision.arbitration.item', 'arbitration', false],
  ['trust.evidence.changed', 'trust', false],
  ['drift.alarm.closed', 'drift', false],
  ['judgments.score.recorded', 'judgment', false],
  ['telemetry.execution.ended', 'run', false],
  ['amendments.proposal.opened', 'followed', false],
  ['recovery.fallback.invoked', 'followed', false],
])('MA3: %s is a step of %s', (type, stage, qa) => {
  expect([stageOf(type), isQaEvent(type)]).toEqual([stage, qa])
})

test('MA3: effects stand behind their cause, with what they took, and the engines’ part is counted', () => {
  const events = [
    event(1, null),
    event(2, 1, 'trust.evidence.changed'),
    event(3, null, 'qa_success'),
    event(4, 1, 'qa_arbitration'),
    event(5, 4, 'decision.qa_arbitration'),
    event(6, 4, 'recovery.fallback.invoked'),
  ]
  const done = (['trust', 'arbitration'] as const).map((engine) => ({ eventId: id(1), engine, state: 'done' as const }))
  const steps = traceOf(events.toReversed(), done)
  expect(steps.map(({ type, depth, sinceCauseMs }) => [type, depth, sinceCauseMs])).toEqual([
    ['qa_failure', 0, null],
    ['trust.evidence.changed', 1, 100],
    ['qa_arbitration', 1, 300],
    ['decision.qa_arbitration', 2, 100],
    ['recovery.fallback.invoked', 2, 200],
    ['qa_success', 0, null],
  ])
  expect(steps[0]?.engines).toEqual([
    { engine: 'trust', state: 'done', effects: 1 },
    { engine: 'arbitration', state: 'done', effects: 2 },
    { engine: 'drift', state: 'waiting', effects: 0 },
  ])
  expect(steps[1]?.engines).toBeNull()
})

test('MA3: whatever the causes are like, every event stands in the trace once, no deeper than one below its cause', () => {
  const causes = fc.array(fc.option(fc.nat({ max: 15 }), { nil: null }), { minLength: 1, maxLength: 14 })
  fc.assert(
    fc.property(causes, (drawn) => {
      const events = drawn.map((cause, at) => event(at, cause))
      const steps = traceOf(events, [])
      expect(steps.map(({ eventId }) => eventId).sort()).toEqual(events.map(({ eventId }) => eventId))
      const place = new Map(steps.map((step, at) => [step.eventId, { ...step, at }]))
      for (const { causationId, depth, at } of place.values()) {
        const cause = causationId === null ? undefined : place.get(causationId)
        if (depth > 0) expect(cause).toMatchObject({ depth: depth - 1 })
        if (depth > 0) expect(cause?.at).toBeLessThan(at)
      }
    }),
    { numRuns: 300 },
  )
})

test('MA4: an event of a type is news of its part alone, and the first look tells of all', () => {
  expect(typesOfNews.get('qa_label')).toBe('judgments')
  expect(typesOfNews.get('qa_arbitration')).toBe('arbitration')
  expect(typesOfNews.has('telemetry.execution.ended')).toBe(false)
  const before = new Map([['qa_label', id(1)]])
  expect(newsSince(null, before)).toHaveLength(5)
  expect(newsSince(before, before)).toEqual([])
  expect(newsSince(before, new Map([...before, ['qa_drift', id(2)], ['qa_disabled', id(3)]]))).toEqual([
    'judgments',
    'drift',
  ])
})
