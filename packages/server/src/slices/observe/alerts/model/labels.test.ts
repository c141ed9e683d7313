import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fillTemplate, fingerprintOf, withoutEmpty } from './labels.ts'
import { compileMatchers, matcherFault, matchesEverything } from './matching.ts'

const labels = fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), fc.string({ unit: 'grapheme', maxLength: 12 }))

describe('labels', () => {
  // The first is the offset basis of FNV-1a; for the second, alertmanager.test.ts asks a real Alertmanager.
  test.each([
    [{}, 'cbf29ce484222325'],
    [{ alertname: 'slow', severity: 'critical', agent: 'größe' }, 'c52e9706672d86b5'],
  ])('AL1: the fingerprint of %j is that of Prometheus', (set, expected) => {
    expect(fingerprintOf(set)).toBe(expected)
  })

  test('AL1: the order of labels changes nothing', () => {
    fc.assert(
      fc.property(labels, (set) => {
        const turned = Object.fromEntries(Object.entries(set).reverse())
        expect(fingerprintOf(turned)).toBe(fingerprintOf(set))
      }),
    )
  })

  test('AL1: another value is another fingerprint', () => {
    fc.assert(
      fc.property(labels, fc.string(), fc.string(), (set, a, b) => {
        fc.pre(a !== b)
        expect(fingerprintOf({ ...set, x: a })).not.toBe(fingerprintOf({ ...set, x: b }))
      }),
    )
  })

  test('a template fills what is known and says unknown of the rest', () => {
    expect(fillTemplate('{{agent}} at {{ value }} of {{nothing}}', { agent: 'a', value: '3' })).toBe(
      'a at 3 of unknown',
    )
  })

  test('an empty label is a missing one', () => {
    expect(withoutEmpty({ a: '', b: 'x' })).toEqual({ b: 'x' })
  })
})

describe('matchers', () => {
  const fits = (operator: '=' | '!=' | '=~' | '!~', value: string, set: Record<string, string>) =>
    compileMatchers([{ name: 'a', operator, value }])(set)

  test.each([
    ['=', 'x', { a: 'x' }, true],
    ['=', '', {}, true],
    ['!=', 'x', {}, true],
    ['=~', 'x|y', { a: 'y' }, true],
    ['=~', 'x', { a: 'xx' }, false],
    ['=~', 'x.*', {}, false],
    ['!~', 'x.*', {}, true],
    ['!~', '.*', { a: 'x' }, false],
  ] as const)(
    'a %s %j on %j is %s: patterns are anchored, a missing label is empty',
    (operator, value, set, expected) => {
      expect(fits(operator, value, set)).toBe(expected)
    },
  )

  test('a pattern that would make JavaScript backtrack for ever is answered within this test’s time', {
    timeout: 1_000,
  }, () => {
    expect(fits('=~', '(a+)+b', { a: 'a'.repeat(500) })).toBe(false)
  })

  test('what is no pattern is told, and what fits everything is seen', () => {
    expect(matcherFault([{ name: 'a', operator: '=~', value: '(' }])).toContain('no RE2 pattern')
    expect(matcherFault([{ name: 'a', operator: '=', value: '(' }])).toBeNull()
    expect(matchesEverything([{ name: 'a', operator: '=~', value: '.*' }])).toBe(true)
    expect(matchesEverything([{ name: 'a', operator: '=', value: 'x' }])).toBe(false)
  })
})
