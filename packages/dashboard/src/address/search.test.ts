import fc from 'fast-check'
import { expect, test } from 'vitest'
import { approvalsSearch } from '../pages/approvals/search.ts'
import { fleetSearch } from '../pages/health/search.ts'
import { signInSearch, tokenOf } from '../pages/identity/search.ts'
import { entrySearch, ledgerSearch } from '../pages/ledger/search.ts'
import { agentSearch } from '../pages/registry/search.ts'
import { comparisonsSearch, newComparisonSearch } from '../pages/rollouts/search.ts'
import { executionsSearch, traceSearch } from '../pages/telemetry/search.ts'
import { parseSearch, stringifySearch } from './search.ts'

test('what is written into an address is read back', () => {
  const values = fc.dictionary(
    fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
    fc.string({ minLength: 1, unit: 'grapheme' }),
  )
  fc.assert(
    fc.property(values, (search) => {
      expect(parseSearch(stringifySearch(search))).toEqual({ ...search })
    }),
  )
})

test('the same view always has the same address', () => {
  expect(stringifySearch({ b: 'two', a: '1', c: '' })).toBe('?a=1&b=two')
  expect(stringifySearch({ a: undefined, b: null, n: 3, yes: true, o: {} })).toBe('?n=3&yes=true')
  expect(stringifySearch({})).toBe('')
})

test('an address that was edited wrongly loses what makes no sense and keeps the rest', () => {
  expect(
    executionsSearch({ status: 'exploded', flagged: 'true', agentId: 'x', from: 'yesterday', unit: ' a ' }),
  ).toEqual({ flagged: 'true', unit: 'a' })
  expect(fleetSearch({ window: '3y', q: 'care', state: 'failing', sort: 'size', desc: 'true', domain: 7 })).toEqual({
    q: 'care',
    state: 'failing',
    desc: 'true',
  })
  expect(agentSearch({ window: '7d', release: '' })).toEqual({ window: '7d' })
  expect(newComparisonSearch({ policy: 'guarded', pairing: 'maybe', control: 'a' })).toEqual({
    policy: 'guarded',
    control: 'a',
  })
  expect(comparisonsSearch({})).toEqual({})
  expect(ledgerSearch({ type: 'rollouts.*', subject: '  ' })).toEqual({ type: 'rollouts.*' })
  expect(entrySearch({ verify: 'perhaps' })).toEqual({})
  expect(approvalsSearch({ state: 'lost' })).toEqual({})
  expect(approvalsSearch({ state: 'rejected' })).toEqual({ state: 'rejected' })
  expect(traceSearch({ action: '00000000000000ab' })).toEqual({ action: '00000000000000ab' })
  expect(traceSearch({ action: 'DROP TABLE' })).toEqual({})
})

test('times in an address are brought to one form', () => {
  expect(executionsSearch({ from: '2026-11-21T10:00+01:00' })).toEqual({ from: '2026-11-21T09:00:00.000Z' })
})

test.each(['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '/ok\n//evil', 7])(
  'after signing in nobody is sent to %s',
  (next) => {
    expect(signInSearch({ next })).toEqual({})
  },
)

test('after signing in one comes back to the page one wanted', () => {
  expect(signInSearch({ next: '/executions?flagged=true' })).toEqual({ next: '/executions?flagged=true' })
})

test('the token of a one-time link stands after the hash', () => {
  expect(tokenOf('#token=abc')).toBe('abc')
  expect(tokenOf('')).toBeNull()
})
