import { expect, test } from 'vitest'
import { chooseFallback, compareDependencies, type Macro, playbooksSlice } from './index.ts'

test('PY1, PY3: through the door, a stricter dependency breaks those who write to it and nobody who reads', () => {
  const before = { range: '^1.2.0', schema: { type: 'object', properties: { id: { type: 'string' } } } }
  const after = { range: '^1.4.0', schema: { ...before.schema, required: ['id'] } }
  const difference = compareDependencies(before, after)
  expect(difference.changes.map(({ path, kind }) => [path, kind])).toEqual([
    ['/range', 'narrowed'],
    ['/schema/required', 'narrowed'],
  ])
  expect([difference.reading.verdict, difference.writing.verdict]).toEqual(['compatible', 'incompatible'])
  expect(playbooksSlice).toMatchObject({ name: 'playbooks', floor: 'act' })
})

test('PY4: through the door, a blocked macro gives way to its fallback', () => {
  const healthy: Macro = { blocked: false, successRate: 1, latencyP95Ms: 40, fallbacks: [] }
  const macros = new Map([
    ['restart', { ...healthy, blocked: true, fallbacks: ['drain'] }],
    ['drain', healthy],
  ])
  const thresholds = { successRateMin: 0.95, latencyP95MsMax: 500 }
  expect(chooseFallback({ macros, primary: 'restart', thresholds, left: [] })).toMatchObject({ macro: 'drain' })
})
