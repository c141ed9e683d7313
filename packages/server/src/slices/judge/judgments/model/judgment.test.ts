import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { eventPayloadOf, eventTypeOf, withoutRepeats } from './judgment.ts'

const judgment = {
  executionId: 'a'.repeat(32),
  actionId: null,
  metric: 'delivery',
  verdict: 'qa_failure',
  score: 0.25,
  label: 'bounced, jane@example.com',
  explanation: 'the mailbox of Jane is full',
  judge: 'mail gateway',
  judgeKind: 'outcome' as const,
  source: 'outcomes',
  observedAt: instantFromEpochMs(1_767_520_800_000),
  idempotencyKey: 'message 1',
}

describe('withoutRepeats', () => {
  test('JU1: of the same source and key the first stays, and nothing else is lost', () => {
    const rows = fc.array(
      fc.record({
        source: fc.constantFrom('otlp', 'outcomes'),
        idempotencyKey: fc.constantFrom('a', 'b', 'c'),
        score: fc.double({ noNaN: true }),
      }),
    )
    fc.assert(
      fc.property(rows, (changes) => {
        const batch = changes.map((change) => ({ ...judgment, ...change }))
        const kept = withoutRepeats(batch)
        const keys = batch.map(({ source, idempotencyKey }) => `${source} ${idempotencyKey}`)
        expect(kept).toEqual(batch.filter((_, index) => keys.indexOf(keys[index] ?? '') === index))
      }),
    )
  })
})

describe('events', () => {
  test.each([
    ['qa_success', 'qa_success'],
    ['qa_failure', 'qa_failure'],
    [null, 'judgments.score.recorded'],
  ] as const)('JU3: the verdict %s is told as %s', (verdict, type) => {
    expect(eventTypeOf(verdict)).toBe(type)
  })

  test('JU4: the payload holds no text that the judge wrote', () => {
    const told = JSON.stringify(eventPayloadOf('01900000-0000-7000-8000-000000000001', judgment))
    expect(told).not.toMatch(/jane/i)
    expect(told).toContain('mail gateway')
  })
})
