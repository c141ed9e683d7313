import fc from 'fast-check'
import { expect, test } from 'vitest'
import { definitionProblems, type MacroDefinition, type Step } from './definition.ts'
import { filled } from './template.ts'

const kinds = new Set(['http', 'restart'])
const retries = { attemptsMax: 3, backoffMs: 100, factor: 2, backoffMaxMs: 1000 }
const step = (name: string, over: Partial<Step> = {}): Step => ({
  name,
  kind: 'http',
  arguments: {},
  timeoutMs: 1000,
  retries,
  idempotencyKey: `{{execution.id}}/${name}`,
  compensation: null,
  ...over,
})
const macro = (...steps: readonly Step[]): MacroDefinition => ({
  inputs: { type: 'object', properties: { agent: { type: 'string' } } },
  timeoutMs: 60_000,
  steps,
})
const undo = { kind: 'restart', arguments: { id: '{{steps.a.id}}' } }

test('PY6: a definition whose references look back has no problem', () => {
  const uses = { 'a/b': ['{{inputs.agent}}', { c: '{{ steps.a.id }}' }] }
  expect(definitionProblems(macro(step('a', { compensation: undo }), step('b', { arguments: uses })), kinds)).toEqual(
    [],
  )
})

test.each<[string, MacroDefinition, string, string]>([
  ['no step', macro(), '/steps', 'no-steps'],
  ['an unknown kind', macro(step('a', { kind: 'ftp' })), '/steps/0/kind', 'unknown-kind'],
  ['a name used twice', macro(step('a'), step('a', { idempotencyKey: 'b' })), '/steps/1/name', 'duplicate-name'],
  ['a name with a dot', macro(step('a.b')), '/steps/0/name', 'name-unwritable'],
  [
    'a reference ahead',
    macro(step('a', { arguments: { 'x/y': ['{{steps.b.id}}'] } }), step('b')),
    '/steps/0/arguments/x~1y/0',
    'reference-not-before',
  ],
  [
    'a reference to itself',
    macro(step('a', { idempotencyKey: '{{steps.a.id}}' })),
    '/steps/0/idempotencyKey',
    'reference-not-before',
  ],
  [
    'a reference to nobody',
    macro(step('a', { arguments: { x: '{{steps.z.id}}' } })),
    '/steps/0/arguments/x',
    'reference-unknown',
  ],
  [
    'a reference to nothing',
    macro(step('a', { arguments: { x: '{{secrets}}' } })),
    '/steps/0/arguments/x',
    'reference-unknown',
  ],
  [
    'an input that is not declared',
    macro(step('a', { arguments: { x: '{{inputs.b}}' } })),
    '/steps/0/arguments/x',
    'input-unknown',
  ],
  ['no time', macro(step('a', { timeoutMs: 0 })), '/steps/0/timeoutMs', 'out-of-range'],
  [
    'half an attempt',
    macro(step('a', { retries: { ...retries, attemptsMax: 1.5 } })),
    '/steps/0/retries/attemptsMax',
    'out-of-range',
  ],
  ['no key', macro(step('a', { idempotencyKey: ' ' })), '/steps/0/idempotencyKey', 'idempotency-key-empty'],
  [
    'a key of two steps',
    macro(step('a'), step('b', { idempotencyKey: '{{execution.id}}/a' })),
    '/steps/1/idempotencyKey',
    'idempotency-key-shared',
  ],
  [
    'a last step that nobody undoes',
    macro(step('a', { compensation: undo })),
    '/steps/0/compensation',
    'compensation-unreachable',
  ],
  [
    'an unknown kind of undoing',
    macro(step('a', { compensation: { kind: 'ftp', arguments: {} } }), step('b')),
    '/steps/0/compensation/kind',
    'unknown-kind',
  ],
])('PY6: %s is a problem, told with its path', (_, definition, path, rule) => {
  expect(definitionProblems(definition, kinds)).toMatchObject([{ path, because: { rule } }])
})

test('PY6: a template is filled whole or not at all, and what is filled in is no template', () => {
  const scope = { executionId: 'e1', inputs: { a: { b: 2 } }, outputs: { s: '{{execution.id}}' } }
  expect(filled('{{execution.id}}:{{inputs.a}}:{{steps.s}}', scope)).toBe('e1:{"b":2}:{{execution.id}}')
  expect(filled('{{inputs.a.c}}', scope)).toBeNull()
  expect(filled('{{inputs.constructor}}', scope)).toBeNull()
  fc.assert(
    fc.property(fc.string(), (id) => {
      expect(filled('{{execution.id}}', { ...scope, executionId: id })).toBe(id)
    }),
  )
})
