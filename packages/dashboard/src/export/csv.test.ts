import fc from 'fast-check'
import { expect, test } from 'vitest'
import { neutralised, toCsv, toJsonLines } from './csv.ts'

const columns = [
  { header: 'name', value: (row: { name: string | null; n: number | null; ok: boolean }) => row.name },
  { header: 'n', value: (row: { n: number | null }) => row.n },
  { header: 'ok', value: (row: { ok: boolean }) => row.ok },
]

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1', '＋1', '－1', '＠x'])(
  'no spreadsheet runs %j',
  (text) => {
    expect(neutralised(text)).toBe(`'${text}`)
  },
)

test.each(['a=b', '1-2', 'mail@example.com', ''])('%j is left as it is', (text) => {
  expect(neutralised(text)).toBe(text)
})

test('no cell of any text begins a formula', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const [, line = ''] = toCsv(columns, [{ name, n: 1, ok: true }]).split('name,n,ok\r\n')
      return !/^"?[\s\u0000]*[=+\-@]/.test(line)
    }),
  )
})

test('numbers stay numbers, also negative ones, and unknown stays empty', () => {
  expect(
    toCsv(columns, [
      { name: 'a', n: -5, ok: true },
      { name: null, n: null, ok: false },
    ]),
  ).toBe('name,n,ok\r\na,-5,true\r\n,,false\r\n')
})

test('commas, quotes and line ends stay inside their cell', () => {
  expect(toCsv(columns, [{ name: 'a "b", c\nd', n: 1, ok: true }])).toBe('name,n,ok\r\n"a ""b"", c\nd",1,true\r\n')
})

test('JSON Lines keep texts as they are and unknown as null', () => {
  expect(toJsonLines(columns, [{ name: '=1', n: null, ok: true }])).toBe('{"name":"=1","n":null,"ok":true}\n')
})
