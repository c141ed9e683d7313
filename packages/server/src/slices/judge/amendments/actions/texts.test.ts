import { applyPatch } from 'diff'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffTexts } from '../../../../kernel/texts/difference.ts'
import { digestOfText, headingsOf, mergeDraft, normalText } from './texts.ts'

const line = fc.constantFrom('', 'a', 'b', '# One', '## Two', '- c', '  d', '```', '> # e', 'Under', '===', '\t# tab')
const texts = fc.array(line, { maxLength: 12 }).map((lines) => normalText(lines.join('\n')))

describe('texts', () => {
  test('line ends become one kind, a byte order mark goes, and the last line ends', () => {
    expect(normalText('\uFEFFa\r\nb\rc')).toBe('a\nb\nc\n')
    expect(normalText('')).toBe('')
    expect(digestOfText('')).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })

  test('headings are those of Markdown: not in code, quotations or lists, and underlined ones are', () => {
    const text = '# A\n\ntext\n\n```\n# no\n```\n> # no\n\n- # no\n\n    # no\n\nUnder\n=====\nbody\n## B ##\n'
    expect(headingsOf(text)).toEqual([
      { depth: 1, title: 'A', line: 0, bodyLine: 1 },
      { depth: 1, title: 'Under', line: 13, bodyLine: 15 },
      { depth: 2, title: 'B', line: 16, bodyLine: 17 },
    ])
  })

  test('every heading stands on the line that is told', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const lines = text.split('\n')
        for (const { title, line: at, bodyLine } of headingsOf(text))
          expect(lines.slice(at, bodyLine).join('\n')).toContain(title.split('\n')[0])
      }),
    )
  })
})

describe('differences', () => {
  test('AD5: the patch makes the one text into the other, and its lines are numbered on both sides', () => {
    fc.assert(
      fc.property(texts, texts, (from, to) => {
        const { patch, hunks, changed } = diffTexts('QA.md', from, to)
        if (from === to) {
          expect({ patch, hunks, changed }).toEqual({ patch: '', hunks: [], changed: { added: 0, removed: 0 } })
          return
        }
        expect(applyPatch(from, patch)).toBe(to)
        const [old, fresh] = [from.split('\n'), to.split('\n')]
        for (const { oldLine, newLine, text } of hunks.flatMap((hunk) => hunk.lines)) {
          if (oldLine !== null) expect(old[oldLine - 1]).toBe(text)
          if (newLine !== null) expect(fresh[newLine - 1]).toBe(text)
        }
      }),
    )
  })

  test('AD5: two large texts without a common line are shown as replaced, without searching for long', () => {
    const many = (word: string) => Array.from({ length: 5_000 }, (_, at) => `${word}${at}\n`).join('')
    const began = performance.now()
    const { changed, patch } = diffTexts('QA.md', many('a'), many('b'))
    expect(changed).toEqual({ added: 5_000, removed: 5_000 })
    expect(patch).toContain('@@ -1,5000 +1,5000 @@')
    expect(performance.now() - began).toBeLessThan(3_000)
  })
})

describe('merges', () => {
  test('AD8: changes of different places are merged, of the same place are not', () => {
    const base = 'a\nb\nc\nd\ne\n'
    expect(mergeDraft({ base, draft: 'A\nb\nc\nd\ne\n', inForce: 'a\nb\nc\nd\nE\n' })).toBe('A\nb\nc\nd\nE\n')
    expect(mergeDraft({ base, draft: 'a\nX\nc\nd\ne\n', inForce: 'a\nY\nc\nd\ne\n' })).toBeNull()
    expect(mergeDraft({ base, draft: 'a\nX\nc\nd\ne\n', inForce: 'a\nX\nc\nd\ne\n' })).toBe('a\nX\nc\nd\ne\n')
  })

  test('AD8: lines beside each other, two texts at one place, and texts without a common line conflict', () => {
    const base = 'a\nb\nc\n'
    expect(mergeDraft({ base, draft: 'A\nb\nc\n', inForce: 'a\nB\nc\n' })).toBeNull()
    expect(mergeDraft({ base, draft: 'a\nb\nc\nx\n', inForce: 'a\nb\nc\ny\n' })).toBeNull()
    expect(mergeDraft({ base, draft: 'a\nb\n', inForce: 'x\na\nb\nc\n' })).toBe('x\na\nb\n')
    const many = (word: string) => Array.from({ length: 2_000 }, (_, at) => `${word}${at}\n`).join('')
    expect(mergeDraft({ base: many('a'), draft: many('b'), inForce: many('c') })).toBeNull()
  })

  test('AD8: texts of nothing but the same line are merged without searching for long', () => {
    const base = '\n'.repeat(5_000)
    const began = performance.now()
    expect(mergeDraft({ base, draft: `${base}x\n`, inForce: `y\n${base}` })).toBe(`y\n${base}x\n`)
    expect(performance.now() - began).toBeLessThan(3_000)
  })

  test('AD8: where one side changed nothing, the other is the answer', () => {
    fc.assert(
      fc.property(texts, texts, (base, other) => {
        expect(mergeDraft({ base, draft: other, inForce: base })).toBe(other)
        expect(mergeDraft({ base, draft: base, inForce: other })).toBe(other)
      }),
    )
  })
})
