import { expect, test } from 'vitest'
import { matchedPaths, randomGlob, smallPaths } from '../../../../../testkit/paths/globs.ts'
import { seededRandom } from '../../../../../testkit/seeded-random.ts'
import { readGlob } from './glob.ts'
import { commonPath, matchBelow, matchesKey } from './glob-overlap.ts'

function glob(text: string) {
  const read = readGlob(text)
  if (!read.ok) throw new Error(read.refusal.detail)
  return read.value
}

test.each([
  ['*', '*', 'x'],
  ['src/**', 'src/a/*.ts', 'src/a/.ts'],
  ['src/**', 'lib/**', null],
  ['*.ts', '*.js', null],
  ['a*', '*b', 'ab'],
  ['{a,b}/*.md', 'b/?.md', 'b/x.md'],
  ['**/a', 'a/**', 'a/a'],
  ['[!a]', 'a', null],
  ['[a-c]x', '[c-e]?', 'cx'],
  ['SRC/*.TS', 'src/x.*', 'src/x.ts'],
  ['straße/*', 'STRASSE/a', 'strasse/a'],
  ['?', '??', null],
  ['**', '*', 'x'],
  ['[[]id].ts', '*].ts', '[id].ts'],
  ['.*', '*', '.x'],
  ['x/**/y/**', 'x/y', null],
])('the shortest path of %s and %s is %s', (a, b, shortest) => {
  expect(commonPath(glob(a), glob(b))).toBe(shortest)
  expect(commonPath(glob(b), glob(a))?.length).toBe(shortest?.length)
})

test.each([
  '/a',
  'C:*',
  '../*',
  'a/..',
  '!a',
  '!(a)',
  'a/',
  '{a',
  'x/{,a}',
  'a}',
  '{1..9}',
  '[a',
  '[z-a]',
  '[ß]',
  '[[:alpha:]]',
  'a\u0000*',
  '.git/*',
  '*.',
  'CON',
  '*\u0301',
  'x'.repeat(300),
  '{a,b}{a,b}{a,b}{a,b}{a,b}{c,d}',
  '',
])('a glob that cannot be read is refused with a reason: %s', (text) => {
  const read = readGlob(text)
  expect(read).toMatchObject({ ok: false, refusal: { code: 'path-refused' } })
  expect(!read.ok && read.refusal.detail.length).toBeGreaterThan(20)
})

test('a glob reaches below a directory, and never means the directory itself', () => {
  expect(matchBelow(glob('src/**'), 'src')).toBe('src/x')
  expect(matchBelow(glob('*.ts'), 'src')).toBeNull()
  expect(matchesKey(glob('src/**'), 'src')).toBe(false)
  expect(matchesKey(glob('**'), 'a/b/c')).toBe(true)
})

test('two globs of the greatest length are told apart within five seconds', () => {
  const long = (end: string) => `${'*a'.repeat(126)}${end}`
  expect(commonPath(glob(long('x')), glob(long('y')))).toBeNull()
}, 5_000)

test('300 random globs match what picomatch matches, and meet where it matches both', () => {
  const random = seededRandom(7)
  const globs = Array.from({ length: 300 }, () => randomGlob(random))
  const matched = globs.map((text) => matchedPaths(text, smallPaths))
  for (const [index, text] of globs.entries()) {
    const near = smallPaths.slice(0, 40).map((path) => matchesKey(glob(text), path))
    expect([text, near]).toEqual([text, Array.from(matched[index]?.slice(0, 40) ?? [], (one) => one === 1)])
    const other = globs[(index * 7 + 1) % globs.length] as string
    const shared = smallPaths.find(
      (_, at) => matched[index]?.[at] === 1 && matched[(index * 7 + 1) % globs.length]?.[at] === 1,
    )
    const ours = commonPath(glob(text), glob(other))
    const isRight =
      ours === null ? shared === undefined : isCommon(text, other, ours) && ours.length <= (shared?.length ?? 99)
    expect([text, other, ours, shared, isRight]).toEqual([text, other, ours, shared, true])
  }
})

function isCommon(a: string, b: string, path: string): boolean {
  return matchedPaths(a, [path])[0] === 1 && matchedPaths(b, [path])[0] === 1
}
