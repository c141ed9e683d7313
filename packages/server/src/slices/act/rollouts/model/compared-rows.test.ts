import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { armsOf, type ComparedRow, canonicalEvidence } from './compared-rows.ts'

const row = (fields: Partial<ComparedRow>): ComparedRow => ({
  executionId: '0af7651916cd43dd8448eb211c80319c',
  unit: null,
  status: 'success',
  durationMs: null,
  costNanoUsd: null,
  ...fields,
})

const anyRow: fc.Arbitrary<ComparedRow> = fc.record({
  executionId: fc.bigInt({ min: 1n, max: 9n }).map((n) => n.toString(16).padStart(32, '0')),
  unit: fc.option(fc.string({ unit: 'grapheme', maxLength: 4 }), { nil: null }),
  status: fc.constantFrom('success', 'failure'),
  durationMs: fc.option(fc.nat(), { nil: null }),
  costNanoUsd: fc.option(fc.nat(), { nil: null }),
})
const anyRows = fc.record({
  control: fc.array(anyRow, { maxLength: 8 }),
  candidate: fc.array(anyRow, { maxLength: 8 }),
})

describe('the compared rows', () => {
  test('are evidence: success and failure are known outcomes, the rest is as it was measured', () => {
    const known = row({ unit: 'task 1', durationMs: 1200, costNanoUsd: 7 })
    expect(armsOf({ control: [known], candidate: [row({ status: 'failure' })] })).toEqual({
      control: [{ unit: 'task 1', succeeded: true, durationMs: 1200, costNanoUsd: 7 }],
      candidate: [{ unit: null, succeeded: false, durationMs: null, costNanoUsd: null }],
    })
  })

  test('have one text, spelled out so that anybody can make it again', () => {
    const rows = {
      control: [row({ unit: 'task 1', durationMs: 1200, costNanoUsd: 7 })],
      candidate: [row({ executionId: 'b'.repeat(32) }), row({ executionId: 'a'.repeat(32), status: 'failure' })],
    }
    expect(canonicalEvidence(rows)).toBe(
      '{"candidate":[' +
        `{"costNanoUsd":null,"durationMs":null,"executionId":"${'a'.repeat(32)}","status":"failure","unit":null},` +
        `{"costNanoUsd":null,"durationMs":null,"executionId":"${'b'.repeat(32)}","status":"success","unit":null}` +
        '],"control":[' +
        '{"costNanoUsd":7,"durationMs":1200,"executionId":"0af7651916cd43dd8448eb211c80319c","status":"success","unit":"task 1"}' +
        ']}',
    )
  })

  test('RO8: the digest’s text covers exactly the compared rows, in any order', () => {
    fc.assert(
      fc.property(anyRows, fc.infiniteStream(fc.nat()), (rows, keys) => {
        const shuffled = (list: readonly ComparedRow[]) =>
          list
            .map((one) => ({ one, key: keys.next().value ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ one }) => ({ ...one, read: 'elsewhere' }))
        const text = canonicalEvidence(rows)
        expect(canonicalEvidence({ control: shuffled(rows.control), candidate: shuffled(rows.candidate) })).toBe(text)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
        expect(JSON.parse(text).control).toHaveLength(rows.control.length)
        expect(JSON.parse(text).candidate).toHaveLength(rows.candidate.length)
      }),
    )
  })

  test.each([
    ['another execution', { executionId: 'c'.repeat(32) }],
    ['another unit', { unit: 'task 2' }],
    ['another outcome', { status: 'failure' }],
    ['another duration', { durationMs: 1 }],
    ['a cost that became known', { costNanoUsd: 0 }],
  ] as const)('RO8: %s is another text', (_name, change) => {
    const before = { control: [row({})], candidate: [row({})] }
    expect(canonicalEvidence({ ...before, candidate: [row(change)] })).not.toBe(canonicalEvidence(before))
    expect(canonicalEvidence({ ...before, control: [row(change)] })).not.toBe(canonicalEvidence(before))
  })

  test('RO8: a row of one arm is not a row of the other', () => {
    expect(canonicalEvidence({ control: [row({})], candidate: [] })).not.toBe(
      canonicalEvidence({ control: [], candidate: [row({})] }),
    )
  })
})
