import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDuration } from './duration.ts'
import { exactUsd, formatPartialUsd, formatUsd, UNKNOWN } from './money.ts'
import {
  formatCompact,
  formatCount,
  formatPoints,
  formatPValue,
  formatScore,
  formatShare,
  formatShareInterval,
  plural,
} from './number.ts'

const nano = (usd: number) => Math.round(usd * 1e9)

describe('money', () => {
  test.each([
    [0, '$0'],
    [0.000000001, '$0.000000001'],
    [0.00042345, '$0.000423'],
    [0.0123, '$0.0123'],
    [0.12, '$0.12'],
    [0.5, '$0.50'],
    [0.9999, '$1.00'],
    [12.345, '$12.35'],
    [999.999, '$1,000'],
    [12_345.6, '$12,346'],
    [1_234_567, '$1.23M'],
  ])('%f USD reads %s', (usd, text) => {
    expect(formatUsd(nano(usd))).toBe(text)
  })

  test('unknown is never written as 0', () => {
    expect(formatUsd(null)).toBe(UNKNOWN)
    expect(formatPartialUsd(null, 7)).toBe(UNKNOWN)
  })

  test('calls without a price make a cost a lower bound', () => {
    expect(formatPartialUsd(nano(2), 3)).toBe('≥ $2.00')
    expect(formatPartialUsd(nano(2), 0)).toBe('$2.00')
  })

  test('what is not nothing never reads as nothing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e15 }),
        (amount) => formatUsd(amount) !== '$0' && !/^\$0\.0+$/.test(formatUsd(amount)),
      ),
    )
  })

  test('the exact amount keeps every nano-dollar', () => {
    expect(exactUsd(12_345_678_901)).toBe('12.345678901')
    expect(exactUsd(2_000_000_000)).toBe('2.00')
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        (amount) =>
          BigInt(
            exactUsd(amount)
              .replace('.', '')
              .padEnd(exactUsd(amount).indexOf('.') + 9, '0'),
          ) === BigInt(amount),
      ),
    )
  })
})

describe('numbers', () => {
  test('only all is 100% and only none is 0%', () => {
    expect(formatShare(1)).toBe('100%')
    expect(formatShare(0)).toBe('0%')
    expect(formatShare(0.99999)).toBe('>99.9%')
    expect(formatShare(0.00001)).toBe('<0.1%')
    expect(formatShare(0.9523)).toBe('95.2%')
  })

  test('unknown numbers read as a dash', () => {
    const unknown = [
      formatCount(null),
      formatCompact(null),
      formatShare(null),
      formatPoints(null),
      formatPValue(null),
      formatScore(null),
    ]
    expect(new Set(unknown)).toEqual(new Set([UNKNOWN]))
    expect(formatShareInterval(0.1, null)).toBe(UNKNOWN)
    expect(formatShareInterval(null, 0.1)).toBe(UNKNOWN)
  })

  test.each([
    [987, '987'],
    [12_345, '12.3k'],
    [123_456, '123k'],
    [4_560_000, '4.56M'],
    [7_100_000_000, '7.10B'],
  ])('%i in little room is %s', (count, text) => {
    expect(formatCompact(count)).toBe(text)
  })

  test('differences carry their sign, with a real minus', () => {
    expect(formatPoints(0.3)).toBe('+30.0 pp')
    expect(formatPoints(-0.051)).toBe('−5.1 pp')
    expect(formatPoints(0)).toBe('0.0 pp')
  })

  test('small p values are not rounded to nothing', () => {
    expect(formatPValue(0.0421)).toBe('0.042')
    expect(formatPValue(0.0005)).toBe('0.0005')
    expect(formatPValue(0.00000001)).toBe('<0.0001')
  })

  test('intervals, scores and counts of things', () => {
    expect(formatShareInterval(0.921, 0.974)).toBe('92.1–97.4%')
    expect(formatScore(71.6)).toBe('72')
    expect(plural(1, 'entry', 'entries')).toBe('1 entry')
    expect(plural(1200, 'call')).toBe('1,200 calls')
  })
})

describe('durations', () => {
  test.each([
    [0, '0 ms'],
    [450, '450 ms'],
    [999.6, '1.00 s'],
    [1240, '1.24 s'],
    [12_300, '12.3 s'],
    [59_960, '1 min'],
    [125_000, '2 min 5 s'],
    [11_520_000, '3 h 12 min'],
    [367_200_000, '4 d 6 h'],
  ])('%i ms reads %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  test('an unknown duration is not 0', () => {
    expect(formatDuration(null)).toBe(UNKNOWN)
  })
})
