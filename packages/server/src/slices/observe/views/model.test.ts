import { ViewPage } from '@metaagent/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decideChange, filterFault, refusalFor, type View } from './model.ts'

const view: View = {
  viewId: '01900000-0000-7000-8000-000000000001',
  page: 'executions',
  owner: { kind: 'user', id: 'u1' },
  name: 'Failures',
  shared: false,
  filters: { status: 'failure' },
  version: 3,
}
const owner = { owns: true, managesPeople: false }

test.each([
  ['executions', { status: 'failure', flagged: 'true', from: '2026-01-05T00:00:00Z' }],
  ['executions', { 'attribute.customer': '42', q: 'refund' }],
  ['executions', {}],
  ['sessions', { environment: 'production' }],
  ['agents', { q: 'care', archived: 'false' }],
  ['alerts', { state: 'active', severity: 'critical' }],
] as const)('V1: %s takes %j', (page, filters) => {
  expect(filterFault(page, filters)).toBe(null)
})

test.each([
  ['executions', { stauts: 'failure' }, /stauts: no filter of executions\. It takes q, agentId.*attribute\.KEY/],
  ['executions', { status: 'broken' }, /^status: /],
  ['executions', { agentId: 'x' }, /^agentId: /],
  ['executions', { cursor: 'x' }, /cursor: no filter/],
  ['executions', { 'attribute.': 'x' }, /no filter/],
  ['sessions', { 'attribute.customer': '42' }, /attribute\.customer: no filter of sessions/],
  ['sessions', { __proto__x: '1', constructor: '2' }, /constructor/],
  ['executions', Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`attribute.k${n}`, 'v'])), /At most 5/],
] as const)('V1: %s refuses %j and says why', (page, filters, fault) => {
  expect(filterFault(page, filters)).toMatch(fault)
})

test('V1: whatever is asked, a fault is a sentence and never an exception', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ViewPage.options), fc.dictionary(fc.string(), fc.string()), (page, filters) => {
      const fault = filterFault(page, filters)
      return fault === null || fault.length > 5
    }),
  )
})

test.each([
  [{ owns: true, managesPeople: false }, true],
  [{ owns: false, managesPeople: true }, true],
  [{ owns: false, managesPeople: false }, false],
])('V3: %j may change it: %j', (asker, may) => {
  expect(refusalFor(asker) === null).toBe(may)
  expect(decideChange(view, { name: 'x' }, asker).kind).toBe(may ? 'change' : 'refuse')
})

test('V5: the version rises with the filters alone, and an older one changes no filters', () => {
  const filters = { status: 'success' }
  expect(decideChange(view, { filters, version: 3 }, owner)).toMatchObject({ kind: 'change', view: { version: 4 } })
  expect(decideChange(view, { name: 'All', shared: true }, owner)).toMatchObject({
    kind: 'change',
    view: { name: 'All', shared: true, version: 3 },
  })
  expect(decideChange(view, { filters, version: 2 }, owner)).toMatchObject({
    kind: 'refuse',
    code: 'precondition-failed',
    because: { observed: 2, limit: 3 },
  })
  expect(decideChange(view, { filters }, owner)).toMatchObject({ kind: 'refuse', because: { observed: null } })
})

test('V6: what is as asked already stays', () => {
  expect(decideChange(view, { filters: { status: 'failure' }, name: 'Failures', shared: false }, owner).kind).toBe(
    'keep',
  )
  expect(decideChange(view, {}, owner).kind).toBe('keep')
})
