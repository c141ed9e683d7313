import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { manifestMaxChars, readManifest } from './manifest.ts'
import { pep440Of } from './poetry.ts'
import { judgeVersions } from './verdict.ts'

function asked(path: string, text: string): readonly string[] {
  return (readManifest(path, text)?.requirements ?? []).map(({ name, range }) => `${name} ${range}`.trim())
}

const problems = (path: string, text: string) => readManifest(path, text)?.problems ?? []

test.each([
  ['package.json', true],
  ['packages/web/package.json', true],
  ['package-lock.json', false],
  ['requirements.txt', true],
  ['requirements-dev.txt', true],
  ['requirements/base.txt', true],
  ['dev-requirements.txt', true],
  ['notes.txt', false],
  ['python\\pyproject.toml', true],
  ['Cargo.toml', false],
])('%s is a manifest: %s', (path, isManifest) => {
  expect(readManifest(path, '') !== null).toBe(isManifest)
})

describe('package.json', () => {
  test('has requirements in four sections; an optional one replaces the plain one', () => {
    const text = JSON.stringify({
      dependencies: { a: '^1', b: '^2' },
      optionalDependencies: { b: '^3' },
      devDependencies: { c: 'latest' },
      peerDependencies: { '@scope/d': '>=4' },
    })
    expect(asked('package.json', text)).toEqual(['a ^1', 'c latest', '@scope/d >=4', 'b ^3'])
  })

  test('tells of overrides, resolutions and what is no range', () => {
    const text = JSON.stringify({
      overrides: { a: '1' },
      pnpm: { overrides: { b: '1' } },
      dependencies: { c: 1, d: '1' },
    })
    expect(asked('package.json', text)).toEqual(['d 1'])
    expect(problems('package.json', text).map(({ text: told }) => told)).toEqual([
      'dependencies has no range for "c".',
      'overrides replaces versions of other packages and is not weighed.',
      'pnpm.overrides replaces versions of other packages and is not weighed.',
    ])
  })

  test.each(['', '[]', 'null', '{"dependencies": []}'])('%j is told as a problem', (text) => {
    expect(problems('package.json', text)).toHaveLength(1)
  })

  test('the line of a fault is told', () => {
    expect(problems('package.json', '{\n  "a": 1,\n  oops\n}')).toEqual([{ line: 3, text: 'It is no JSON document.' }])
  })
})

describe('requirements.txt', () => {
  test('extras, hashes, comments and continued lines', () => {
    const text = [
      '# all of it',
      'Flask[async] >=2.0,<3 # web',
      'requests==2.31.0 \\',
      '    --hash=sha256:aa \\',
      '    --hash=sha256:bb',
      'zope.interface (>=5)',
      'anything',
      '--index-url https://index.example/simple',
    ].join('\n')
    expect(readManifest('requirements.txt', text)).toEqual({
      requirements: ['Flask >=2.0,<3', 'requests ==2.31.0', 'zope.interface >=5', 'anything '].map((both) => {
        const [name, range] = both.split(' ')
        return { ecosystem: 'pypi', name, range }
      }),
      problems: [],
    })
  })

  test('what depends on the environment or stands elsewhere has no known version', () => {
    const text =
      'a<2; python_version < "3.9"\na>=2; python_version >= "3.9"\nb @ https://files.example/b.whl\n-e git+https://git.example/c#egg=c'
    const read = readManifest('requirements.txt', text)
    const verdicts = judgeVersions((read?.requirements ?? []).map((one) => ({ ...one, holder: 'requirements.txt' })))
    expect(verdicts.map(({ name, kind }) => [name, kind])).toEqual([
      ['a', 'unknown'],
      ['b', 'unknown'],
      ['c', 'unknown'],
    ])
  })

  test.each([
    ['-r base.txt', /base\.txt/],
    ['-c limits.txt', /limits\.txt/],
    ['-e .', /does not say which package/],
    ['https://files.example/a.whl', /does not say which package/],
    ['a==${VERSION}', /variable/],
    ['a b c', /no requirement/],
    ['== 1', /no requirement/],
  ])('%s is told with its line', (line, told) => {
    expect(problems('requirements.txt', `good==1\n${line}\n`)).toEqual([{ line: 2, text: expect.stringMatching(told) }])
  })
})

describe('pyproject.toml', () => {
  test('project, extras and groups', () => {
    const text = `
      [build-system]
      requires = ["hatchling>=1"]
      [project]
      dependencies = ["httpx>=0.27,<1", "rich"]
      dynamic = ["optional-dependencies"]
      [project.optional-dependencies]
      dev = ["pytest~=8.0"]
      [dependency-groups]
      lint = ["ruff==0.6.*", {include-group = "types"}]
      types = ["mypy", 5]
      [tool.uv.sources]
      Rich = { git = "https://git.example/rich" }`
    expect(asked('pyproject.toml', text)).toEqual([
      'httpx >=0.27,<1',
      'rich @ tool.uv.sources',
      'pytest ~=8.0',
      'ruff ==0.6.*',
      'mypy',
    ])
    expect(problems('pyproject.toml', text)).toHaveLength(2)
  })

  test("Poetry's tables", () => {
    const text = `
      [tool.poetry.dependencies]
      python = "^3.9"
      a = "^1.2"
      b = { version = "~2.0", optional = true }
      c = { git = "https://git.example/c" }
      d = [{ version = "<2", python = "<3.9" }, { version = ">=2", python = ">=3.9" }]
      e = 1
      [tool.poetry.group.dev.dependencies]
      f = "*"`
    expect(asked('pyproject.toml', text)).toEqual([
      'a >=1.2,<2',
      'b >=2.0,<2.1',
      'c @ git: https://git.example/c',
      'd <2; python <3.9',
      'd >=2; python >=3.9',
      'f',
    ])
    expect(problems('pyproject.toml', text).map(({ text: told }) => told)).toEqual([
      'tool.poetry.dependencies has no version for “e”.',
    ])
  })

  test.each([
    ['^1.2.3', '>=1.2.3,<2'],
    ['^0.2.3', '>=0.2.3,<0.3'],
    ['^0.0.3', '>=0.0.3,<0.0.4'],
    ['^0.0', '>=0.0,<0.1'],
    ['^0', '>=0,<1'],
    ['~1', '>=1,<2'],
    ['~1.2.3', '>=1.2.3,<1.3'],
    ['~=1.2', '~=1.2'],
    ['1.2.3', '==1.2.3'],
    ['1.2.*', '==1.2.*'],
    ['>= 1.2, < 2', '>=1.2,<2'],
    ['>=1.2 <2', '>=1.2,<2'],
    ['*', ''],
    ['^1 || ^2', '^1 || ^2'],
  ])("Poetry's %s is %s", (constraint, specifier) => {
    expect(pep440Of(constraint)).toBe(specifier)
  })

  test('the line of a fault is told', () => {
    expect(problems('pyproject.toml', '[project]\nname = \n')).toEqual([{ line: 2, text: expect.any(String) }])
  })
})

const paths = fc.constantFrom('package.json', 'requirements.txt', 'pyproject.toml')
const lines = fc.constantFrom(
  '[project]',
  'dependencies = ["a", 1]',
  '[tool.poetry.dependencies]',
  'a = {version = 1}',
  '"__proto__" = "^1"',
  '[[tool]]',
  '-r',
  '-',
  '--',
  'a[',
  'a @',
  '\\',
  '#',
  '{"dependencies":',
  '{"__proto__": "1"}',
  '}',
)
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.oneof(lines, fc.string()), { maxLength: 8 }).map((parts) => parts.join('\n')),
  fc.json(),
  fc
    .dictionary(fc.constantFrom('dependencies', 'overrides', 'peerDependencies'), fc.jsonValue())
    .map((value) => JSON.stringify(value)),
)

test('any text is read without a throw, and every requirement is judged', () => {
  fc.assert(
    fc.property(paths, text, (path, content) => {
      const read = readManifest(path, content)
      expect(read).not.toBeNull()
      judgeVersions((read?.requirements ?? []).map((one) => ({ ...one, holder: path })))
      expect((read?.problems ?? []).every(({ text: told }) => told.length > 10)).toBe(true)
    }),
  )
})

test('a manifest that is too long is a problem', () => {
  const long = `a==1\n`.repeat(manifestMaxChars / 4)
  expect(readManifest('requirements.txt', long)).toMatchObject({ requirements: [], problems: [{ line: null }] })
})
