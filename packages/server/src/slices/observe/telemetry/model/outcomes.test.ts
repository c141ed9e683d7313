import type { OutcomeSubject } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { effectiveStatus } from './executions.ts'
import { decideOutcome, nextTry, type Overriding, shownSubject, storedSubject } from './outcomes.ts'

const at = (ms: number) => instantFromEpochMs(1_767_520_800_000 + ms)

const learnt = fc.array(
  fc.record({
    result: fc.constantFrom('success' as const, 'failure' as const),
    observedAt: fc.integer({ min: 0, max: 3 }).map(at),
    source: fc.constantFrom('outcomes', 'webhook:a'),
    idempotencyKey: fc.constantFrom('a', 'b', 'c', 'd'),
    metric: fc.constant('delivery'),
  }),
  { maxLength: 6 },
)
const keyOf = ({ source, idempotencyKey }: Overriding) => `${source} ${idempotencyKey}`
const distinct = learnt.map((rows) => [...new Map(rows.map((row) => [keyOf(row), row])).values()])

describe('what an execution counts as', () => {
  test('T16: the order in which outcomes came in changes nothing', () => {
    fc.assert(
      fc.property(distinct, fc.integer(), (rows, seed) => {
        const shuffled = rows.toSorted((a, b) =>
          (keyOf(a) + seed).length - (keyOf(b) + seed).length || seed % 2 ? -1 : 1,
        )
        expect(decideOutcome('success', shuffled)).toEqual(decideOutcome('success', rows))
      }),
    )
  })

  test('T16: the newest observation wins, and without any the reported status counts', () => {
    const early = {
      result: 'success',
      observedAt: at(0),
      source: 'outcomes',
      idempotencyKey: 'a',
      metric: 'sent',
    } as const
    const late = { ...early, result: 'failure', observedAt: at(1), idempotencyKey: 'b', metric: 'delivery' } as const
    const decision = decideOutcome('success', [late, early])
    expect(decision.outcome).toBe('failure')
    expect(decision.because).toMatchObject({ rule: 'newest-outcome', observed: 'failure', limit: 'success' })
    expect(decideOutcome('success', [])).toMatchObject({ outcome: null, because: { rule: 'nothing-learnt' } })
  })

  test.each([
    ['success', null, 'success'],
    ['success', 'failure', 'failure'],
    ['failure', 'success', 'success'],
    ['cancelled', 'failure', 'failure'],
    ['running', 'failure', 'running'],
    ['waiting', 'success', 'waiting'],
  ] as const)('T16: reported %s and learnt %s counts as %s', (status, outcome, counted) => {
    expect(effectiveStatus({ status, outcome })).toBe(counted)
  })
})

test('an outcome that waits is looked for after an eighth of its age, within a second and ten minutes', () => {
  const received = at(0)
  const waits = [0, 8_000, 80_000, 30 * 86_400_000].map((age) => nextTry(received, at(age)) - at(age))
  expect(waits).toEqual([1_000, 1_000, 10_000, 600_000])
})

test.each([
  { executionId: 'a'.repeat(32) },
  { executionId: 'a'.repeat(32), actionId: 'b'.repeat(16) },
  { conversationId: 'thread 1' },
  { unit: 'case 1', agent: 'support' },
  { attribute: { key: 'message_id', value: 'm1' }, agent: 'support' },
] satisfies OutcomeSubject[])('a subject is shown as it was sent: %j', (subject) => {
  expect(shownSubject(storedSubject(subject))).toEqual(subject)
})
