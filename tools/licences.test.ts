import { expect, test } from 'vitest'
import { installedPackages, licenceProblems } from './licences.ts'

const one = (licence: string | null, name = 'left-pad') => licenceProblems([{ name, version: '1.0.0', licence }])

test.each(['MIT', '(MIT OR GPL-3.0)', 'Apache-2.0 AND BSD-3-Clause', 'CC0-1.0'])('%s is accepted', (licence) => {
  expect(one(licence)).toEqual([])
})

test.each(['GPL-3.0', 'MIT AND GPL-2.0', 'SEE LICENSE IN LICENSE', 'UNLICENSED', '', null])(
  '%s is refused',
  (licence) => {
    expect(one(licence)).toHaveLength(1)
  },
)

test('a reviewed exception holds for its package and licence alone', () => {
  expect(one('MPL-2.0', 'lightningcss-linux-x64-gnu')).toEqual([])
  expect(one('MPL-2.0')).toHaveLength(1)
  expect(one('GPL-3.0', 'lightningcss')).toHaveLength(1)
})

test('the installed packages are found, nested and scoped ones too', () => {
  const names = installedPackages('node_modules').map((p) => p.name)
  expect(names).toEqual(expect.arrayContaining(['zod', 'kysely', '@types/node']))
})
