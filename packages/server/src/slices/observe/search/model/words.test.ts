import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyOf, refOf } from './ids.ts'
import { planWords } from './plan.ts'
import { addPlaces, blockSize, buildBlocks, encodePlaces, noPlaces, segmentSize } from './postings.ts'
import { asksForOrder, holdsInTexts, readWordsQuery } from './words-query.ts'

const phrase = (words: readonly string[], more: object = {}) => ({ words, prefix: false, negated: false, ...more })

describe('a question for words', () => {
  test.each([
    ['where Refund', [[phrase(['where'])], [phrase(['refund'])]]],
    ['refund or parcel', [[phrase(['refund']), phrase(['parcel'])]]],
    ['a OR b or c d', [[phrase(['a']), phrase(['b']), phrase(['c'])], [phrase(['d'])]]],
    ['or else', [[phrase(['or'])], [phrase(['else'])]]],
    ['"zephyr express"', [[phrase(['zephyr', 'express'])]]],
    ['"never closed', [[phrase(['never', 'closed'])]]],
    ['where -refund', [[phrase(['where'])], [phrase(['refund'], { negated: true })]]],
    ['-"not this"', [[phrase(['not', 'this'], { negated: true })]]],
    ['invoic*', [[phrase(['invoic'], { prefix: true })]]],
    ['gpt-4.1', [[phrase(['gpt', '4', '1'])]]],
    ['a ... b', [[phrase(['a'])], [phrase(['b'])]]],
  ])('%s', (q, clauses) => {
    expect(readWordsQuery(q)).toEqual({ ok: true, value: clauses })
  })

  test.each([
    ['...', 'no word'],
    ['0a1b2c3d4e5f60718293', 'are not indexed'],
    ['i*', 'too short'],
    [Array.from({ length: 21 }, (_, index) => `w${index}`).join(' '), 'more than 20'],
  ])('%s is refused: %s', (q, reason) => {
    expect(readWordsQuery(q)).toMatchObject({
      ok: false,
      refusal: { code: 'invalid-query', detail: expect.stringContaining(reason) },
    })
  })

  test('any text is read or refused, and what is read holds words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (q) => {
        const read = readWordsQuery(q)
        if (read.ok) expect(read.value.flat().every(({ words }) => words.length > 0)).toBe(true)
      }),
    )
  })

  test.each([
    ['"b c"', true],
    ['"c b"', false],
    ['"b d"', false],
    ['b d', true],
    ['-"c b" a', true],
    ['-"b c" a', false],
    ['"a be*"', false],
    ['"b c*"', true],
    ['"c d"', false],
    ['x or d', true],
  ])('%s holds in two texts, “a b cd c” without “b c” across them: %s', (q, holds) => {
    const read = readWordsQuery(q)
    const texts = q.startsWith('"c d"') ? [['a', 'b', 'c'], ['d']] : [['a', 'b', 'c', 'cc'], ['d']]
    expect(read.ok && holdsInTexts(read.value, texts)).toBe(holds)
    expect(read.ok && asksForOrder(read.value)).toBe(q.includes('"'))
  })
})

describe('a segment', () => {
  const somePlaces = fc.uniqueArray(fc.integer({ min: 0, max: segmentSize - 1 }), { maxLength: segmentSize })

  test('S1: places are read as they were written, few or many', () => {
    fc.assert(
      fc.property(somePlaces, (places) => {
        const read = noPlaces()
        addPlaces(encodePlaces(places), read)
        expect([...read].flatMap((bit, place) => (bit === 1 ? [place] : []))).toEqual(places.toSorted((a, b) => a - b))
      }),
    )
  })

  test('S1: every word of every execution stands in one block, with its places, in order', () => {
    const word = fc.stringMatching(/^[a-zäß0-9]{1,8}$/)
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(word, { maxLength: 200 }), { minLength: 1, maxLength: 20 }), (executions) => {
        const blocks = buildBlocks(executions.map((words) => ` ${words.join(' ')} `))
        const listed = blocks.flatMap(({ words, places, firstWord }) => {
          const here = words.split(' ')
          expect(here[0]).toBe(firstWord)
          expect(here.length).toBeLessThanOrEqual(blockSize)
          return here.map((one, index) => [one, places.split(' ')[index] ?? ''] as const)
        })
        expect(listed.map(([one]) => one)).toEqual([...new Set(executions.flat())].sort())
        for (const [one, places] of listed) {
          const read = noPlaces()
          addPlaces(places, read)
          executions.forEach((words, place) => expect(read[place] === 1).toBe(words.includes(one)))
        }
      }),
    )
  })

  test('an execution’s key is read as it was written', () => {
    const ref = { startedOn: '2026-11-21', executionId: '0123456789abcdef0123456789abcdef' }
    expect(refOf(keyOf(ref))).toEqual(ref)
  })
})

test.each([
  [{ candidates: 3, searched: 1_000_000, limit: 50 }, 'by-candidates', 'rare-words', 7_071],
  [{ candidates: 7_072, searched: 1_000_000, limit: 50 }, 'walk', 'frequent-words', 7_071],
  [{ candidates: 900, searched: 1_000, limit: 50 }, 'by-candidates', 'rare-words', 1_000],
  [{ candidates: null, searched: 1_000, limit: 50 }, 'walk', 'no-word-narrows', 1_000],
])('S2: %j is answered by %s', (asked, kind, rule, limit) => {
  expect(planWords(asked)).toMatchObject({ kind, because: { rule, observed: asked.candidates, limit } })
})
