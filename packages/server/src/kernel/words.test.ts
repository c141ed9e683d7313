import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WordSet, wordsOf } from './words.ts'

describe('words of a text', () => {
  test.each([
    ['Where is my REFUND?', ['where', 'is', 'my', 'refund']],
    ['get_reservation_details', ['get', 'reservation', 'details']],
    ['gpt-4.1', ['gpt', '4', '1']],
    ['Größe, naïve', ['größe', 'naïve']],
    ['{"a":"line\\nnext \\"said\\""}', ['a', 'line', 'next', 'said']],
    ['{\\"a\\":\\"x\\\\ny\\"}', ['a', 'x', 'y']],
    ['caf\\u00e9 b', ['caf', 'b']],
    ['航班 is late', ['航', '班', 'is', 'late']],
    ['R12 ZFA04Y', ['r12', 'zfa04y']],
    ['id 0a1b2c3d-0000-4000-8000-00000000000a end', ['id', 'end']],
    ['deadbeefdeadbeef01 kept', ['kept']],
    ['Donaudampfschifffahrtsgesellschaft', ['donaudampfschifffahrtsgesellschaft']],
    [`${'a'.repeat(41)} b`, ['b']],
    ['', []],
  ])('%s', (text, words) => {
    expect(wordsOf(text)).toEqual(words)
  })
})

test('a set holds each word of its texts once, up to its limit', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.integer({ min: 1, max: 3_000 }), (texts, limit) => {
      const set = new WordSet(limit)
      for (const text of texts) set.add(text)
      expect(set.words).toEqual([...new Set(texts.flatMap(wordsOf))].slice(0, limit))
    }),
  )
  const many = new WordSet(5_000)
  many.add(Array.from({ length: 9_000 }, (_, index) => `w${index % 4_000}`).join(' '))
  expect(many.words.length).toBe(4_000)
})
