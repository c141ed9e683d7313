import type { ExecutionPage, Problem } from '@metaagent/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { describeOnStores } from '../../../../testkit/database.ts'
import { executionReport } from '../../../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../../../testkit/test-server.ts'

describeOnStores('executions by attribute', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
    const of = (unit: string, attributes: Record<string, string | number | boolean>) =>
      executionReport({ unit, attributes })
    const executions = [
      of('a', { tenant: 'acme', tries: 2, 'app.beta': true }),
      of('b', { tenant: 'acme', tries: 3 }),
      of('c', { tenant: 'other' }),
      executionReport({ unit: 'd' }),
    ]
    await server.request('POST', '/api/v1/telemetry', { body: { executions } })
  })
  afterAll(async () => await server.close())

  const unitsOf = async (query: string) => {
    const { body } = await server.request<z.infer<typeof ExecutionPage>>('GET', `/api/v1/executions?${query}`)
    return body.items.flatMap(({ unit }) => unit ?? []).toSorted()
  }

  test.each([
    ['attribute.tenant=acme', ['a', 'b']],
    ['attribute.tenant=acme&attribute.tries=3', ['b']],
    ['attribute.app.beta=true', ['a']],
    ['attribute.tenant=acme&unit=a', ['a']],
    ['attribute.tenant=nobody', []],
  ])('%s lists %j', async (query, units) => {
    expect(await unitsOf(query)).toEqual(units)
  })

  test('T13: a cursor counts for its own attributes only, and a file holds all of them', async () => {
    const page = (query: string) =>
      server.request<z.infer<typeof ExecutionPage> & Problem>('GET', `/api/v1/executions?${query}`)
    const first = await page('attribute.tenant=acme&limit=1')
    const cursor = encodeURIComponent(first.body.nextCursor ?? '')
    const second = await page(`attribute.tenant=acme&limit=1&cursor=${cursor}`)
    expect([...first.body.items, ...second.body.items].flatMap(({ unit }) => unit ?? []).toSorted()).toEqual(['a', 'b'])
    expect((await page(`attribute.tenant=other&limit=1&cursor=${cursor}`)).body.code).toBe('invalid-cursor')
    const file = await server.request<string>('GET', '/api/v1/executions?format=csv&attribute.tenant=acme')
    expect(file.body.trimEnd().split('\r\n').length).toBe(3)
  })

  test('a filter that is misspelt is refused', async () => {
    const { status, body } = await server.request<Problem>('GET', '/api/v1/executions?staus=failure')
    expect([status, body.code]).toEqual([400, 'invalid-query'])
  })
})
