import { expect, test } from 'vitest'
import { compareDependencies } from './compare.ts'

test('PY1, PY3: with ranges as npm reads them, a stricter dependency breaks those who write to it and nobody who reads', () => {
  const before = { range: '^1.2.0', schema: { type: 'object', properties: { id: { type: 'string' } } } }
  const after = { range: '^1.4.0', schema: { ...before.schema, required: ['id'] } }
  const difference = compareDependencies(before, after)
  expect(difference.changes.map(({ path, kind }) => [path, kind])).toEqual([
    ['/range', 'narrowed'],
    ['/schema/required', 'narrowed'],
  ])
  expect([difference.reading.verdict, difference.writing.verdict]).toEqual(['compatible', 'incompatible'])
})
