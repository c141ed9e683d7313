import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Heading, markOf, placeRule, withoutRule } from './sections.ts'

const mark = markOf('s1')
const rule = `- one\n  two ${mark}`
const headings: readonly Heading[] = [
  { depth: 1, title: 'QA', line: 0, bodyLine: 1 },
  { depth: 2, title: 'Failures', line: 2, bodyLine: 3 },
  { depth: 2, title: 'Coverage', line: 6, bodyLine: 7 },
]
const text = '# QA\n\n## Failures\n\nWhat failed.\n\n## Coverage\n'
const place = (section: string, of = text, under = headings) =>
  placeRule({ text: of, headings: under, section, rule, mark })

describe('placing a rule', () => {
  test.each([
    [
      'behind what stands in the section',
      place(' failures '),
      `# QA\n\n## Failures\n\nWhat failed.\n\n${rule}\n\n## Coverage\n`,
    ],
    ['into a section without text', place('Coverage'), `${text}\n${rule}\n`],
    ['into a section that is not there yet', place('Judges'), `${text}\n## Judges\n\n${rule}\n`],
    ['into an empty document', place('Judges', '', []), `## Judges\n\n${rule}\n`],
    [
      'right behind a list',
      place('A', '# A\n- x\n  y\n', [{ depth: 1, title: 'A', line: 0, bodyLine: 1 }]),
      `# A\n- x\n  y\n${rule}\n`,
    ],
  ])('%s', (_where, placed, expected) => {
    expect(placed).toBe(expected)
  })

  test('AD4: a rule of the same stream is replaced where it stands', () => {
    const before = place('Failures')
    const later = `- three ${mark}`
    const after = placeRule({ text: before, headings, section: 'Coverage', rule: later, mark })
    expect(after).toBe(before.replace(rule, later))
    const bare = placeRule({ text: `x ${mark}\n`, headings: [], section: 'A', rule: later, mark })
    expect(bare).toBe(`${later}\n`)
  })

  test.each(['Failures', 'Coverage'])(
    'AD12: a rule that was placed in “%s” is taken out again without a trace',
    (section) => {
      expect(withoutRule(place(section), mark)).toBe(text)
      expect(withoutRule(text, mark)).toBe(text)
    },
  )

  test('AD12: of several rules the stream’s own goes, and a document of nothing else is empty then', () => {
    const other = `- other ${markOf('s2')}`
    expect(withoutRule(`# A\n\n- x\n${rule}\n${other}\n`, mark)).toBe(`# A\n\n- x\n${other}\n`)
    expect(withoutRule(`${rule}\n`, mark)).toBe('')
  })

  test('AD4: nothing else of the text changes: its lines are there in their order', () => {
    const words = fc.constantFrom('a', 'b', '- c', '', '  d')
    fc.assert(
      fc.property(fc.array(words, { maxLength: 10 }), fc.nat(10), (lines, at) => {
        const before = `${lines.join('\n')}\n`
        const line = Math.min(at, Math.max(0, lines.length - 1))
        const under = lines.length === 0 ? [] : [{ depth: 1, title: 'A', line, bodyLine: line + 1 }]
        const after = placeRule({ text: before, headings: under, section: 'A', rule, mark }).split('\n')
        const rest = after.filter(
          (found) => !rule.split('\n').includes(found) && found.trim() !== '' && found !== '## A',
        )
        expect(rest).toEqual(lines.filter((found) => found.trim() !== ''))
      }),
    )
  })
})
