import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineOfPointer } from './pointer-lines.ts'

const text = JSON.stringify({ inputs: true, steps: [{ name: 'a "b"', 'x/y~': [1, [], {}] }, null] }, null, 2)

test.each([
  ['', 1],
  ['/inputs', 2],
  ['/steps', 3],
  ['/steps/0', 4],
  ['/steps/0/name', 5],
  ['/steps/0/x~1y~0/1', 8],
  ['/steps/0/kind', 4],
  ['/steps/7/kind', 3],
  ['/steps/1', 12],
])('the line of %s', (pointer, line) => {
  expect(lineOfPointer(text, pointer)).toBe(line)
})

test('what is no JSON has no lines', () => {
  expect(lineOfPointer('{', '/a')).toBeNull()
})

test('any JSON is read to its end, however it is written', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 2), (written, indent) => {
      expect(lineOfPointer(JSON.stringify(JSON.parse(written), null, indent), '/none')).toBe(1)
    }),
  )
})
