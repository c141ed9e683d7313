import type { Alert } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { inboxChange } from './inbox.ts'

const counts = { pending: 0, firing: 1, acknowledged: 0, critical: 0 }
const alert = (alertId: string, state: Alert['state'] = 'firing') => ({ alertId, state }) as unknown as Alert
const picture = (alerts: readonly Alert[], firing = alerts.filter(({ state }) => state === 'firing').length) => ({
  counts: { ...counts, firing },
  alerts,
})

test.each([
  [
    'the same picture is no news',
    picture([alert('a')]),
    picture([alert('a')]),
    { told: [], counts: false, many: false },
  ],
  ['a new alert is told', picture([]), picture([alert('a')]), { told: ['a'], counts: true, many: false }],
  [
    'an alert that ended is told',
    picture([alert('a')]),
    picture([alert('a', 'resolved')]),
    { told: ['a'], counts: true, many: false },
  ],
  [
    'one that fell out of sight asks for a read',
    picture([alert('a')]),
    picture([]),
    { told: [], counts: true, many: true },
  ],
  [
    'an ended one that fell out of sight is nobody’s loss',
    picture([alert('a', 'resolved')]),
    picture([]),
    { told: [], counts: false, many: false },
  ],
  [
    'counts that no alert in sight explains ask for a read',
    picture([alert('a')], 900),
    picture([alert('a')], 901),
    { told: [], counts: true, many: true },
  ],
  [
    'more than can be followed asks for a read',
    picture([]),
    picture(Array.from({ length: 51 }, (_, index) => alert(`a${index}`))),
    { told: [], counts: true, many: true },
  ],
])('AL18: %s', (_, before, after, expected) => {
  const change = inboxChange(before, after)
  expect({
    told: change.alerts.map(({ alertId }) => alertId),
    counts: change.counts !== null,
    many: change.many,
  }).toEqual(expected)
})
