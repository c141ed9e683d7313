import { eventCatalogue } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import { detailsOf, eventOf, subjectOfRun, typeOf, withoutRepeats } from './judgment.ts'

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
  const told = {
    ...judgment,
    judgmentId: '01900000-0000-7000-8000-000000000001',
    subject: subjectOfRun(judgment.executionId, null),
    scale: null,
    confidence: null,
    order: null,
    details: null,
    gold: true,
    synthetic: false,
  }

  test.each([
    ['qa_success', null, 'qa_success'],
    ['qa_failure', null, 'qa_failure'],
    [null, null, 'judgments.score.recorded'],
    [null, { type: 'qa_warning' }, 'qa_warning'],
    [null, { type: 'qa_exemption', expiresAt: null }, 'qa_exemption'],
    [null, { type: 'qa_disabled', change: 'deleted' }, 'qa_disabled'],
    [null, { type: 'qa_coverage', covered: 3, total: 4 }, 'qa_coverage'],
  ] as const)('JU3: the verdict %s with the notice %j is told as %s', (verdict, notice, type) => {
    const event = eventOf({ ...told, type: typeOf(verdict, notice), details: detailsOf(notice) })
    expect(event.type).toBe(type)
    expect(eventCatalogue[event.type].payload.parse(event.payload)).toEqual(event.payload)
  })

  test('JU4: the payload holds no text that the judge wrote', () => {
    const event = JSON.stringify(eventOf({ ...told, type: 'qa_failure' }))
    expect(event).not.toMatch(/jane/i)
    expect(event).toContain('mail gateway')
  })
})
