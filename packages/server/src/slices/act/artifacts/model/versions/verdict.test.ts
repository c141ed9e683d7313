import fc from 'fast-check'
import semver from 'semver'
import { describe, expect, test } from 'vitest'
import { comparisonsMax } from './read-ranges.ts'
import type { Ecosystem } from './requirement.ts'
import { judgeVersions, type VersionVerdict } from './verdict.ts'

function judge(ecosystem: Ecosystem, ranges: readonly string[], name = 'left-pad'): VersionVerdict {
  const [verdict, ...more] = judgeVersions(
    ranges.map((range, at) => ({ ecosystem, name, range, holder: `holder ${at + 1}` })),
  )
  expect(more).toEqual([])
  if (verdict === undefined) throw new Error('no verdict')
  return verdict
}

const witnessOf = (verdict: VersionVerdict) => (verdict.kind === 'compatible' ? verdict.witness : verdict.kind)
const minimalOf = (verdict: VersionVerdict) =>
  verdict.kind === 'incompatible' ? verdict.minimal.map(({ range }) => range) : verdict.kind

describe('npm', () => {
  test.each([
    [['^1.2.0', '>=1.1.0'], '1.2.0'],
    [['^1.2.3-beta.1', '1.2.3-beta.2'], '1.2.3-beta.2'],
    [['>1.2.3-beta.1 <1.2.3'], '1.2.3-beta.1.0'],
    [['*'], '1.0.0'],
    [['', 'x', '<2'], '1.0.0'],
    [['<0.0.1'], '0.0.0'],
    [['>1.0.0', '<1.0.2'], '1.0.1'],
    [['>9007199254740991.0.9007199254740991'], '9007199254740991.1.0'],
  ])('%j have the witness %s', (ranges, witness) => {
    expect(witnessOf(judge('npm', ranges))).toBe(witness)
  })

  test.each([
    [
      ['1 || 2', '2 || 3', '1 || 3'],
      [0, 1, 2],
    ],
    [
      ['>=1', '1.x', '*', '2.x', '3.x'],
      [1, 3],
    ],
    [['>1.0.0 <1.0.1', '1.x'], [0]],
    [
      ['^2.0.0', '2.0.0-rc.1'],
      [0, 1],
    ],
  ])('%j contradict each other in %j, and no pair of them has to', (ranges, minimal) => {
    expect(minimalOf(judge('npm', ranges))).toEqual(minimal.map((at) => ranges[at]))
  })

  test.each([
    'latest',
    'workspace:*',
    'catalog:',
    'npm:other@^1',
    'git+https://git.example/a.git#semver:^1',
    'file:../a',
    'link:../a',
    'https://archive.example/a.tgz',
    'owner/repository#main',
    './folder',
    '.',
    '1 || latest',
    '1.2.3beta',
    `1${' || 1'.repeat(500)}`,
  ])('%s is unknown, never compatible', (range) => {
    const verdict = judge('npm', ['^1.0.0', range])
    expect(verdict).toMatchObject({ kind: 'unknown', unknown: [{ range }] })
    expect(verdict.because.text).toContain('not known')
  })

  test('a contradiction among what can be read stands beside what is unknown', () => {
    expect(minimalOf(judge('npm', ['latest', '^1.0.0', '^2.0.0']))).toEqual(['^1.0.0', '^2.0.0'])
  })

  test('the hint names the range that fewest hold and the version on which the others agree', () => {
    const verdict = judge('npm', ['^1.2.0', '^2.0.0', '^1.2.0'])
    expect(verdict).toMatchObject({
      upgrade: { version: '1.2.0', requirements: [{ holder: 'holder 2' }] },
      hint: 'Let holder 2 admit left-pad 1.2.0 in place of “^2.0.0”: the others agree on it.',
    })
  })
})

describe('PyPI', () => {
  test.each([
    [['>=1.0', '<2'], '1.0'],
    [['>1.0', '<1.0.0.1'], '1.0.0.0.1'],
    [['>1.4.2'], '1.4.3'],
    [['==1.0', '!=1.0+a'], '1.0'],
    [['!=1.0', '==1.0+a'], 'incompatible'],
    [['>1.0.post1', '<1.0.post3'], '1.0.post2'],
    [['>=1.0a1', '<1.0'], 'incompatible'],
    [['>=1.0a1', '<1.0a3'], '1.0a1'],
    [['>1!1.0', '<1!2'], '1!1.1'],
    [['===1.0.0', '==1'], '1.0.0'],
    [['===1.0', '===1.0.0'], 'incompatible'],
    [['~=2.2', '!=2.2.*', '!=2.3'], '2.4'],
    [['<2'], '1.0'],
    [['>1.0a1,<1.0a2.dev0'], 'incompatible'],
    [['>=1,!=1.*,!=2.*,!=3.0,<=3.0'], '3.0.dev0'],
  ])('%j: %s', (ranges, witness) => {
    expect(witnessOf(judge('pypi', ranges))).toBe(witness)
  })

  test.each(['@ https://archive.example/a.whl', 'latest', '>=1.0.*', '~=1', '>=99999999999999999999'])(
    '%s is unknown, never compatible',
    (range) => {
      expect(judge('pypi', ['>=1.0', range])).toMatchObject({ kind: 'unknown', unknown: [{ range }] })
    },
  )

  test('exclusions that agree in pairs may contradict together', () => {
    expect(minimalOf(judge('pypi', ['==1.*', '!=1.0.*', '>=0', '!=1.1.*', '<1.2']))).toEqual([
      '==1.*',
      '!=1.0.*',
      '!=1.1.*',
      '<1.2',
    ])
  })
})

test('packages are told apart as their registries do', () => {
  const requirement = { range: '1.0', holder: 'a' }
  const verdicts = judgeVersions([
    { ...requirement, ecosystem: 'npm', name: 'JSONStream' },
    { ...requirement, ecosystem: 'npm', name: 'jsonstream' },
    { ...requirement, ecosystem: 'pypi', name: 'Zope.Interface', range: '>=1' },
    { ...requirement, ecosystem: 'pypi', name: 'zope_interface', range: '<1' },
  ])
  expect(verdicts.map(({ ecosystem, name, kind }) => [ecosystem, name, kind])).toEqual([
    ['npm', 'JSONStream', 'compatible'],
    ['npm', 'jsonstream', 'compatible'],
    ['pypi', 'zope-interface', 'incompatible'],
  ])
})

test('more comparisons than can be weighed are unknown', () => {
  const ranges = Array.from({ length: comparisonsMax + 1 }, (_, at) => `>=${at}.0.0`)
  expect(judge('npm', ranges)).toMatchObject({ kind: 'unknown', because: { rule: 'too-many-comparisons' } })
})

const part = fc.integer({ min: 0, max: 2 })
const npmVersion = fc
  .tuple(part, part, part, fc.constantFrom('', '', '-0', '-a', '-a.1', '-b'))
  .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre}`)
const npmRange = fc
  .array(
    fc.array(
      fc.tuple(fc.constantFrom('', '^', '~', '>', '>=', '<', '<='), npmVersion).map((both) => both.join('')),
      { minLength: 1, maxLength: 2 },
    ),
    { minLength: 1, maxLength: 2 },
  )
  .map((sets) => sets.map((set) => set.join(' ')).join(' || '))

describe('every set of ranges', () => {
  test('has a witness in all of it, or a subset that cannot lose a member', () => {
    fc.assert(
      fc.property(fc.array(npmRange, { minLength: 1, maxLength: 4 }), (ranges) => {
        const verdict = judge('npm', ranges)
        if (verdict.kind === 'compatible') {
          for (const range of ranges) expect(semver.satisfies(verdict.witness, range)).toBe(true)
          return
        }
        const minimal = minimalOf(verdict)
        if (typeof minimal === 'string') throw new Error(minimal)
        expect(judge('npm', minimal).kind).toBe('incompatible')
        for (const at of minimal.keys())
          if (minimal.length > 1) expect(judge('npm', minimal.toSpliced(at, 1)).kind).toBe('compatible')
      }),
    )
  })

  test('is judged alike in every order', () => {
    fc.assert(
      fc.property(fc.array(npmRange, { minLength: 1, maxLength: 4 }), (ranges) => {
        expect(witnessOf(judge('npm', ranges.toReversed()))).toBe(witnessOf(judge('npm', ranges)))
      }),
    )
  })
})

test('any text is judged without a throw', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), npmRange)
  fc.assert(
    fc.property(fc.constantFrom<Ecosystem>('npm', 'pypi'), fc.array(text, { minLength: 1 }), (ecosystem, ranges) => {
      expect(['compatible', 'incompatible', 'unknown']).toContain(judge(ecosystem, ranges).kind)
    }),
  )
})
