import { expect, test } from 'vitest'
import { filledAsFarAsKnown, filledValue } from './template.ts'

const scope = {
  executionId: 'e1',
  inputs: { at: 7, who: { name: 'Ada' }, none: null },
  outputs: { look: { ids: [1, 2] } },
}

test.each([
  ['a text that is one placeholder becomes the value', '{{inputs.at}}', 7],
  ['with others it is written out', 'at {{inputs.at}} by {{inputs.who}}', 'at 7 by {"name":"Ada"}'],
  [
    'in lists and objects',
    { a: ['{{ steps.look.ids }}', true], b: '{{execution.id}}' },
    { a: [[1, 2], true], b: 'e1' },
  ],
  ['what is absent leaves nothing', { a: '{{inputs.gone}}' }, null],
  ['what is null is absent', 'x{{inputs.none}}', null],
] as const)('a value is filled in: %s', (_, value, expected) => {
  expect(filledValue(value as never, scope)).toEqual(expected)
})

test('as far as is known, what is absent stays as it is written', () => {
  const written = { a: '{{steps.later.id}}', b: '{{inputs.at}}', c: 'x {{steps.later.id}} {{inputs.at}}', d: 1 }
  expect(filledAsFarAsKnown(written, scope)).toEqual({ ...written, b: 7 })
})
