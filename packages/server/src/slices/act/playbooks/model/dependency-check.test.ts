import type { DeclaredDependency } from '@metaagent/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { npmVersions } from '../actions/schemas.ts'
import { blocksOf, type DependencyFact, dependenciesAfter, noDependencies } from './dependency-check.ts'

const id = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] }
const open = { type: 'object', properties: { id: { type: 'string' } } }
const declared = (change: Partial<DeclaredDependency> = {}): DeclaredDependency => ({
  name: 'crm',
  direction: 'reading',
  range: '^1.2.0',
  schema: id,
  ...change,
})
const blocks = (one: DeclaredDependency, published: { version: string; schema: object } | null) =>
  blocksOf([one], new Map(published === null ? [] : [['crm', published as never]]), npmVersions)

test.each([
  ['what is as it was', declared(), { version: '1.4.0', schema: id }, []],
  ['never published', declared(), null, ['dependency-unknown']],
  ['a version outside of the range', declared(), { version: '2.0.0', schema: id }, ['version-outside-range']],
  ['a version before the range', declared(), { version: '1.1.9', schema: id }, ['version-outside-range']],
  ['more for a reader', declared(), { version: '1.4.0', schema: open }, ['accepts-no-more']],
  ['more for a writer', declared({ direction: 'writing' }), { version: '1.4.0', schema: open }, []],
  [
    'less for a writer',
    declared({ direction: 'writing', schema: open }),
    { version: '1.4.0', schema: id },
    ['accepts-no-less'],
  ],
  ['less for a reader', declared({ schema: open }), { version: '1.4.0', schema: id }, []],
] as const)('PY4: a dependency blocks by its direction and range: %s', (_, one, published, rules) => {
  const found = blocks(one, published)
  expect(found.map(({ because }) => because.rule)).toEqual(rules)
  for (const block of found) expect(block.because.text).toContain('crm')
})

test('PY4: the changes that break come first, and a long value is cut', () => {
  const before = { ...id, properties: { id: { type: 'string' }, note: { enum: ['x'.repeat(3_000)] } } }
  const after = { type: 'object', properties: { id: { type: 'string', maxLength: 5 } } }
  const [block] = blocks(declared({ schema: before }), { version: '1.4.0', schema: after })
  expect(block?.changes.map(({ effect }) => effect).at(0)).toBe('widens')
  expect(JSON.stringify(block?.changes).length).toBeLessThan(8_000)
})

test('PY5: facts in any interleaving that keeps the order of each part give the same state', () => {
  const fact = fc.oneof(
    fc.record({
      kind: fc.constant('macro' as const),
      macro: fc.constantFrom('a', 'b'),
      dependencies: fc.constant([declared()]),
    }),
    fc.record({
      kind: fc.constant('published' as const),
      name: fc.constantFrom('crm', 'erp'),
      published: fc.record({ version: fc.constantFrom('1.2.0', '2.0.0'), schema: fc.constantFrom(id, open) }),
    }),
  )
  const partOf = (one: DependencyFact) => (one.kind === 'macro' ? `m${one.macro}` : `d${one.name}`)
  fc.assert(
    fc.property(fc.array(fact, { maxLength: 20 }), (facts) => {
      const sorted = facts.toSorted((a, b) => (partOf(a) < partOf(b) ? -1 : partOf(a) > partOf(b) ? 1 : 0))
      const fold = (all: readonly DependencyFact[]) => all.reduce(dependenciesAfter, noDependencies)
      // Maps are equal whatever the order of their keys.
      expect(fold(facts)).toEqual(fold(sorted))
    }),
  )
})
