import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeOnStores, openTestStore } from '../../testkit/database.ts'
import type { TestStore } from '../../testkit/test-stores.ts'
import { decodeArray } from './decode.ts'
import { encodeParameter } from './parameters.ts'

const uuid = '01890b8e-7b3a-7cc3-98c4-dc0c0c07398f'
const moment = new Date('2026-01-02T03:04:05.678Z')

/** What a query gives in JavaScript: one expectation that both stores are held to. */
const results: readonly (readonly [expression: string, value: unknown])[] = [
  ['5::int2', 5],
  ['5::int4', 5],
  ['5::int8', 5],
  ['9007199254740991::int8', 9007199254740991],
  ['9007199254740993::int8', 9007199254740993n],
  ['-9007199254740993::int8', -9007199254740993n],
  ['(select count(*) from generate_series(1, 3))', 3],
  ['(select sum(x::int4) from generate_series(1, 3) x)', 6],
  ['(select sum(x::int8) from generate_series(1, 3) x)', '6'],
  ['1.50::numeric', '1.50'],
  ['1.5::float8', 1.5],
  ['0.1::float4', 0.1],
  [`'NaN'::float8`, Number.NaN],
  [`'-infinity'::float8`, Number.NEGATIVE_INFINITY],
  ['true', true],
  ['null::int8', null],
  [`'2026-01-02'::date`, '2026-01-02'],
  [`'2026-01-02 03:04:05.678+00'::timestamptz`, moment],
  [`'2026-01-02 05:04:05.678+02'::timestamptz`, moment],
  [`'infinity'::timestamptz`, 'infinity'],
  [`'2026-01-02 03:04:05'::timestamp`, '2026-01-02 03:04:05'],
  [`'1 day 2 hours'::interval`, '1 day 02:00:00'],
  [`'{"a": [1, null], "b": "ü"}'::jsonb`, { a: [1, null], b: 'ü' }],
  [`'"text"'::jsonb`, 'text'],
  [`'{"a": 1}'::json`, { a: 1 }],
  [`'\\xdead'::bytea`, Uint8Array.of(0xde, 0xad)],
  [`'\\x'::bytea`, new Uint8Array()],
  [`'${uuid}'::uuid`, uuid],
  [`'7'::xid8`, '7'],
  ['array[1, 2]::int8[]', [1, 2]],
  ['array[1.5, null]::numeric[]', ['1.5', null]],
  [
    `array['a', 'b "q"', null, 'NULL', '', 'c,d', E'e\\\\f', '{g}']::text[]`,
    ['a', 'b "q"', null, 'NULL', '', 'c,d', 'e\\f', '{g}'],
  ],
  [
    'array[[1, 2], [3, 4]]::int4[]',
    [
      [1, 2],
      [3, 4],
    ],
  ],
  [`'{}'::text[]`, []],
  [`'[0:1]={5,6}'::int4[]`, [5, 6]],
  [`array['${uuid}']::uuid[]`, [uuid]],
  [`array['2026-01-02 03:04:05.678+00']::timestamptz[]`, [moment]],
  [`array['2026-01-02']::date[]`, ['2026-01-02']],
  [`array['{"a": 1}']::jsonb[]`, [{ a: 1 }]],
  [`array['\\xdead']::bytea[]`, [Uint8Array.of(0xde, 0xad)]],
  ['array[true, false]', [true, false]],
  [`'abc'::name`, 'abc'],
  [`'x'::char(3)`, 'x  '],
  [`'notes'::text collate "C"`, 'notes'],
  ['row(1, 2)', '(1,2)'],
]

/** What a parameter becomes, cast to a type and back to text. */
const parameters: readonly (readonly [value: unknown, type: string, text: string | null])[] = [
  [5, 'int8', '5'],
  [5n, 'int8', '5'],
  [9007199254740993n, 'int8', '9007199254740993'],
  ['5', 'int8', '5'],
  [1.5, 'numeric', '1.5'],
  [1e21, 'numeric', '1000000000000000000000'],
  [Number.NaN, 'float8', 'NaN'],
  [true, 'bool', 'true'],
  [null, 'text', null],
  [undefined, 'text', null],
  [moment, 'timestamptz', '2026-01-02 03:04:05.678+00'],
  [moment, 'date', '2026-01-02'],
  ['2026-01-02', 'date', '2026-01-02'],
  [{ a: [1] }, 'jsonb', '{"a": [1]}'],
  ['{"a":1}', 'jsonb', '{"a": 1}'],
  [JSON.stringify([1, 2]), 'jsonb', '[1, 2]'],
  [JSON.stringify('text'), 'jsonb', '"text"'],
  [Uint8Array.of(0xde, 0xad), 'bytea', '\\xdead'],
  [Buffer.from('hi'), 'bytea', '\\x6869'],
  [['a', 'b"', null, 'c\\d'], 'text[]', '{a,"b\\"",NULL,"c\\\\d"}'],
  [[], 'text[]', '{}'],
  [[1, 2], 'int8[]', '{1,2}'],
  [[[1], [2]], 'int4[]', '{{1},{2}}'],
  [[uuid], 'uuid[]', `{${uuid}}`],
  [[moment], 'timestamptz[]', '{"2026-01-02 03:04:05.678+00"}'],
  [[{ a: 1 }], 'jsonb[]', '{"{\\"a\\": 1}"}'],
  [[Uint8Array.of(0xde)], 'bytea[]', '{"\\\\xde"}'],
]

describeOnStores('types', (kind) => {
  let opened: TestStore
  beforeAll(async () => {
    opened = await openTestStore(kind, { migrations: [] })
  })
  afterAll(async () => await opened.close())

  const ask = async (query: ReturnType<typeof sql<{ v: unknown }>>) =>
    await opened.store.transaction('deployment', async (tx) => (await query.execute(tx.tables())).rows[0]?.v)

  for (const [expression, value] of results) {
    test(`select ${expression}`, async () => {
      expect(await ask(sql.raw(`select ${expression} as v`))).toStrictEqual(value)
    })
  }

  for (const [value, type, text] of parameters) {
    test(`${encodeParameter(value)} as ${type}`, async () => {
      expect(await ask(sql`select (${value}::${sql.raw(type)})::text as v`)).toBe(text)
    })
  }

  test('bytes come back as a plain Uint8Array', async () => {
    const bytes = await ask(sql`select ${Uint8Array.of(1, 2, 255)}::bytea as v`)
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype)
  })

  test('any text and any array of texts survive the way there and back', async () => {
    const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0') && value.isWellFormed())
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(text)), async (texts) => {
        expect(await ask(sql`select ${texts}::text[] as v`)).toEqual(texts)
      }),
      { numRuns: 60 },
    )
  })
})

describe('encoding', () => {
  test('what no database value stands for is refused', () => {
    expect(() => encodeParameter(new Date(Number.NaN))).toThrow(TypeError)
    expect(() => encodeParameter(() => 1)).toThrow(TypeError)
    expect(() => decodeArray('no array', (text) => text)).toThrow(TypeError)
  })
})
