import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import semver from 'semver'
import { describe, expect, test } from 'vitest'
import { mirrored } from '../../../../kernel/json-schema/difference.ts'
import { type JsonSchema, schemaDifference } from '../../../../kernel/json-schema/schema-difference.ts'
import { dependencyDifference, rangeDifference, verdictsOf } from './compatibility.ts'

const ranges = {
  isRange: (range: string) => semver.validRange(range) !== null,
  isWithin: (inner: string, outer: string) => semver.subset(inner, outer),
}
const number = fc.integer({ min: -2, max: 4 })
const few = fc.constantFrom(0, 1, 2, 3)
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    number,
    fc.constantFrom(null, true, false, '', 'a', 'bb', 0.5),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', '/~'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value
const types = fc.constantFrom('null', 'boolean', 'object', 'array', 'string', 'integer', 'number')
const keywords = fc.letrec((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.boolean(),
    fc.constant({ $ref: '#/$defs/x' }),
    tie('object'),
  ),
  object: fc
    .tuple(
      fc.record(
        {
          type: fc.oneof(types, fc.uniqueArray(types, { minLength: 1, maxLength: 4 })),
          enum: fc.uniqueArray(value, { minLength: 1, maxLength: 3, selector: (one) => JSON.stringify(one) }),
          const: number,
          minimum: number,
          maximum: number,
          exclusiveMinimum: number,
          minLength: few,
          maxLength: few,
          minItems: few,
          maxItems: few,
          uniqueItems: fc.boolean(),
          multipleOf: fc.constantFrom(1, 2, 4, 0.5),
          pattern: fc.constantFrom('a', '^b'),
          required: fc.uniqueArray(fc.constantFrom('a', 'b', '/~'), { maxLength: 2 }),
          properties: fc.dictionary(fc.constantFrom('a', 'b', '/~'), tie('schema'), {
            maxKeys: 2,
            noNullPrototype: true,
          }),
          patternProperties: fc.dictionary(fc.constantFrom('a', 'c'), tie('schema'), {
            maxKeys: 1,
            noNullPrototype: true,
          }),
          additionalProperties: tie('schema'),
          unevaluatedProperties: tie('schema'),
          prefixItems: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
          items: tie('schema'),
          // No `contains`: beside `prefixItems` that refuse something, ajv 8.20.0 takes [] against the rule.
          anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
          allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
          oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
          not: tie('schema'),
          $ref: fc.constant('#/$defs/x'),
        },
        { requiredKeys: [], noNullPrototype: true },
      ),
      fc.array(fc.nat(99), { minLength: 30, maxLength: 30 }),
    )
    .map(([all, dice]) => {
      const drawn = Object.entries(all).map((entry, at) => ({ entry, at: dice[at] ?? 0 }))
      return Object.fromEntries(
        drawn
          .toSorted((a, b) => a.at - b.at)
          .slice(0, 2)
          .map(({ entry }) => entry),
      )
    }),
}))
/** A whole document: what is named `x` may name itself, one level down. */
const schemas = fc
  .tuple(
    keywords.object,
    fc.record({
      properties: fc.dictionary(fc.constantFrom('a', 'b'), keywords.schema, { maxKeys: 2, noNullPrototype: true }),
    }),
  )
  .map(([root, x]) => ({ ...root, $defs: { x } }))
/** Two documents that are mostly alike: the second exchanges a few keywords of the first. */
const pairs = fc
  .tuple(schemas, schemas, fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }))
  .map(([one, other, taken]) => {
    const [first, second] = [Object.entries(one), Object.entries(other)]
    const mixed = [...first.filter((_, at) => taken[at] !== true), ...second.filter((_, at) => taken[at] === true)]
    return [one, { ...Object.fromEntries(mixed), $defs: (taken[29] === true ? other : one).$defs }] as const
  })

const acceptedBy = (schema: JsonSchema) => {
  const validate = new Ajv2020({ strict: false, validateSchema: false }).compile(schema as object)
  return (instance: unknown) => validate(instance) === true
}

describe('schemas', () => {
  test.each<[string, JsonSchema, JsonSchema, string, string, string]>([
    [
      'a new property of an open object',
      {},
      { properties: { 'a/b': { type: 'string' } } },
      'added',
      '/properties/a~1b',
      'narrows',
    ],
    [
      'a new property of a closed one',
      { additionalProperties: false },
      { properties: { a: {} }, additionalProperties: false },
      'added',
      '/properties/a',
      'widens',
    ],
    [
      'a dropped property',
      { properties: { a: { type: 'string' } } },
      { properties: {} },
      'removed',
      '/properties/a',
      'widens',
    ],
    ['integers that became numbers', { type: 'integer' }, { type: 'number' }, 'widened', '/type', 'widens'],
    [
      'a higher minimum, deep down',
      { items: { minimum: 1 } },
      { items: { minimum: 2 } },
      'narrowed',
      '/items/minimum',
      'narrows',
    ],
    ['one more required name', { required: ['a'] }, { required: ['b', 'a'] }, 'narrowed', '/required', 'narrows'],
    ['one more value', { const: 1 }, { enum: [1, 2] }, 'widened', '/enum', 'widens'],
    ['another contains', { contains: { const: 1 } }, { contains: { const: 2 } }, 'changed', '/contains', 'both'],
    ['another pattern', { pattern: 'a' }, { pattern: 'b' }, 'changed', '/pattern', 'both'],
    ['a keyword that nobody knows', { 'x/y': 1 }, { 'x/y': 2 }, 'changed', '/x~1y', 'both'],
    [
      'behind a reference',
      { $ref: '#/$defs/x', $defs: { x: { maximum: 1 } } },
      { $ref: '#/$defs/x', $defs: { x: { maximum: 3 } } },
      'widened',
      '/maximum',
      'widens',
    ],
  ])('PY1: %s is told with its path and effect', (_, before, after, kind, path, effect) => {
    expect(schemaDifference(before, after)).toMatchObject([{ kind, path, effect }])
  })

  test('PY1: titles, descriptions, defaults and the order of keys are no change', () => {
    const before = { type: 'object', title: 'old', properties: { a: { default: 1 } } }
    expect(schemaDifference(before, { properties: { a: { description: 'b' } }, type: 'object' })).toEqual([])
  })

  test('PY1: what both share differs where its references lead elsewhere', () => {
    const shared = { unevaluatedProperties: { $ref: '#/$defs/x' } }
    const [before, after] = [
      { items: shared, $defs: { x: {} } },
      { items: shared, $defs: { x: false } },
    ]
    expect(schemaDifference(before, after)).toMatchObject([{ path: '/items', effect: 'both' }])
  })

  test('PY1: a reference to nowhere is neither wider nor narrower than what it was', () => {
    const found = { items: { $ref: '#/$defs/x' }, $defs: { x: {} } }
    expect(schemaDifference(found, { items: { $ref: '#/$defs/x' } })).toMatchObject([{ effect: 'both' }])
  })

  test('PY1: a schema is compatible with itself, circles included', () => {
    const tree = {
      properties: { left: { $ref: '#' }, right: { $ref: '#/properties/left' } },
      $ref: '#/$defs/x',
      $defs: { x: { $ref: '#/$defs/x' } },
    }
    expect(schemaDifference(tree, structuredClone(tree))).toEqual([])
    expect(schemaDifference(tree, { ...tree, type: 'object' })).not.toEqual([])
    fc.assert(
      fc.property(schemas, (one) => {
        expect(schemaDifference(one, structuredClone(one))).toEqual([])
      }),
    )
  })

  test('PY2: the difference there and back mirror each other', () => {
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        expect(schemaDifference(one, other).map(mirrored)).toEqual(schemaDifference(other, one))
      }),
      { numRuns: 200 },
    )
  })

  test('PY3: no instance speaks against a verdict: what is compatible was accepted by ajv on both sides', () => {
    let [held, changed] = [0, 0]
    fc.assert(
      fc.property(pairs, fc.array(value, { minLength: 20, maxLength: 20 }), ([one, other], instances) => {
        const { reading, writing } = verdictsOf(schemaDifference(one, other))
        if (reading.verdict === 'incompatible' && writing.verdict === 'incompatible') return
        const [before, after] = [acceptedBy(one), acceptedBy(other)]
        for (const instance of instances) {
          const [was, is] = [before(instance), after(instance)]
          if (writing.verdict === 'compatible' && was) expect(is).toBe(true)
          if (reading.verdict === 'compatible' && is) expect(was).toBe(true)
          held += was || is ? 1 : 0
          changed += was !== is ? 1 : 0
        }
      }),
      { numRuns: 300 },
    )
    expect(held).toBeGreaterThan(500)
    expect(changed).toBeGreaterThan(20)
  })

  test('PY3: widening alone never breaks a writer, narrowing alone never a reader', () => {
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        const changes = schemaDifference(one, other)
        const wider = changes.filter(({ effect }) => effect === 'widens')
        const narrower = changes.filter(({ effect }) => effect === 'narrows')
        expect(verdictsOf(wider).writing.verdict).toBe('compatible')
        expect(verdictsOf(narrower).reading.verdict).toBe('compatible')
      }),
    )
  })
})

describe('dependencies', () => {
  test.each([
    ['^1.2.0', '^1.2.0', []],
    ['^1.2.0', '>=1.2.0 <2.0.0-0', []],
    ['^1.2.0', '>=1.2.0', ['widened', 'widens']],
    ['*', '~1.2.0', ['narrowed', 'narrows']],
    ['^1.2.0', '^2.0.0', ['changed', 'both']],
    ['^1.2.0', 'soon', ['changed', 'both']],
  ])('PY1: the range %s becoming %s is told as %j', (before, after, expected) => {
    const told = rangeDifference(before, after, ranges).flatMap(({ kind, effect }) => [kind, effect])
    expect(told).toEqual(expected)
  })

  test('PY3: a verdict says which change breaks whom', () => {
    const before = { range: '^1.0.0', schema: { type: 'object', required: ['id'] } }
    const after = { range: '>=1.0.0', schema: { type: 'object', required: ['id', 'at'] } }
    const { reading, writing } = dependencyDifference(before, after, ranges)
    expect(reading).toEqual({
      verdict: 'incompatible',
      because: { rule: 'accepts-no-more', observed: 1, limit: 0, path: '/range' },
    })
    expect(writing).toMatchObject({ verdict: 'incompatible', because: { path: '/schema/required' } })
    expect(dependencyDifference(after, after, ranges)).toMatchObject({
      changes: [],
      reading: { verdict: 'compatible' },
    })
  })
})
