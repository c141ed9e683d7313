import { ExecutionPage, pageOf } from '@metaagent/contract'
import { csvField } from '@metaagent/verify'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { describeOnStores } from '../../testkit/database.ts'
import { executionReport } from '../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../testkit/test-server.ts'
import { columnsOf, pagedItemOf } from './columns.ts'
import { encoderOf } from './formats.ts'

const item = z.object({
  id: z.uuid(),
  score: z.number().nullable(),
  count: z.int(),
  seen: z.boolean(),
  at: z.iso.datetime().nullable(),
  totals: z.object({ cost: z.int().nullable() }),
  tags: z.array(z.string()),
  free: z.record(z.string(), z.json()).optional(),
})

test('the columns of a list are its fields, read off the schema', () => {
  expect(pagedItemOf(pageOf(item))).toBe(item)
  expect(pagedItemOf(z.object({ items: z.array(item) }))).toBe(null)
  expect(columnsOf(item).map(({ name, type }) => [name, type])).toEqual([
    ['id', 'text'],
    ['score', 'number'],
    ['count', 'integer'],
    ['seen', 'boolean'],
    ['at', 'time'],
    ['totals.cost', 'integer'],
    ['tags', 'json'],
    ['free', 'json'],
  ])
})

test.each([
  ['=1+1', `'=1+1`],
  ['+49 30', `'+49 30`],
  ['-cmd', `'-cmd`],
  ['@sum', `'@sum`],
  ['\t=1', `'\t=1`],
  ['＝1', `'＝1`],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  [-5, '-5'],
  [null, ''],
  [false, 'false'],
])('the CSV field of %j is %j: no spreadsheet runs it', (cell, field) => {
  expect(csvField(cell)).toBe(field)
})

describe('Parquet', () => {
  const columns = columnsOf(item)
  const rows = Array.from({ length: 4_500 }, (_, n) => ({
    id: `0190${String(n).padStart(8, '0')}`,
    score: n % 3 === 0 ? null : n / 7,
    count: n,
    seen: n % 2 === 0,
    at: n % 5 === 0 ? null : '2026-01-05T12:00:00.250Z',
    totals: { cost: n % 4 === 0 ? null : n * 1_000_000_000 },
    tags: ['a', String(n)],
  }))
  const write = (pages: readonly (readonly unknown[])[]) => {
    const encoder = encoderOf('parquet', columns)
    const pieces = [...pages.map((page) => encoder.rows(page)), encoder.end()]
    return Buffer.concat(pieces)
  }
  const read = async (file: Buffer) =>
    await parquetReadObjects({ file: file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer })

  test('what is written page by page is read back whole, unknown as null', async () => {
    const pages = Array.from({ length: 23 }, (_, n) => rows.slice(n * 200, (n + 1) * 200))
    const found = await read(write(pages))
    expect(found.length).toBe(rows.length)
    expect(found[0]).toMatchObject({ score: null, count: 0n, at: null, 'totals.cost': null, seen: true, free: null })
    expect(found[4_001]).toMatchObject({
      id: '019000004001',
      score: 4_001 / 7,
      count: 4_001n,
      at: new Date('2026-01-05T12:00:00.250Z'),
      'totals.cost': 4_001_000_000_000n,
      tags: ['a', '4001'],
    })
  })

  test('an empty list is a file with its columns and no rows', async () => {
    expect(await read(write([]))).toEqual([])
  })
})

describeOnStores('lists as files', (kind) => {
  let server: TestServer
  const runs = 450
  beforeAll(async () => {
    server = await startTestServer(kind)
    const executions = Array.from({ length: runs }, (_, n) =>
      executionReport({ agent: n === 0 ? '=HYPERLINK("x")' : 'exported', unit: `case ${n}` }),
    )
    await server.request('POST', '/api/v1/telemetry', { body: { executions } })
  })
  afterAll(async () => await server.close())

  const get = async (path: string, key = server.adminKey) =>
    await fetch(`${server.url}/api/v1${path}`, { headers: { authorization: `Bearer ${key}` } })

  test('every row of every page is in the file once, in each format', async () => {
    const csv = await get('/executions?format=csv&limit=10')
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(csv.headers.get('content-disposition')).toMatch(/^attachment; filename="executions-\d{4}-\d{2}-\d{2}\.csv"$/)
    const lines = (await csv.text()).trimEnd().split('\r\n')
    expect(lines.length).toBe(runs + 1)
    expect(lines[0]).toContain('executionId,agentId,agent,')
    expect(lines[0]).toContain('totals.costNanoUsd')
    expect(lines.some((line) => line.includes(`"'=HYPERLINK(""x"")"`))).toBe(true)
    const jsonl = (await (await get('/executions?format=jsonl')).text()).trimEnd().split('\n')
    const items = jsonl.map((line) => ExecutionPage.shape.items.element.parse(JSON.parse(line)))
    expect(new Set(items.map(({ executionId }) => executionId)).size).toBe(runs)
    const parquet = await (await get('/executions?format=parquet')).arrayBuffer()
    const rows = await parquetReadObjects({ file: parquet })
    expect(rows.map((row) => row['executionId'])).toEqual(items.map(({ executionId }) => executionId))
    expect(rows[0]).toMatchObject({ 'totals.costNanoUsd': null, synthetic: false })
  })

  test('filters hold for the file, and JSON stays the page that it was', async () => {
    const one = await (await get('/executions?format=jsonl&unit=case%207')).text()
    expect(one.trimEnd().split('\n').length).toBe(1)
    const page = (await (await get('/executions?limit=10')).json()) as { items: unknown[]; nextCursor: string }
    expect(page.items.length).toBe(10)
    const next = await get(`/executions?limit=10&cursor=${encodeURIComponent(page.nextCursor)}`)
    expect(next.status).toBe(200)
  })

  test('a refusal is a refusal and not a file', async () => {
    expect(await (await get('/executions?format=csv&cursor=nonsense')).json()).toMatchObject({ code: 'invalid-cursor' })
    expect(await (await get('/executions?format=xlsx')).json()).toMatchObject({ code: 'invalid-query' })
    expect((await get('/executions?format=csv', 'no-key')).status).toBe(401)
    expect((await get('/executions/x?format=csv')).status).toBe(400)
  })

  test('every list with a cursor can be had as a file, and the document says so', () => {
    const document = server.composed.shell.openApi() as {
      paths: Record<string, { get?: { parameters?: { name: string }[] } }>
    }
    const lists = Object.entries(document.paths).filter(([, { get: read }]) =>
      read?.parameters?.some(({ name }) => name === 'cursor'),
    )
    expect(lists.length).toBeGreaterThan(8)
    const without = lists.filter(([, { get: read }]) => read?.parameters?.every(({ name }) => name !== 'format'))
    // OpenTelemetry's evaluation events are a form for files already.
    expect(without.map(([path]) => path)).toEqual(['/api/v1/judgments/otlp'])
  })
})
