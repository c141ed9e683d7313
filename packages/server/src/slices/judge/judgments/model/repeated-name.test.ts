import fc from 'fast-check'
import { expect, test } from 'vitest'
import { repeatedName } from './repeated-name.ts'

test.each([
  ['{"a": 1, "a": 2}', 'a'],
  ['[{"b": {"c": 1 , "c"\n: 2}}]', 'c'],
  ['{"verdict": "fail", "\\u0076erdict": "pass"}', 'verdict'],
  ['{"__proto__": 1, "__proto__": 2}', '__proto__'],
  ['{"a": "a", "b": "a"}', null],
  ['{"a": {"a": ["a", {"a": "\\"a\\": {"}]}}', null],
  ['[{"a": 1}, {"a": 2}]', null],
  ['"a"', null],
] as const)('%s has %s twice', (json, name) => {
  expect(repeatedName(json)).toBe(name)
})

test('what JSON.stringify writes repeats no name, and a member that is put in once more is found', () => {
  const members = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { minKeys: 1 })
  fc.assert(
    fc.property(members, fc.constantFrom(undefined, 1), (value, indent) => {
      const json = JSON.stringify(value, null, indent)
      const [name = ''] = Object.keys(value)
      expect(repeatedName(json)).toBeNull()
      expect(repeatedName(`{${JSON.stringify(name)}: null, ${json.slice(1)}`)).toBe(name)
    }),
    { numRuns: 500 },
  )
})
