import fc from 'fast-check'
import { expect, test } from 'vitest'
import { comparePathClaims, findPathConflicts, type PathClaim, readClaim } from './claims.ts'

const claim = (operation: PathClaim['operation'], path: string, more: Partial<PathClaim> = {}): PathClaim => ({
  operation,
  path,
  to: null,
  contentHash: null,
  holder: 'a',
  ...more,
})
const h = (contentHash: string) => ({ contentHash })
const to = (path: string, contentHash: string | null = null) => ({ to: path, contentHash })

test.each([
  ['two writers', claim('create', 'a.ts', h('1')), claim('edit', 'a.ts', h('2')), 'SAME'],
  ['equal content', claim('create', 'a.ts', h('1')), claim('edit', './a.ts', h('1')), null],
  ['unknown content', claim('edit', 'a.ts'), claim('edit', 'a.ts'), 'SAME'],
  ['other files', claim('edit', 'a.ts'), claim('edit', 'b.ts'), null],
  ['other capitals', claim('create', 'README.md', h('1')), claim('create', 'readme.md', h('1')), 'CASE_ONLY'],
  ['other capitals of one file', claim('delete', 'README.md'), claim('delete', 'readme.md'), 'CASE_ONLY'],
  ['sharp s', claim('create', 'Maße'), claim('create', 'MASSE'), 'CASE_ONLY'],
  ['normal form', claim('create', 'caf\u00e9', h('1')), claim('create', 'cafe\u0301', h('1')), 'UNICODE_ONLY'],
  ['what nobody sees', claim('create', 'a\u200db'), claim('create', 'ab'), 'UNICODE_ONLY'],
  ['file and directory', claim('create', 'src'), claim('create', 'src/a.ts'), 'FILE_VS_DIR_PREFIX'],
  ['file and directory by capitals', claim('create', 'Src/x/y'), claim('edit', 'src/X'), 'FILE_VS_DIR_PREFIX'],
  ['only the beginning of a name', claim('create', 'src'), claim('create', 'src.ts'), null],
  ['two deletions', claim('delete', 'a'), claim('delete', 'a'), null],
  ['deleted and edited', claim('delete', 'a'), claim('edit', 'a', h('1')), 'DELETE_VS_EDIT'],
  ['moved and edited', claim('rename', 'a', to('b')), claim('edit', 'a', h('1')), 'DELETE_VS_EDIT'],
  ['moved and deleted', claim('rename', 'a', to('b')), claim('delete', 'a'), 'DELETE_VS_EDIT'],
  ['moved to two places', claim('rename', 'a', to('b')), claim('rename', 'a', to('c')), 'RENAME_TARGET'],
  ['two moved to one place', claim('rename', 'a', to('c')), claim('rename', 'b', to('c')), 'RENAME_TARGET'],
  ['one rename twice', claim('rename', 'a', to('b')), claim('rename', 'a', to('b')), null],
  ['a rename onto a new file', claim('rename', 'a', to('b')), claim('create', 'b', h('1')), 'RENAME_TARGET'],
  ['onto the very content', claim('rename', 'a', to('b', '1')), claim('create', 'b', h('1')), null],
  ['a chain of renames', claim('rename', 'a', to('b')), claim('rename', 'b', to('c')), 'RENAME_TARGET'],
  ['other capitals for a name', claim('rename', 'a', to('A', '1')), claim('create', 'A', h('1')), null],
  ['a name that goes away', claim('rename', 'a', to('A', '1')), claim('edit', 'a', h('1')), 'CASE_ONLY'],
  ['a glob and its file', claim('glob', 'src/**'), claim('edit', 'SRC/a.ts'), 'GLOB_OVERLAP'],
  ['a glob and no file of it', claim('glob', 'src/*.ts'), claim('edit', 'src/a/b.ts'), null],
  ['a glob below a file', claim('glob', 'src/**'), claim('create', 'src'), 'FILE_VS_DIR_PREFIX'],
  ['a glob beside a file', claim('glob', '**/*.ts'), claim('create', 'src/a.js'), null],
  ['a glob where others have a directory', claim('glob', '*'), claim('create', 'src/a.ts'), null],
  ['a glob and what is moved into it', claim('glob', 'src/*'), claim('rename', 'a', to('src/a')), 'GLOB_OVERLAP'],
  ['two globs', claim('glob', 'a*'), claim('glob', '*b'), 'GLOB_OVERLAP'],
  ['two globs apart', claim('glob', 'a/*'), claim('glob', 'b/*'), null],
] as const)('%s', (_, a, b, kind) => {
  const found = comparePathClaims(a, { ...b, holder: 'b' })
  expect(found?.kind ?? null).toBe(kind)
  expect(comparePathClaims(b, a)?.kind ?? null).toBe(kind)
  if (found !== null) expect(found.because.text).toContain(found.example)
})

test.each([
  ['a rename to nothing', claim('rename', 'a')],
  ['a rename to itself', claim('rename', 'a', to('./a'))],
  ['a rename out of the project', claim('rename', 'a', to('../a'))],
  ['a path that is a glob', claim('create', 'src/*')],
])('%s is refused', (_, one) => {
  expect(readClaim(one)).toMatchObject({ ok: false, refusal: { code: 'path-refused' } })
})

const name = fc.constantFrom('a', 'A', 'b', 'ab', 'e\u0301', '\u00e9')
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'))
const anyClaim: fc.Arbitrary<PathClaim> = fc
  .record({
    operation: fc.constantFrom('create', 'edit', 'delete', 'rename', 'glob'),
    path,
    target: path,
    glob: fc.constantFrom('**', 'a/*', '?', '*/b', '{a,b}/**', 'a*', 'ab/**'),
    contentHash: fc.constantFrom('1', '2', null),
    holder: fc.constantFrom('a', 'b', 'c'),
  })
  .map(({ target, glob, ...one }) => ({
    ...one,
    path: one.operation === 'glob' ? glob : one.path,
    to: one.operation === 'rename' ? `${target}x` : null,
  }))

test('what the index finds is what all pairs are, in their order', () => {
  fc.assert(
    fc.property(fc.array(anyClaim, { maxLength: 14 }), (claims) => {
      const all = claims.flatMap((a, at) =>
        claims.slice(at + 1).flatMap((b) => (a.holder === b.holder ? [] : [comparePathClaims(a, b)])),
      )
      expect(findPathConflicts(claims)).toEqual(all.filter((one) => one !== null))
    }),
  )
})

test('a glob beside 5,000 files, and 200 globs beside 200 others, take less than five seconds', () => {
  const files = Array.from({ length: 5_000 }, (_, index) => claim('create', `src/dir${index % 50}/file${index}.js`))
  expect(findPathConflicts([claim('glob', '**/*.ts', { holder: 'b' }), ...files])).toEqual([])
  const globs = Array.from({ length: 400 }, (_, index) => claim('glob', `**/*.x${index}y`, { holder: `${index % 2}` }))
  expect(findPathConflicts(globs)).toEqual([])
}, 5_000)

test('5,000 claims without a conflict take less than five seconds', () => {
  const claims = Array.from({ length: 5_000 }, (_, index) =>
    claim('create', `packages/p${index % 100}/src/dir${index % 1_000}/file${index}.ts`, { holder: `${index}` }),
  )
  expect(findPathConflicts(claims)).toEqual([])
}, 5_000)
