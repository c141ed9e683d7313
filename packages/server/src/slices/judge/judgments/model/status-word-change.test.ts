import type { StatusWord } from '@metaagent/contract'
import { describe, expect, test } from 'vitest'
import { faultInWords, tidyWords, weighWords } from './status-word-change.ts'

const word = (text: string, meaning: StatusWord['meaning']): StatusWord => ({ word: text, meaning })

describe('weighWords', () => {
  test.each([
    ['a word would pass that was refused', [], [word('green', 'pass')], 'HIGH', 'word-would-pass'],
    ['a shipped word would pass', [], [word('partial', 'pass')], 'HIGH', 'word-would-pass'],
    ['a shipped word would pass no more', [], [word('ok', 'abstain')], 'MODERATE', 'word-means-otherwise'],
    ['a word is taken away', [word('red', 'fail')], [], 'MODERATE', 'word-means-otherwise'],
    ['words are added that pass nothing', [], [word('red', 'fail'), word('grey', 'abstain')], 'LOW', 'words-added'],
    ['a shipped word passes again', [word('ok', 'fail')], [], 'HIGH', 'word-would-pass'],
  ] as const)('JU13: %s', (_, from, to, impact, rule) => {
    expect(weighWords(from, to)).toMatchObject({ impact, because: { rule } })
  })

  test('says which words mean something else', () => {
    expect(weighWords([word('red', 'fail')], [word('Red', 'fail'), word('partial', 'fail')])?.shifts).toEqual([
      { word: 'partial', from: 'abstain', to: 'fail' },
    ])
  })

  test('names ten words and counts the rest', () => {
    const many = Array.from({ length: 12 }, (_, index) => word(`word ${index}`, 'fail'))
    expect(weighWords([], many)?.because).toMatchObject({ observed: 12, text: expect.stringContaining('and 2 more.') })
  })

  test.each([
    [[], []],
    [[], [word('PASSED', 'pass')]],
  ])('what changes no meaning is no change', (from, to) => {
    expect(weighWords(from, to)).toBeNull()
  })
})

test('a word twice, in whatever spelling, and a word of marks alone are told with their place', () => {
  expect(faultInWords([word('a', 'pass'), word('"A"', 'fail')])).toMatchObject({ path: '/words/1/word' })
  expect(faultInWords([word('***', 'pass')])).toMatchObject({ path: '/words/0/word' })
  expect(faultInWords([word('a', 'pass'), word('b', 'fail')])).toBeNull()
})

test('words are kept in one spelling, sorted', () => {
  expect(tidyWords([word('Not_Good', 'fail'), word('GOOD!', 'pass')])).toEqual([
    word('good', 'pass'),
    word('not good', 'fail'),
  ])
})
