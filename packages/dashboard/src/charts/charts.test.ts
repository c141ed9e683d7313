import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seriesOf } from '../testing/fleet.ts'
import { chartOption, type TimeSeries } from './chart-option.ts'
import { placeOf, ratioDomain } from './interval-plot.tsx'
import { sparkSteps } from './spark-bars.tsx'
import { wilsonInterval } from './wilson.ts'

const now = Date.UTC(2026, 10, 21, 9)

describe('wilson', () => {
  test('agrees with the published example: 15 of 20 is 53.1 % to 88.8 %', () => {
    const interval = wilsonInterval(15, 20)
    expect(interval?.low).toBeCloseTo(0.5313, 4)
    expect(interval?.high).toBeCloseTo(0.8881, 4)
  })

  test('holds the rate and stays inside of 0 to 1', () => {
    const cases = fc
      .integer({ min: 1, max: 10_000 })
      .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)))
    fc.assert(
      fc.property(cases, ([successes, n]) => {
        const { rate, low, high } = wilsonInterval(successes, n) ?? { rate: -1, low: 0, high: 0 }
        return low >= 0 && high <= 1 && low <= rate + 1e-12 && rate <= high + 1e-12
      }),
    )
  })

  test('of nothing, nothing is known', () => {
    expect(wilsonInterval(0, 0)).toBeNull()
  })
})

describe('scales', () => {
  test('twice and half are equally far from one', () => {
    const domain = ratioDomain([1.05, 0.5, 1.8])
    expect(placeOf(1, domain, true)).toBeCloseTo(0.5)
    expect(placeOf(2, domain, true) - 0.5).toBeCloseTo(0.5 - placeOf(0.5, domain, true))
  })

  test('a scale of ratios reaches 0.8 to 1.25 at least and ignores what is unknown', () => {
    const [low, high] = ratioDomain([null, 1.01, -3])
    expect(low).toBeCloseTo(0.8)
    expect(high).toBeCloseTo(1.25)
  })

  test('what lies outside stands at the edge', () => {
    expect(placeOf(-1, [0, 1], false)).toBe(0)
    expect(placeOf(7, [0, 1], false)).toBe(1)
    expect(placeOf(0.25, [0, 1], false)).toBe(0.25)
  })
})

describe('sparklines', () => {
  const points = seriesOf(1, now - 86_400_000, now).points

  test('bars hold every execution of the window exactly once', () => {
    const bars = sparkSteps(points, now - 86_400_000, now, 24)
    const drawn = bars.reduce((sum, { successes, failures, others }) => sum + successes + failures + others, 0)
    expect(drawn).toBe(
      points.reduce((sum, { figures }) => sum + Math.max(figures.executions, figures.successes + figures.failures), 0),
    )
    expect(bars).toHaveLength(24)
  })

  test('what lies outside of the window is left out', () => {
    expect(sparkSteps(points, now + 1, now + 2, 4).every(({ successes }) => successes === 0)).toBe(true)
  })
})

describe('charts over time', () => {
  const series: TimeSeries = {
    name: 'Rate <b>',
    kind: 'line',
    colour: 'accent',
    points: [
      [now, 0.5],
      [now + 60_000, null],
    ],
    band: [
      [now, 0.4, 0.6],
      [now + 60_000, null, null],
    ],
  }
  const bars: TimeSeries = { name: 'Cost', kind: 'bar', colour: 'accent', points: [[now, null]] }
  const input = {
    series: [series, bars],
    fromMs: now,
    toMs: now + 3_600_000,
    zone: 'utc' as const,
    format: (value: number) => `${value} units`,
    max: 100,
    colour: (token: string) => `#${token}`,
    still: true,
  }

  test('unknown values are gaps, not zeros', () => {
    const option = chartOption(input)
    const drawn = Array.isArray(option.series) ? option.series : []
    const line = drawn.find((one) => one.name === 'Rate <b>')
    expect(line?.data).toEqual([
      [now, 0.5],
      [now + 60_000, '-'],
    ])
    expect(drawn[1]?.data).toEqual([
      [now, 0.6 - 0.4],
      [now + 60_000, '-'],
    ])
    expect(drawn.at(-1)).toMatchObject({ type: 'bar', data: [[now, '-']] })
  })

  test('the tooltip says unknown where nothing is known, and lets no name become markup', () => {
    const tooltip = chartOption(input).tooltip
    const formatter =
      !Array.isArray(tooltip) && typeof tooltip?.formatter === 'function'
        ? (tooltip.formatter as (hovered: unknown) => string)
        : () => ''
    const text = formatter([{ value: [now, 0.5] }])
    expect(text).toContain('2026-11-21 09:00 UTC')
    expect(text).toContain('Rate &lt;b&gt;: <b>0.5 units</b> (0.4 units–0.6 units)')
    expect(text).toContain('Cost: <b>unknown</b>')
    expect(formatter('nothing')).toBe('')
  })

  test('long stretches are labelled by day, short ones by the clock', () => {
    const label = (toMs: number) => {
      const axis = chartOption({ ...input, toMs }).xAxis
      const format =
        !Array.isArray(axis) && typeof axis?.axisLabel?.formatter === 'function'
          ? (axis.axisLabel.formatter as (at: number) => string)
          : () => ''
      return format(now)
    }
    expect(label(now + 3_600_000)).toBe('09:00')
    expect(label(now + 10 * 86_400_000)).toBe('Nov 21')
  })
})
