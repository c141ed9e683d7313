import { expect, test } from 'vitest'
import type { ExecutionState, Run } from './execution/state.ts'
import { startedExecution } from './execution/state.ts'
import { becauseOf, stepState, stepsUndone } from './progress.ts'

const fresh = startedExecution({ executionId: 'e', inputs: {}, startedAtMs: 0 })
const run = (change: Partial<Run> = {}): Run => ({
  attempts: 1,
  idempotencyKey: 'k',
  deadlineAtMs: 10,
  succeeded: false,
  failure: null,
  ...change,
})
const failure = { atMs: 5, retryable: true }
const back = { rule: 'cancelled', observed: null, limit: null, step: null } as const
const step = { name: 'a', hasCompensation: true }

test.each<readonly [string, Partial<ExecutionState>, boolean, string]>([
  ['nothing has happened', {}, false, 'waiting'],
  ['it turned back before', { turnedBack: back }, false, 'skipped'],
  ['it ended before', {}, true, 'skipped'],
  ['it is in flight', { steps: { a: run() } }, false, 'running'],
  ['nobody answered until the end', { steps: { a: run() } }, true, 'failed'],
  ['it failed', { steps: { a: run({ failure }) } }, false, 'failed'],
  ['it succeeded', { steps: { a: run({ succeeded: true }) } }, true, 'succeeded'],
  [
    'it is undone',
    { steps: { a: run({ succeeded: true }) }, compensations: { a: run({ succeeded: true }) } },
    true,
    'undone',
  ],
  ['undoing is under way', { steps: { a: run({ succeeded: true }) }, compensations: { a: run() } }, false, 'succeeded'],
  [
    'undoing failed',
    { steps: { a: run({ succeeded: true }) }, compensations: { a: run({ failure }) } },
    true,
    'not-undone',
  ],
])('a step stands where its events put it: %s', (_, change, ended, expected) => {
  expect(stepState({ ...fresh, ...change }, step, ended)).toBe(expected)
})

test('every rule has a sentence, and what was undone is counted', () => {
  const rules = [
    'next-step',
    'retry',
    'backoff',
    'in-flight',
    'all-succeeded',
    'attempts-exhausted',
    'not-retryable',
  ] as const
  for (const rule of [
    ...rules,
    'macro-timeout',
    'cancelled',
    'key-unresolved',
    'compensated',
    'compensation-failed',
  ] as const)
    expect(becauseOf({ rule, observed: 1, limit: 2, step: 'a' }).text).toMatch(/\.$/)
  expect(becauseOf({ rule: 'attempts-exhausted', observed: 2, limit: 2, step: null }).text).toContain('2 attempts')
  expect(stepsUndone({ ...fresh, compensations: { a: run({ succeeded: true }), b: run() } })).toBe(1)
})
