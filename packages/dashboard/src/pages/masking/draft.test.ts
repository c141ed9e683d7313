import { defaultMaskingSettings } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { isSameDraft, linesOf, listOf, piecesOf } from './draft.ts'

test('lists are lines, without blanks and repetition', () => {
  expect(listOf(' a \n\nb\na\n')).toEqual(['a', 'b'])
  expect(linesOf(['a', 'b'])).toBe('a\nb')
})

test('the order of classes is no change, anything else is', () => {
  const { classes } = defaultMaskingSettings
  expect(isSameDraft(defaultMaskingSettings, { ...defaultMaskingSettings, classes: classes.toReversed() })).toBe(true)
  expect(isSameDraft(defaultMaskingSettings, { ...defaultMaskingSettings, classes: classes.slice(1) })).toBe(false)
  expect(isSameDraft(defaultMaskingSettings, { ...defaultMaskingSettings, mode: 'token' })).toBe(false)
})

test('a text is cut at what was found, and nothing of it is lost', () => {
  const text = 'to ada@example.com'
  const pieces = piecesOf(text, [{ start: 3, end: 18, rule: 'email' }])
  expect(pieces).toEqual([
    { text: 'to ', start: 0, rule: null },
    { text: 'ada@example.com', start: 3, rule: 'email' },
  ])
  expect(piecesOf('', [])).toEqual([])
})
