import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addMs, instantFromEpochMs } from '../../../kernel/instant.ts'
import {
  addCounts,
  type DeletionProgress,
  decideNext,
  digestedText,
  heldDaysOf,
  lookEveryMs,
  untold,
  watchAfter,
  watchedMs,
  weighDeletion,
  weighHold,
} from './model.ts'

const now = instantFromEpochMs(Date.parse('2026-03-01T12:00:00Z'))
const fresh: DeletionProgress = {
  state: 'finding',
  nextDay: null,
  open: 0,
  held: 0,
  isOnLegalHold: false,
  completedAt: null,
  watchedUntil: null,
  nextLookAt: null,
}
const watched = { completedAt: now, watchedUntil: addMs(now, watchedMs), nextLookAt: addMs(now, lookEveryMs) }

test.each<[string, Partial<DeletionProgress>, number, string]>([
  ['finding with a day left', { nextDay: '2026-02-01', open: 3 }, 0, 'search'],
  ['finding with runs left', { open: 3 }, 0, 'erase'],
  ['finding with nothing left', {}, 0, 'complete'],
  ['erasing with runs left', { state: 'erasing', open: 1 }, 0, 'erase'],
  ['erasing with nothing left', { state: 'erasing' }, 0, 'complete'],
  ['erasing with runs that a hold keeps', { state: 'erasing', held: 2 }, 0, 'rest'],
  ['erasing with runs left beside those that a hold keeps', { state: 'erasing', open: 1, held: 2 }, 0, 'erase'],
  ['of a person on hold', { state: 'erasing', open: 1, isOnLegalHold: true }, 0, 'rest'],
  ['done before a look is due', { state: 'done', ...watched }, lookEveryMs - 1, 'rest'],
  ['done when a look is due', { state: 'done', ...watched }, lookEveryMs, 'look-again'],
  ['done at the end of the watch', { state: 'done', ...watched }, watchedMs, 'close'],
  ['closed', { state: 'closed', ...watched }, watchedMs * 2, 'rest'],
])('PV4, PV11: a request that is %s is told what is next', (_, change, laterMs, step) => {
  const next = decideNext({ ...fresh, ...change }, addMs(now, laterMs))
  expect(next.step).toBe(step)
  expect(next.because.text).not.toBe('')
})

test('PV4: whatever a step leaves behind, a request ends: each does one thing less', () => {
  fc.assert(
    fc.property(fc.nat(20), fc.nat(20), (days, runs) => {
      let [nextDay, open, steps] = [days, runs, 0]
      let state: DeletionProgress['state'] = 'finding'
      for (;;) {
        const { step } = decideNext({ ...fresh, state, nextDay: nextDay > 0 ? `day ${nextDay}` : null, open }, now)
        steps += 1
        if (step === 'search') nextDay -= 1
        else if (step === 'erase') [open, state] = [open - 1, 'erasing']
        else break
      }
      expect(steps).toBe(days + runs + 1)
    }),
  )
})

test('PV5: the watch ends 30 days after the first completion, however often it was looked again', () => {
  const first = watchAfter({ watchedUntil: null }, now)
  expect(first).toEqual({ watchedUntil: addMs(now, watchedMs), nextLookAt: addMs(now, lookEveryMs) })
  const late = watchAfter(first, addMs(now, watchedMs - 1))
  expect(late).toEqual({ watchedUntil: first.watchedUntil, nextLookAt: first.watchedUntil })
})

test('PV7: the digest is over kind, name and value with a salt, in one spelling', () => {
  expect(digestedText({ kind: 'user', value: 'u-7' }, 's')).toBe('{"key":null,"kind":"user","salt":"s","value":"u-7"}')
})

test('PV4: an event tells what no event told before, and a second look that finds nothing tells nothing', () => {
  const figures = { executions: 2, tokens: 1, counts: { a: 3, b: 0 } }
  expect(untold(figures, null)).toEqual({ executions: 2, tokens: 1, counts: { a: 3 } })
  expect(untold({ executions: 0, tokens: 0, counts: {} }, null)).toEqual({ executions: 0, tokens: 0, counts: {} })
  expect(untold(figures, figures)).toBe(null)
  expect(untold({ ...figures, counts: { a: 4, b: 0 } }, figures)).toEqual({
    executions: 0,
    tokens: 0,
    counts: { a: 1 },
  })
  expect(addCounts({ a: 1 }, { a: 2, b: 1 })).toEqual({ a: 3, b: 1 })
})

test('PV3: a deletion is of HIGH impact, whoever it is about', () => {
  expect(weighDeletion()).toMatchObject({ impact: 'HIGH', because: { rule: 'erases-for-ever' } })
})

test('PV11: a hold’s end is not in it, so that a hold up to midnight keeps no day more', () => {
  const at = (text: string) => instantFromEpochMs(Date.parse(text))
  expect(heldDaysOf({ from: at('2026-01-05T10:00:00Z'), to: at('2026-01-07T00:00:00Z') })).toEqual({
    from: '2026-01-05',
    to: '2026-01-06',
  })
  expect(heldDaysOf({ from: null, to: null })).toEqual({ from: null, to: null })
  expect([weighHold('place').impact, weighHold('lift').impact]).toEqual(['LOW', 'HIGH'])
})
