import { expect, test } from 'vitest'
import { GlobPool } from '../../../../../testkit/paths/cases.ts'
import { smallPaths } from '../../../../../testkit/paths/globs.ts'
import { seededRandom } from '../../../../../testkit/seeded-random.ts'
import { readGlob } from './glob.ts'
import { commonPath, matchesKey, needsDirectory } from './glob-overlap.ts'

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

test('a glob needs a directory where it means nothing but what is below, and never means the directory itself', () => {
  expect(needsDirectory(glob('src/**'), 'src')).toBe('src/x')
  expect(needsDirectory(glob('{s[r]c/a,lib}/*'), 'src')).toBe('src/a/x')
  expect(needsDirectory(glob('**/*.ts'), 'src/a.js')).toBeNull()
  expect(needsDirectory(glob('src*/**'), 'src')).toBeNull()
  expect(matchesKey(glob('src/**'), 'src')).toBe(false)
  expect(matchesKey(glob('**'), 'a/b/c')).toBe(true)
})

test('two globs of the greatest length are told apart within five seconds', () => {
  const long = (end: string) => `${'*a'.repeat(126)}${end}`
  expect(commonPath(glob(long('x')), glob(long('y')))).toBeNull()
}, 5_000)

test('100 random globs match what picomatch matches, and meet where it matches both', () => {
  const pool = new GlobPool(seededRandom(7), 100)
  for (let index = 0; index < 100; index++) {
    const [a, b] = [pool.any(), pool.any()]
    for (const path of smallPaths.slice(0, 40))
      expect([a, path, matchesKey(glob(a), path)]).toEqual([a, path, pool.matches(a, path)])
    const [ours, shortest] = [commonPath(glob(a), glob(b)), pool.shortest(a, b)]
    const isRight =
      ours === null
        ? shortest === undefined
        : pool.matches(a, ours) && pool.matches(b, ours) && ours.length <= (shortest ?? ours).length
    expect([a, b, ours, shortest, isRight]).toEqual([a, b, ours, shortest, true])
  }
})
