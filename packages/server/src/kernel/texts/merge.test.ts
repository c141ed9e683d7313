import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeTexts } from './merge.ts'

const line = fc.constantFrom('a', 'b', 'c', '')
const text = fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n'))

test('changes of different places are merged, with the ends of lines as they were', () => {
  expect(mergeTexts('a\r\nb\r\nc', 'A\r\nb\r\nc', 'a\r\nb\r\nC')).toEqual({ kind: 'merged', text: 'A\r\nb\r\nC' })
})

test('a place that both changed is told with what stood there and what each made of it', () => {
  expect(mergeTexts('a\nb\nc\nd\ne\n', 'a\nX\nc\nd\nE\n', 'a\nY\nZ\nc\nd\ne\n')).toEqual({
    kind: 'conflicting',
    hunks: [{ baseLine: 2, base: ['b'], ours: ['X'], theirs: ['Y', 'Z'] }],
  })
})

test('changes beside each other are one place', () => {
  const merged = mergeTexts('a\nb\nc\n', 'A\nb\nc\n', 'a\nB\nc\n')
  expect(merged).toEqual({
    kind: 'conflicting',
    hunks: [{ baseLine: 1, base: ['a', 'b'], ours: ['A', 'b'], theirs: ['a', 'B'] }],
  })
})

test('texts that share nothing with their base are not merged', () => {
  const many = (word: string) => Array.from({ length: 2_000 }, (_, at) => `${word}${at}`).join('\n')
  expect(mergeTexts(many('a'), many('b'), many('c'))).toEqual({ kind: 'too-different' })
})

test('one who changed nothing and two who agree get what was changed; sides may be swapped', () => {
  fc.assert(
    fc.property(text, text, text, (base, ours, theirs) => {
      expect(mergeTexts(base, ours, base)).toEqual({ kind: 'merged', text: ours })
      expect(mergeTexts(base, base, theirs)).toEqual({ kind: 'merged', text: theirs })
      expect(mergeTexts(base, ours, ours)).toEqual({ kind: 'merged', text: ours })
      const [one, other] = [mergeTexts(base, ours, theirs), mergeTexts(base, theirs, ours)]
      if (one.kind === 'conflicting' && other.kind === 'conflicting')
        expect(other.hunks.map((hunk) => ({ ...hunk, ours: hunk.theirs, theirs: hunk.ours }))).toEqual(one.hunks)
      else expect(other).toEqual(one)
    }),
  )
})

test('every line of a merged text was written by somebody, and no hunk agrees', () => {
  fc.assert(
    fc.property(text, text, text, (base, ours, theirs) => {
      const merged = mergeTexts(base, ours, theirs)
      if (merged.kind === 'conflicting') for (const hunk of merged.hunks) expect(hunk.ours).not.toEqual(hunk.theirs)
      if (merged.kind !== 'merged') return
      const known = new Set([base, ours, theirs].flatMap((one) => one.split('\n')))
      for (const one of merged.text.split('\n')) expect(known.has(one)).toBe(true)
    }),
  )
})
