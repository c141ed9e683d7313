import { expect, test } from 'vitest'
import { runtimeDependencies, sbomProblems } from './sbom.ts'

const bill = (components: readonly object[]) =>
  JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', components })
const zod = { name: 'zod', version: '4.0.0', purl: 'pkg:npm/zod@4.0.0' }

test('a bill that lists every dependency with its version is sound', () => {
  expect(sbomProblems(bill([zod]), ['zod'])).toEqual([])
})

test('an empty bill, a foreign format, a missing dependency and a nameless version are told apart', () => {
  expect(sbomProblems(bill([]), [])).toEqual(['The document lists no component.'])
  expect(sbomProblems('{"components":[]}', [])).toContain('The document is not CycloneDX.')
  expect(sbomProblems(bill([zod]), ['zod', 'pg'])).toEqual(['pg is a dependency and is not listed.'])
  expect(sbomProblems(bill([{ name: 'pg' }]), [])).toEqual(['pg has no version or no package address.'])
})

test('run-time dependencies of every workspace are required, development tools are not', () => {
  const names = runtimeDependencies('.')
  expect(names).toEqual(expect.arrayContaining(['zod', 'kysely', 'react']))
  expect(names).not.toContain('vitest')
  expect(names).not.toContain('@metaagent/contract')
})
