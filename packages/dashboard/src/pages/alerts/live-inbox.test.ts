import type { Alert } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { alertOf } from '../../testing/alerts.ts'
import { uuid } from '../../testing/random.ts'
import { applyAlert, fits, type InboxPages } from './live-inbox.ts'

const now = Date.now()
const counts = { pending: 0, firing: 1, acknowledged: 0 }
const alert = (age: number, change: Partial<Alert> = {}) =>
  ({ ...alertOf(now), alertId: uuid(900 - age), ...change }) as Alert
const pagesOf = (items: readonly Alert[], nextCursor: string | null = null): InboxPages => ({
  pages: [{ items: [...items], nextCursor, counts }],
  pageParams: [null],
})
const idsOf = ({ pages }: InboxPages) => pages.flatMap(({ items }) => items.map(({ alertId }) => alertId))
const active = { state: 'active' }

test('a list holds what its filters let through', () => {
  const one = alert(0)
  expect(fits(one, {})).toBe(true)
  expect(fits(one, active)).toBe(true)
  expect(fits({ ...one, state: 'resolved' }, active)).toBe(false)
  expect(fits({ ...one, state: 'resolved' }, { state: 'resolved' })).toBe(true)
  expect(fits(one, { severity: 'warning' })).toBe(false)
  expect(fits(one, { agent: 'claims-intake' })).toBe(true)
  expect(fits(one, { agent: 'another' })).toBe(false)
  expect(fits(one, { fingerprint: 'other' })).toBe(false)
})

test('a new alert comes to its place by age, a changed one stays where it is', () => {
  const list = pagesOf([alert(1), alert(3)])
  expect(idsOf(applyAlert(list, alert(0), active))).toEqual([0, 1, 3].map((age) => alert(age).alertId))
  expect(idsOf(applyAlert(list, alert(2), active))).toEqual([1, 2, 3].map((age) => alert(age).alertId))
  expect(idsOf(applyAlert(list, alert(9), active))).toEqual([1, 3, 9].map((age) => alert(age).alertId))
  const changed = applyAlert(list, alert(1, { comment: 'mine' }), active)
  expect(changed.pages[0]?.items.map(({ comment }) => comment)).toEqual(['mine', null])
})

test('what fits no more is gone, and what lies beyond the pages that were read waits for them', () => {
  const list = pagesOf([alert(1), alert(3)], 'more')
  expect(idsOf(applyAlert(list, alert(1, { state: 'resolved' }), active))).toEqual([alert(3).alertId])
  expect(applyAlert(list, alert(9), active)).toBe(list)
  expect(idsOf(applyAlert(list, alert(0, { state: 'resolved' }), active))).toEqual(idsOf(list))
  expect(idsOf(applyAlert({ pages: [], pageParams: [] }, alert(0), active))).toEqual([])
})
