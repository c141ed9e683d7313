import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldCase } from './case-fold.ts'
import { normalisePath } from './normal-path.ts'

const keyOf = (text: string) => {
  const read = normalisePath(text)
  return read.ok ? read.value.key : `refused: ${read.refusal.detail}`
}

test.each([
  ['src/a.ts', 'src/a.ts'],
  ['src\\a.ts', 'src/a.ts'],
  ['./src//a.ts', 'src/a.ts'],
  ['src/../lib/./a.ts', 'lib/a.ts'],
  ['README.md', 'readme.md'],
  ['Straße/ẞ', 'strasse/ss'],
  ['cafe\u0301', 'caf\u00e9'],
  ['\u212bngstrom', '\u00e5ngstrom'],
  ['\u212a', 'k'],
  ['ΌΣΟΣ', 'όσοσ'],
  ['ﬁle', 'file'],
  ['a\u200db', 'ab'],
  ['ıI', 'ıi'],
  ['[id]/page.tsx', '[id]/page.tsx'],
  ['.gitignore', '.gitignore'],
  ['console.ts', 'console.ts'],
  ['com10', 'com10'],
  ['...a', '...a'],
])('%s is held as %s', (text, key) => {
  expect(keyOf(text)).toBe(key)
})

test.each([
  ['', 'names no file'],
  ['a/..', 'names no file'],
  ['src/', 'names a directory'],
  ['/etc/passwd', 'is absolute'],
  ['\\a', 'is absolute'],
  ['//host/share', 'is on a network share'],
  ['\\\\host\\share', 'is on a network share'],
  ['C:\\a', 'is on a drive'],
  ['c:a', 'is on a drive'],
  ['../a', 'leads out of the project'],
  ['a/../../b', 'leads out of the project'],
  ['a\u0000b', 'holds a control character'],
  ['a\nb', 'holds a control character'],
  ['a\ud800', 'holds half of a surrogate pair'],
  ['a\u202egpj.exe', 'turns the direction'],
  ['.git/config', "reaches into git's own directory"],
  ['.GIT/config', "reaches into git's own directory"],
  ['sub/.g\u200cit/hooks', "reaches into git's own directory"],
  ['GIT~1/config', "reaches into git's own directory"],
  ['.git /config', 'ends in a dot or a space'],
  ['.git./config', 'ends in a dot or a space'],
  ['.git::$INDEX_ALLOCATION', 'holds `:`'],
  ['a.', 'ends in a dot or a space'],
  ['a /b', 'ends in a dot or a space'],
  ['CON', 'is a device on Windows'],
  ['src/aux.ts', 'is a device on Windows'],
  ['nul .txt', 'is a device on Windows'],
  ['COM¹', 'is a device on Windows'],
  ['lpt9.tar.gz', 'is a device on Windows'],
  ['a*b', 'holds `*`'],
  ['a|b', 'holds `|`'],
  ['\u200d', 'of which nothing can be seen'],
  ['x'.repeat(256), 'more than 255 bytes'],
  [`${'é'.repeat(100)}/`.repeat(6).slice(0, -1), 'longer than 1024 bytes'],
])('%s is refused: it %s', (text, why) => {
  const read = normalisePath(text)
  expect(read).toMatchObject({ ok: false, refusal: { code: 'path-refused' } })
  expect(!read.ok && read.refusal.detail).toContain(why)
})

test('what is read is read again as itself, and its key as its own key', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      const read = normalisePath(text)
      if (!read.ok) return
      const { path, key, spelling } = read.value
      expect(normalisePath(path)).toMatchObject({ ok: true, value: { path, key } })
      expect(normalisePath(spelling)).toEqual(read)
      expect(foldCase(key)).toBe(key)
    }),
  )
})

test('every letter that Unicode’s simple folding takes for another is folded to one with it', () => {
  const apart: string[] = []
  for (let point = 0; point < 0x1_0000; point++) {
    const letter = String.fromCodePoint(point)
    for (const other of new Set([letter.toLowerCase(), letter.toUpperCase()])) {
      if (
        other === letter ||
        Array.from(other).length > 1 ||
        !new RegExp(`^\\u{${point.toString(16)}}$`, 'iu').test(other)
      )
        continue
      if (foldCase(other) !== foldCase(letter)) apart.push(`${letter} ${other}`)
    }
  }
  expect(apart).toEqual([])
})
