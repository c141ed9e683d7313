import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeOnStores } from '../../testkit/database.ts'
import { executionReport } from '../../testkit/telemetry-reports.ts'
import { startTestServer, type TestServer } from '../../testkit/test-server.ts'
import { type RemapOptions, remap } from './remap.ts'

describeOnStores('metaagent remap', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(async () => {
    await server.close()
  })

  const run = (options: Partial<RemapOptions> = {}) => remap(server.deps, { dryRun: false, ...options }, () => {})

  test('days and their order are checked', async () => {
    await expect(run({ from: '2026-13-01' })).rejects.toThrow('--from takes a day as YYYY-MM-DD.')
    await expect(run({ to: 'today' })).rejects.toThrow('--to takes a day as YYYY-MM-DD.')
    await expect(run({ from: '2026-02-02', to: '2026-02-01' })).rejects.toThrow('--to is before --from.')
  })

  test('where everything was read by this mapping, nothing is done', async () => {
    expect(await run()).toEqual([])
    const body = { executions: [executionReport()] }
    expect((await server.request('POST', '/api/v1/telemetry', { body })).status).toBe(200)
    expect(await run()).toEqual([])
  })
})
