import { expect, test } from 'vitest'
import { breaksTogether, compareSchemas } from './schemas.ts'

const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more })
const text = { type: 'string' }

test.each([
  ['nothing', object({ a: text }), object({ a: text }), 'none'],
  ['a title', object({ a: text }), object({ a: text }, { title: 'A' }), 'none'],
  ['a property that may be there', object({ a: text }), object({ a: text, b: text }), 'none'],
  ['a property that must be there', object({ a: text }), object({ a: text, b: text }, { required: ['b'] }), 'writers'],
  ['a property that need not be there', object({ a: text }, { required: ['a'] }), object({ a: text }), 'readers'],
  ['a property that is gone', object({ a: text, b: text }), object({ a: text }), 'readers'],
  ['a type', object({ a: text }), object({ a: { type: 'integer' } }), 'both'],
  ['one more value', { enum: ['a'] }, { enum: ['a', 'b'] }, 'readers'],
  ['one value less', { enum: ['a', 'b'] }, { enum: ['a'] }, 'writers'],
  ['what cannot be told', { not: { const: 1 } }, { not: { const: 2 } }, 'both'],
  ['a kind of document', { type: 'object' }, { openapi: '3.1.0', paths: {} }, 'both'],
  ['what is no schema', [], [], 'both'],
  ['a reference that leads elsewhere', ref({ type: 'string' }), ref({ type: 'integer' }), 'both'],
])('JSON Schema: %s breaks whom it must', (_, before, after, breaks) => {
  expect(breaksTogether(compareSchemas(before, after))).toBe(breaks)
})

function ref(target: object) {
  return { $ref: '#/$defs/it', $defs: { it: target } }
}

const json = (schema: object) => ({ content: { 'application/json': { schema } } })
const pet = object({ id: text, name: text }, { required: ['id'] })
const operation = {
  parameters: [{ in: 'query', name: 'limit', schema: { type: 'integer', maximum: 100 } }],
  requestBody: json({ $ref: '#/components/schemas/Pet' }),
  responses: { 200: json({ $ref: '#/components/schemas/Pet' }), 404: {} },
}
const api = (change: object = {}, schemas: object = { Pet: pet }, path = '/pets/{id}', root: object = {}) => ({
  openapi: '3.1.0',
  paths: { [path]: { post: { ...operation, ...change } } },
  components: { schemas },
  ...root,
})

test.each([
  ['nothing', api(), 'none', []],
  ['what a path parameter is called', api({}, undefined, '/pets/{petId}'), 'none', []],
  ['an operation that is gone', api({}, undefined, '/cats/{id}'), 'both', ['/paths/~1pets~1{id}/post']],
  [
    'a new required parameter',
    api({ parameters: [...operation.parameters, { in: 'query', name: 'q', required: true }] }),
    'writers',
    ['query q'],
  ],
  ['a new parameter', api({ parameters: [...operation.parameters, { in: 'query', name: 'q' }] }), 'none', []],
  ['a parameter that is gone', api({ parameters: [] }), 'none', []],
  [
    'a narrowed parameter',
    api({ parameters: [{ in: 'query', name: 'limit', schema: { type: 'integer', maximum: 50 } }] }),
    'writers',
    ['query limit/schema/maximum'],
  ],
  [
    'a widened parameter',
    api({ parameters: [{ in: 'query', name: 'limit', schema: { type: 'integer' } }] }),
    'none',
    [],
  ],
  [
    'a parameter that is now required',
    api({ parameters: [{ ...operation.parameters[0], required: true }] }),
    'writers',
    ['query limit/required'],
  ],
  [
    'a body that is now required',
    api({ requestBody: { ...operation.requestBody, required: true } }),
    'writers',
    ['requestBody/required'],
  ],
  [
    'a content type of the request that is gone',
    api({ requestBody: { content: {} } }),
    'writers',
    ['application~1json'],
  ],
  [
    'a narrowed request',
    api({ requestBody: json({ ...pet, required: ['id', 'name'] }) }),
    'writers',
    ['requestBody/content/application~1json/schema/required'],
  ],
  ['a widened request', api({ requestBody: json({}) }), 'none', []],
  [
    'a widened response',
    api({ responses: { 200: json({ ...pet, required: [] }) } }),
    'readers',
    ['responses/200/content/application~1json/schema/required'],
  ],
  ['a narrowed response', api({ responses: { 200: json({ ...pet, required: ['id', 'name'] }) } }), 'none', []],
  [
    'a property of the response that is gone',
    api({ responses: { 200: json(object({ id: text }, { required: ['id'] })) } }),
    'readers',
    ['properties/name'],
  ],
  ['a success that is gone', api({ responses: { 204: {} } }), 'readers', ['responses/200']],
  ['a refusal that is gone', api({ responses: { 200: operation.responses[200] } }), 'none', []],
  [
    'a schema that both use',
    api({}, { Pet: object({ id: { type: 'integer' }, name: text }, { required: ['id'] }) }),
    'both',
    ['requestBody', 'responses/200'],
  ],
  [
    'authentication where there was none',
    api({}, undefined, undefined, { security: [{ key: [] }] }),
    'writers',
    ['security'],
  ],
  ['authentication that may be left away', api({}, undefined, undefined, { security: [{ key: [] }, {}] }), 'none', []],
] as const)('OpenAPI: %s breaks whom it must, and is told where', (_, after, breaks, places) => {
  const changes = compareSchemas(api(), after)
  expect(breaksTogether(changes)).toBe(breaks)
  const broken = changes.filter((change) => change.breaks !== 'none').map(({ path }) => path)
  for (const place of places) expect(broken.join(' ')).toContain(place)
})

test('OpenAPI 3.0 writes `nullable` and exclusive bounds in its own way and means the same', () => {
  const old = api({ requestBody: json({ type: 'integer', nullable: true, minimum: 0, exclusiveMinimum: true }) })
  const now = api({ requestBody: json({ type: ['integer', 'null'], exclusiveMinimum: 0 }) })
  expect(compareSchemas({ ...old, openapi: '3.0.3' }, now)).toEqual([])
})

test('properties may be called like keywords, and a reference may lead into a named schema', () => {
  const named = (type: string) => object({ example: { type }, nullable: { type: 'boolean' }, xml: text })
  const asked = (type: string) =>
    api({ requestBody: json({ $ref: '#/components/schemas/Pet/properties/example' }) }, { Pet: named(type) })
  expect(compareSchemas(asked('string'), asked('string'))).toEqual([])
  expect(breaksTogether(compareSchemas(asked('string'), asked('integer')))).toBe('both')
  const noted = (example: string) => api({ requestBody: json({ type: 'string', example }) })
  expect(compareSchemas(noted('a'), noted('b'))).toEqual([])
})

test('schemas that name each other in a circle end', () => {
  const circle = (more: object) => ({ Pet: object({ parent: { $ref: '#/components/schemas/Pet' }, ...more }) })
  const changes = compareSchemas(api({}, circle({})), api({}, circle({ tag: text })))
  expect(breaksTogether(changes)).toBe('none')
  expect(changes.length).toBeGreaterThan(0)
})

test.each([
  ['a path item from elsewhere', { openapi: '3.1.0', paths: { '/a': { $ref: 'https://elsewhere.example/a' } } }],
  ['what is no document', { openapi: '3.1.0', paths: [null], components: 7 }],
  ['a reference to itself', { openapi: '3.1.0', paths: { '/a': { $ref: '#/paths/~1a' } } }],
])('%s is compared without a fault', (_, document) => {
  expect(compareSchemas(document, document)).toEqual([])
})
