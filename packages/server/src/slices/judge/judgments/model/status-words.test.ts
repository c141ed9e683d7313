import fc from 'fast-check'
import { expect, test } from 'vitest'
import { meaningOf, normalisedWord, shippedStatusWords, withStatusWords } from './status-words.ts'

test.each([
  ['satisfied', 'pass'],
  ['satisfactory', 'pass'],
  ['compliant', 'pass'],
  ['correct', 'pass'],
  ['pass', 'pass'],
  ['success', 'pass'],
  ['unsatisfactory', 'fail'],
  ['unsatisfied', 'fail'],
  ['failure', 'fail'],
  ['fail', 'fail'],
  ['unknown', 'abstain'],
  ['partially satisfied', 'abstain'],
] as const)('the spelling %s of real judges is a %s', (word, meaning) => {
  expect(meaningOf(word, shippedStatusWords)).toBe(meaning)
})

test.each([' PASS ', '"pass"', '**Pass**', 'pass.', 'Pass'])(
  'case, space and marks around a word change nothing: %s',
  (word) => {
    expect(meaningOf(word, shippedStatusWords)).toBe('pass')
  },
)

test.each(['partially_satisfied', 'Partially-Satisfied', 'partially  satisfied'])(
  'nor does how it is joined: %s',
  (word) => {
    expect(meaningOf(word, shippedStatusWords)).toBe('abstain')
  },
)

test.each(['', 'mostly satisfied', 'not pass', 'passable', 'constructor', '__proto__', 'pass fail'])(
  'an unlisted word is refused and never guessed: %s',
  (word) => {
    expect(meaningOf(word, shippedStatusWords)).toBeNull()
  },
)

test('reviewers add words and may give a shipped one another meaning; the shipped table stays', () => {
  const words = withStatusWords(shippedStatusWords, [
    { word: 'Mostly-Satisfied', meaning: 'pass' },
    { word: 'skipped', meaning: 'fail' },
  ])
  expect(meaningOf('mostly satisfied', words)).toBe('pass')
  expect(meaningOf('skipped', words)).toBe('fail')
  expect(meaningOf('skipped', shippedStatusWords)).toBe('abstain')
})

test('a normalised word is its own normal form, and every shipped word is in it', () => {
  fc.assert(fc.property(fc.string(), (word) => normalisedWord(normalisedWord(word)) === normalisedWord(word)))
  for (const word of shippedStatusWords.keys()) expect(normalisedWord(word)).toBe(word)
})
