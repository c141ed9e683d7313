import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantFromEpochMs } from '../../../../kernel/instant.ts'
import {
  comparePositions,
  decideFailure,
  fairShare,
  firstCatchUpRows,
  groupByOrganization,
  journalStart,
  mostPerBatch,
  nextBatchLimit,
  nextCatchUpRows,
  type PlacedEvent,
  positionBefore,
  wholeBatchTargetMs,
} from './delivery.ts'

const now = instantFromEpochMs(1_000_000)
const positions = fc.record({ xid: fc.bigInt(0n, 1n << 63n), eventId: fc.uuid({ version: 7 }) })

describe('positions', () => {
  test('are a total order in which the transaction counts first', () => {
    fc.assert(
      fc.property(positions, positions, positions, (a, b, c) => {
        expect(Math.sign(comparePositions(a, b))).toBe(-Math.sign(comparePositions(b, a)) + 0)
        if (a.xid < b.xid) expect(comparePositions(a, b)).toBeLessThan(0)
        if (comparePositions(a, b) <= 0 && comparePositions(b, c) <= 0) {
          expect(comparePositions(a, c)).toBeLessThanOrEqual(0)
        }
      }),
    )
  })

  test('the start comes before every event, and the place before a fence between what is older and the rest', () => {
    fc.assert(
      fc.property(positions, fc.bigInt(1n, 1n << 62n), (event, fence) => {
        expect(comparePositions(journalStart, event)).toBeLessThanOrEqual(0)
        expect(comparePositions(event, positionBefore(fence)) < 0).toBe(event.xid < fence)
      }),
    )
  })
})

describe('failures', () => {
  test.each([
    [0, 1, 1_000],
    [1, 2, 2_000],
    [2, 3, 4_000],
    [3, 4, 8_000],
  ])('J5: after %d earlier tries, try %d is followed by another in %d ms', (earlier, attempts, waitMs) => {
    const verdict = decideFailure(earlier, now)
    expect(verdict).toMatchObject({ kind: 'retry', attempts, retryAt: now + waitMs })
    expect(verdict.because).toMatchObject({ rule: 'delivery-attempts', observed: attempts, limit: 5 })
  })

  test('J5: the fifth try is the last', () => {
    expect(decideFailure(4, now)).toMatchObject({ kind: 'dead-letter', attempts: 5 })
    expect(decideFailure(40, now)).toMatchObject({ kind: 'dead-letter' })
  })
})

describe('batches', () => {
  test('at most double, shrink to what fits 50 ms, and are never empty', () => {
    expect(nextBatchLimit(32, 32, 1)).toBe(64)
    expect(nextBatchLimit(400, 400, 1)).toBe(mostPerBatch)
    expect(nextBatchLimit(32, 32, 640)).toBe(2)
    expect(nextBatchLimit(1, 1, 10_000)).toBe(1)
    expect(nextBatchLimit(1, 1, 0)).toBe(2)
    expect(nextBatchLimit(64, 64, 80, wholeBatchTargetMs)).toBe(128)
  })

  test('a lane far behind reads twice as much while it is quickly back, and little while it is slow', () => {
    const quick = [...Array(5)].reduce(
      (all: number[]) => [...all, nextCatchUpRows(all.at(-1) ?? 0, 40)],
      [firstCatchUpRows],
    )
    expect(quick).toEqual([200, 400, 800, 1_600, 2_000, 2_000])
    expect(nextCatchUpRows(2_000, 1_500)).toBe(firstCatchUpRows)
  })

  test('grouping by organization loses nothing and keeps the order within each', () => {
    const items = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 30 })
    fc.assert(
      fc.property(items, (organizations) => {
        const placed = organizations.map((organizationId, at) => ({ placed: eventOf(organizationId, at) }))
        const groups = groupByOrganization(placed)
        for (const [organizationId, group] of groups) {
          expect(group).toEqual(placed.filter((item) => item.placed.event.organizationId === organizationId))
        }
        expect([...groups.values()].flat()).toHaveLength(placed.length)
      }),
    )
  })
})

test('shares cover all lanes and differ by what cannot be split', () => {
  expect(fairShare(5, 2)).toBe(3)
  expect(fairShare(4, 1)).toBe(4)
  expect(fairShare(0, 3)).toBe(0)
  expect(fairShare(3, 0)).toBe(3)
})

function eventOf(organizationId: string, at: number): PlacedEvent {
  const eventId = `01900000-0000-7000-8000-${String(at).padStart(12, '0')}`
  return {
    position: { xid: BigInt(at), eventId },
    lane: 0,
    event: {
      eventId,
      organizationId,
      type: 'x',
      subject: '',
      actor: { kind: 'system', id: 'test' },
      correlationId: eventId,
      causationId: null,
      payload: {},
      occurredAt: '2026-01-01T00:00:00.000Z',
    },
  }
}
