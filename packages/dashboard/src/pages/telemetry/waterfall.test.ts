import fc from 'fast-check'
import { expect, test } from 'vitest'
import { iso } from '../../testing/random.ts'
import { barOf, ticksOf, wholeSpan, zoomTo } from './waterfall.ts'

const start = Date.UTC(2026, 10, 21, 9)

test('the waterfall spans everything, also steps outside of their execution and one that has not ended', () => {
  const execution = { startedAt: iso(start), endedAt: iso(start + 1000) }
  const early = { startedAt: iso(start - 50), endedAt: iso(start) }
  const late = { startedAt: iso(start), endedAt: iso(start + 4000) }
  expect(wholeSpan(execution, [late, early])).toEqual({ fromMs: start - 50, toMs: start + 4000 })
  expect(wholeSpan({ startedAt: iso(start), endedAt: null }, [])).toEqual({ fromMs: start, toMs: start + 1 })
})

test('bars stay inside of the picture; what lies outside has none', () => {
  const span = { fromMs: 0, toMs: 100 }
  expect(barOf(span, 25, 75)).toEqual({ left: 0.25, width: 0.5 })
  expect(barOf(span, -50, 50)).toEqual({ left: 0, width: 0.5 })
  expect(barOf(span, 90, 200)?.width).toBeCloseTo(0.1)
  expect(barOf(span, 40, 20)).toEqual({ left: 0.4, width: 0 })
  expect(barOf(span, 101, 120)).toBeNull()
  expect(barOf(span, -20, -10)).toBeNull()
})

test('zooming shows the step with a little around it, never more than the whole', () => {
  expect(zoomTo({ fromMs: 0, toMs: 1000 }, 100, 200)).toEqual({ fromMs: 90, toMs: 210 })
  expect(zoomTo({ fromMs: 0, toMs: 1000 }, 0, 1000)).toEqual({ fromMs: 0, toMs: 1000 })
  expect(zoomTo({ fromMs: 0, toMs: 1000 }, 500, 500)).toEqual({ fromMs: 499, toMs: 502 })
})

test.each([
  [{ fromMs: 0, toMs: 21_900 }, [0, 5000, 10_000, 15_000, 20_000]],
  [{ fromMs: 0, toMs: 754_000 }, [0, 300_000, 600_000]],
  [{ fromMs: 0, toMs: 5 }, [0, 1, 2, 3, 4, 5]],
  [{ fromMs: 3 * 86_400_000, toMs: 20 * 86_400_000 }, [3, 6, 9, 12, 15, 18].map((day) => day * 86_400_000)],
])('ticks of %j are round', (span, ticks) => {
  expect(ticksOf(span, 0, 6)).toEqual(ticks)
})

test('there are never more ticks than fit, and all lie inside', () => {
  fc.assert(
    fc.property(fc.nat(1e9), fc.integer({ min: 1, max: 1e9 }), (fromMs, length) => {
      const ticks = ticksOf({ fromMs, toMs: fromMs + length }, 0, 6)
      return ticks.length <= 7 && ticks.every((tick) => tick >= fromMs && tick <= fromMs + length)
    }),
  )
})
