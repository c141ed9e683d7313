import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../kernel/instant.ts'
import { decideCosigning, nextAttemptAt, readWitnessAnswer, standingAfter } from './model.ts'

const facts = { oldSize: 5, newSize: 8, recordedSize: 5, hasSameRoot: false, proofHolds: true }

describe('AN6: a witness', () => {
  test.each([
    ['cosigns what extends what it cosigned', {}, 'cosign'],
    ['cosigns the first checkpoint of a log', { oldSize: 0, recordedSize: 0 }, 'cosign'],
    ['cosigns the same tree again', { newSize: 5, hasSameRoot: true }, 'cosign'],
    ['refuses an old size above the new one', { oldSize: 9, recordedSize: 9 }, 400],
    ['names its size to a log that believes another', { oldSize: 4 }, 409],
    ['refuses a way back, whatever old size is named', { oldSize: 3, newSize: 3 }, 409],
    ['refuses another tree of the same size', { newSize: 5 }, 409],
    ['refuses a proof that does not hold', { proofHolds: false }, 422],
    ['refuses a first checkpoint with a proof that cannot be', { oldSize: 0, recordedSize: 0, proofHolds: false }, 422],
  ] as const)('%s', (_, changed, expected) => {
    const decided = decideCosigning({ ...facts, ...changed })
    expect(decided.outcome === 'cosign' ? 'cosign' : decided.status).toBe(expected)
  })

  test('never moves back, and calls misbehaviour only what the log cannot have done by mistake', () => {
    const size = fc.nat({ max: 6 })
    const any = fc.record({
      oldSize: size,
      newSize: size,
      recordedSize: size,
      hasSameRoot: fc.boolean(),
      proofHolds: fc.boolean(),
    })
    fc.assert(
      fc.property(any, (asked) => {
        const decided = decideCosigning(asked)
        if (decided.outcome === 'cosign') {
          expect(asked.newSize).toBeGreaterThanOrEqual(asked.recordedSize)
          expect(asked.oldSize).toBe(asked.recordedSize)
          expect(asked.proofHolds).toBe(true)
          if (asked.newSize === asked.recordedSize && asked.newSize > 0) expect(asked.hasSameRoot).toBe(true)
        } else if (decided.isMisbehaviour) expect(asked.oldSize).toBe(asked.recordedSize)
      }),
    )
  })
})

test.each([
  [200, 'text/plain', '— w AAAA\n', 'cosigned'],
  [409, 'text/x.tlog.size', '7\n', 'stale'],
  [409, 'text/x.tlog.size; charset=utf-8', '0\n', 'stale'],
  [409, 'text/x.tlog.size', '12\n', 'refused'],
  [409, 'application/problem+json', '{}', 'refused'],
  [409, 'text/x.tlog.size', '07\n', 'refused'],
  [422, 'text/plain', 'no', 'refused'],
  [500, '', '', 'refused'],
] as const)('an answer %i %s %j of a witness to a log of 9 entries is %s', (status, contentType, text, kind) => {
  expect(readWitnessAnswer({ status, contentType, text }, 9).kind).toBe(kind)
})

test('AN5: a failure is tried again in 1, 2, 4 … minutes, never later than the anchor’s own time', () => {
  const now = instantFromEpochMs(0)
  const minutes = [0, 1, 2, 3, 4, 5, 50].map((failures) => nextAttemptAt(now, 10, failures) / 60_000)
  expect(minutes).toEqual([10, 1, 2, 4, 8, 10, 10])
  expect(standingAfter({ state: 'failing', failuresInRow: 3 }, true)).toEqual({ state: 'working', failuresInRow: 0 })
  expect(standingAfter({ state: 'working', failuresInRow: 0 }, false)).toEqual({ state: 'failing', failuresInRow: 1 })
})
