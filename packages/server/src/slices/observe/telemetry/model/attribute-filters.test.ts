import { expect, test } from 'vitest'
import { splitAttributeFilters } from './attribute-filters.ts'

const known = new Set(['limit', 'status'])
const split = (query: Record<string, unknown>) => splitAttributeFilters(query, known)

test('attributes are taken out of a query, in one order, and the rest stays', () => {
  expect(split({ limit: 5, 'attribute.tenant': 'acme', 'attribute.gen_ai.agent.id': '7' })).toEqual({
    ok: true,
    value: {
      query: { limit: 5 },
      attributes: [
        { key: 'gen_ai.agent.id', value: '7' },
        { key: 'tenant', value: 'acme' },
      ],
    },
  })
})

test.each([[{ staus: 'failure' }], [{ 'attribute.': 'x' }], [{ 'attribute.a': ['x', 'y'] }]])(
  'what is no filter is refused and not left out: %j',
  (query) => {
    expect(split(query)).toMatchObject({ ok: false, refusal: { code: 'invalid-query' } })
  },
)

test('too many at once are refused', () => {
  const many = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`attribute.a${n}`, 'x']))
  expect(split(many)).toMatchObject({ ok: false, refusal: { code: 'invalid-query' } })
})
