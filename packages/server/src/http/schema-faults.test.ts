import { expect, test } from 'vitest'
import { schemaFaults } from './schema-faults.ts'

const entry = (keyword: string, instancePath: string, message: string, params: Record<string, unknown> = {}) => ({
  keyword,
  instancePath,
  message,
  params,
})
const missing = (name: string) => ({ code: 'invalid_type', path: [name], message: `${name} is missing` })
const unknown = { code: 'unrecognized_keys', path: [], message: 'Unrecognized key: "b"' }

test('a fault is told with its place, and without one it is of the whole', () => {
  expect(
    schemaFaults([entry('too_small', '/days', 'Too small'), entry('unrecognized_keys', '/', 'no such key')]),
  ).toEqual([
    { path: '/days', message: 'Too small' },
    { path: '/', message: 'no such key' },
  ])
})

test('of a value that fits no form of a union the closest form says what it misses', () => {
  const errors = [
    [missing('email'), missing('password'), unknown],
    [missing('linkToken'), unknown],
  ]
  expect(schemaFaults([entry('invalid_union', '/', 'Invalid input', { errors })])).toEqual([
    { path: '/linkToken', message: 'linkToken is missing (or use another of its 2 forms)' },
    { path: '/', message: 'Unrecognized key: "b" (or use another of its 2 forms)' },
  ])
})

test('a union inside of a list is told at its place', () => {
  const errors = [[missing('kind')], [missing('kind'), unknown]]
  expect(schemaFaults([entry('invalid_union', '/steps/2', 'Invalid input', { errors })])).toEqual([
    { path: '/steps/2/kind', message: 'kind is missing (or use another of its 2 forms)' },
  ])
})

test('a union whose discriminator fits nothing keeps its own words', () => {
  const told = 'Invalid discriminator value. Expected "a" | "b"'
  expect(schemaFaults([entry('invalid_union', '/kind', told, { errors: [] })])).toEqual([
    { path: '/kind', message: told },
  ])
})
