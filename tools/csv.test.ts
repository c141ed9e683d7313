import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCsv } from './csv.ts'

test('fields are named by the header; empty fields stay empty', () => {
  expect(parseCsv('arm,unit,costUsd\ncontrol,7,\n')).toEqual([{ arm: 'control', unit: '7', costUsd: '' }])
  expect(parseCsv('arm,unit,costUsd\ncontrol,7,')).toEqual([{ arm: 'control', unit: '7', costUsd: '' }])
})

test('quoted fields hold commas, quotes and line breaks', () => {
  expect(parseCsv('a,b\r\n"x, ""y""\nz",""\r\n')).toEqual([{ a: 'x, "y"\nz', b: '' }])
})

test('a byte order mark and blank lines are skipped', () => {
  expect(parseCsv('\uFEFFa\n\n1\n\n')).toEqual([{ a: '1' }])
  expect(parseCsv('')).toEqual([])
})

test('rows of another width and misplaced quotes are refused with their row', () => {
  expect(() => parseCsv('a,b\n1\n')).toThrow('row 2 has 1 fields')
  expect(() => parseCsv('a,b\n1,"2\n')).toThrow('row 2 has a quote')
  expect(() => parseCsv('a,b\n1,"2"x\n')).toThrow('row 2 has a quote')
})

test('whatever is quoted by the rules is read back', () => {
  const quote = (value: string) => `"${value.replaceAll('"', '""')}"`
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (rows) => {
      const text = `a,b\n${rows.map((row) => `${row.map(quote).join(',')}\n`).join('')}`
      expect(parseCsv(text)).toEqual(rows.map(([a, b]) => ({ a, b })))
    }),
  )
})
